//! Partition keys: a dataset for each combination of values, whatever the values are.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod weather;

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use varvite_asset::{AssetWrite, Catalog, Error, VersionListing, Want};
use varvite_storage::{FailingStorage, Failure, MemoryStorage, Operation, StoragePath};
use weather::{batch, days, partitions, rows, schema};

const NASTY: [&str; 12] = ["", "a/b", "..", ".", "é日本", "a=b,c", "a@b", "all", "con", " ", "x_opdmd", "100%"];

#[test]
fn any_text_is_a_key() {
    let catalog = Catalog::in_memory();
    let given: Vec<weather::Row> =
        (0..).zip(NASTY).map(|(value, region)| (f64::from(value), region, i64::from(value))).collect();
    let report = catalog.write_batches(&schema(&["region"]), &[batch(&given)], &AssetWrite::replace()).unwrap();
    assert_eq!(report.partitions.len(), NASTY.len());
    let found = partitions(&catalog);
    let mut regions: Vec<&str> = found.iter().map(|partition| partition.keys[0].1.as_str()).collect();
    assert!(regions.is_sorted(), "in order of keys: {regions:?}");
    for partition in &found {
        let at = NASTY.iter().position(|region| *region == partition.keys[0].1).unwrap();
        assert_eq!(rows(partition), [(i64::try_from(at).unwrap(), NASTY[at].to_owned(), i64::try_from(at).unwrap())]);
    }
    let mut expected = NASTY;
    expected.sort_unstable();
    regions.sort_unstable();
    assert_eq!(regions, expected);
}

#[test]
fn a_key_that_no_folder_can_hold_is_refused_before_anything_is_written() {
    let catalog = Catalog::in_memory();
    let long = "é".repeat(50);
    let given = batch(&[(0.0, "a", 1), (0.0, &long, 2)]);
    let error = catalog.write_batches(&schema(&["region"]), &[given], &AssetWrite::replace()).unwrap_err();
    assert!(matches!(error, Error::InvalidName { .. }), "{error}");
    assert!(partitions(&catalog).is_empty() && catalog.assets().unwrap().is_empty());
}

#[test]
fn only_partitions_with_rows_are_replaced() {
    let catalog = Catalog::in_memory();
    let write = |given: &[weather::Row], how: &AssetWrite| {
        catalog.write_batches(&schema(&["region"]), &[batch(given)], how).unwrap()
    };
    let _ = write(&[(0.0, "a", 1), (0.5, "b", 2), (1.0, "b", 3)], &AssetWrite::replace());
    let _ = write(&[(0.7, "a", 10)], &AssetWrite::replace());
    let found = partitions(&catalog);
    assert_eq!(rows(&found[0]), [(0, "a".to_owned(), 10)]);
    assert_eq!((rows(&found[1]).len(), days(&found[0]), days(&found[1])), (2, "0..1".to_owned(), "0..2".to_owned()));
}

#[test]
fn a_partition_without_rows_is_named() {
    let catalog = Catalog::in_memory();
    let covering = AssetWrite::replace().covering("1970-01-01..1970-01-03".parse().unwrap());
    let write =
        |given: &[weather::Row], how: &AssetWrite| catalog.write_batches(&schema(&["region"]), &[batch(given)], how);
    let error = write(&[], &covering).unwrap_err();
    assert!(error.to_string().contains("name it, by region"), "{error}");
    let _ = write(&[], &covering.clone().partition("region", "é/")).unwrap();
    assert_eq!(days(&partitions(&catalog)[0]), "0..2");
    let error = write(&[(0.0, "b", 1)], &covering.clone().partition("region", "a")).unwrap_err();
    assert!(error.to_string().contains("there are rows of `region=b`"), "{error}");
    let error = write(&[], &covering.partition("city", "a")).unwrap_err();
    assert!(error.to_string().contains("are region"), "{error}");
}

#[test]
fn integers_are_keys_too_and_several_keys_are_one_folder() {
    let catalog = Catalog::in_memory();
    let mut several = schema(&["region", "station"]);
    several.columns.push(varvite_asset::Column::new("station", arrow::datatypes::DataType::Int32, false));
    let given = batch(&[(0.0, "a", 1), (0.0, "a", 2)]);
    let stations: ArrayRef = Arc::new(Int32Array::from(vec![7, -10]));
    let columns =
        given.schema_ref().fields().iter().map(|field| field.name().clone()).zip(given.columns().iter().cloned());
    let given = RecordBatch::try_from_iter(columns.chain([("station".to_owned(), stations)])).unwrap();
    let _ = catalog.write_batches(&several, &[given], &AssetWrite::replace()).unwrap();
    let keys: Vec<String> =
        partitions(&catalog).iter().map(|partition| partition.dataset.path().name().to_owned()).collect();
    assert_eq!(keys, ["region=a,station=-10", "region=a,station=7"]);
}

#[test]
fn a_listing_opens_only_what_is_wanted() {
    let catalog = Catalog::in_memory();
    let given: Vec<weather::Row> = NASTY.iter().map(|region| (0.0, *region, 1)).collect();
    let _ = catalog.write_batches(&schema(&["region"]), &[batch(&given)], &AssetWrite::replace()).unwrap();
    let mut newer = schema(&["region"]);
    newer.version = 2;
    let _ = catalog.write_batches(&newer, &[batch(&given[..1])], &AssetWrite::replace()).unwrap();
    let mut want = Want::new("rows", Arc::new(schema(&["region"])));
    want.keys = vec![("region".to_owned(), "a/b".to_owned())];
    let listing = catalog.listing(&[want.clone()]).unwrap();
    let versions = &listing.assets.values().next().unwrap().versions;
    assert!(matches!(&versions[&1], VersionListing::Feature(partitions) if partitions.len() == 1));
    assert!(matches!(&versions[&2], VersionListing::Feature(partitions) if partitions.is_empty()));
    want.keys = vec![("city".to_owned(), "a/b".to_owned())];
    let error = catalog.listing(&[want]).unwrap_err();
    assert!(error.to_string().contains("`city` is no partition key of weather v1: they are region"), "{error}");
}

#[test]
fn when_a_later_partition_fails_those_written_are_named() {
    let failing = FailingStorage::new(Arc::new(MemoryStorage::new()));
    let catalog = Catalog::at(Arc::new(failing.clone()), StoragePath::root()).unwrap();
    let given: Vec<weather::Row> = ["a", "b", "c"].iter().map(|region| (0.0, *region, 1)).collect();
    let write = || catalog.write_batches(&schema(&["region"]), &[batch(&given)], &AssetWrite::replace());
    let named = (1..200).find_map(|nth| {
        failing.arm(Failure::at_call_of(Operation::Publish, nth).from_then_on());
        match write() {
            Err(error @ Error::PartlyWritten { .. }) => Some(error),
            _ => None,
        }
    });
    failing.disarm();
    let error = named.unwrap();
    assert!(error.to_string().contains("of its partitions"), "{error}");
    let Error::PartlyWritten { written, failed, .. } = error else { panic!() };
    let stored: Vec<String> = partitions(&catalog).iter().map(|found| format!("region={}", found.keys[0].1)).collect();
    assert_eq!(stored, written);
    assert!(!written.contains(&failed));
}
