//! Another resolution: the same rows, and only whole intervals count as written.
#![allow(clippy::unwrap_used, reason = "tests")]

mod weather;

use proptest::prelude::*;
use varvite_asset::{AssetId, AssetKind, AssetWrite, Catalog, Coverage, Error, Repartition, Resolution};
use varvite_dataset::ScanOptions;
use weather::{batch, schema};

fn id(resolution: &str) -> AssetId {
    AssetId::new("weather", AssetKind::Feature { resolution: resolution.parse().unwrap() })
}

fn resolution(text: &str) -> Resolution {
    text.parse().unwrap()
}

/// Values by partition, and the text of the coverage.
fn stored(catalog: &Catalog, resolution: &str) -> Vec<(String, Vec<i64>, Coverage)> {
    let mut schema = schema(&["region"]);
    schema.kind = AssetKind::Feature { resolution: resolution.parse().unwrap() };
    let want = varvite_asset::Want::new("rows", std::sync::Arc::new(schema));
    let listing = catalog.listing(&[want]).unwrap();
    let Some(asset) = listing.assets.get(&id(resolution)) else { return Vec::new() };
    let Some(varvite_asset::VersionListing::Feature(partitions)) = asset.versions.get(&1) else { panic!() };
    let of = |partition: &varvite_asset::Partition| {
        let rows = weather::rows(partition).into_iter().map(|row| row.2).collect();
        assert!(partition.dataset.check(true).unwrap().is_ok());
        (partition.keys.iter().map(|key| key.1.clone()).collect(), rows, partition.coverage.clone())
    };
    partitions.iter().map(of).collect()
}

fn write(catalog: &Catalog, rows: &[weather::Row], covering: Option<&str>) {
    let mut how = AssetWrite::replace();
    if let Some(span) = covering {
        how = how.covering(span.parse().unwrap());
    }
    let _ = catalog.write_batches(&schema(&["region"]), &[batch(rows)], &how).unwrap();
}

#[test]
fn the_old_asset_stays_unless_it_is_to_go() {
    let catalog = Catalog::in_memory();
    write(&catalog, &[(0.0, "a", 1), (40.0, "a", 2)], Some("1970-01-01..1970-03-01"));
    write(&catalog, &[(33.5, "b", 3)], None);
    let report = catalog.repartition(&id("1d"), 1, resolution("1M")).unwrap();
    assert_eq!((report.rows(), report.partitions.len()), (3, 2));
    let both = [
        ("a".to_owned(), vec![1, 2], "1970-01-01..1970-03-01".parse().unwrap()),
        ("b".to_owned(), vec![3], "1970-02-03..1970-02-04".parse().unwrap()),
    ];
    assert_eq!(stored(&catalog, "1M"), both);
    assert_eq!(stored(&catalog, "1d").len(), 2);
    let error = catalog.repartition(&id("1d"), 1, resolution("1M")).unwrap_err();
    assert!(error.to_string().contains("weather 1M v1 exists"), "{error}");
    let again = Repartition::to(resolution("1M")).replacing().and_remove();
    let report = catalog.repartition(&id("1d"), 1, again).unwrap();
    assert_eq!((report.rows(), report.deleted()), (3, 3));
    assert!(stored(&catalog, "1d").is_empty());
    assert_eq!(stored(&catalog, "1M"), both);
    assert!(catalog.schema_of(&id("1M"), 1).is_ok(), "the columns are still needed");
}

#[test]
fn what_cannot_be_repartitioned_is_named() {
    let catalog = Catalog::in_memory();
    assert!(matches!(catalog.repartition(&id("1d"), 1, resolution("1h")), Err(Error::AssetNotFound { .. })));
    write(&catalog, &[(0.0, "a", 1)], None);
    assert!(matches!(catalog.repartition(&id("1d"), 2, resolution("1h")), Err(Error::VersionNotFound { .. })));
    assert!(matches!(catalog.repartition(&id("1d"), 1, resolution("1d")), Err(Error::InvalidOption { .. })));
}

#[test]
fn row_groups_are_the_new_intervals() {
    let catalog = Catalog::in_memory();
    let rows: Vec<weather::Row> = (0..60).map(|day| (f64::from(day), "a", i64::from(day))).collect();
    write(&catalog, &rows, None);
    let _ = catalog.repartition(&id("1d"), 1, resolution("1M")).unwrap();
    let path = "weather@1M@1/region=a";
    let dataset = varvite_store::Catalog::at(std::sync::Arc::clone(catalog.storage()), "features".parse_path());
    let dataset = dataset.dataset(path).unwrap();
    let sizes: Vec<u64> = dataset.snapshot().unwrap().files.iter().map(|file| file.num_rows).collect();
    assert_eq!(sizes, [31, 28, 1]);
    assert_eq!(dataset.read(&ScanOptions::default()).unwrap().num_rows(), 60);
}

/// A path in a test.
trait ParsePath {
    fn parse_path(&self) -> varvite_storage::StoragePath;
}

impl ParsePath for str {
    fn parse_path(&self) -> varvite_storage::StoragePath {
        varvite_storage::StoragePath::try_new(self).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn rows_and_coverage_stay(
        days in prop::collection::vec((0u32..200, 0u32..3), 0..40),
        spans in prop::collection::vec((0u32..200, 1u32..60), 0..4),
        to in prop::sample::select(vec!["1h", "6h", "2d", "7d", "1w", "1M", "3M", "1y"]),
    ) {
        let catalog = Catalog::in_memory();
        let regions = ["a", "b", "c"];
        for (start, length) in spans {
            let at = |day: u32| varvite_time::Instant::new(i64::from(day), varvite_time::TimeUnit::Day);
            let how = AssetWrite::merge()
                .covering(format!("{}..{}", at(start), at(start + length)).parse().unwrap())
                .partition("region", "a");
            let _ = catalog.write_batches(&schema(&["region"]), &[batch(&[])], &how).unwrap();
        }
        let rows: Vec<weather::Row> = (0i64..)
            .zip(&days)
            .map(|(value, (day, region))| (f64::from(*day) + 0.25, regions[*region as usize], value))
            .collect();
        let _ = catalog.write_batches(&schema(&["region"]), &[batch(&rows)], &AssetWrite::merge()).unwrap();
        let before = stored(&catalog, "1d");
        prop_assume!(!before.is_empty());
        let report = catalog.repartition(&id("1d"), 1, resolution(to)).unwrap();
        prop_assert_eq!(report.rows(), days.len() as u64);
        let after = stored(&catalog, to);
        prop_assert_eq!(after.len(), before.len());
        prop_assert_eq!(after, before);
    }
}
