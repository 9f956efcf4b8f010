//! Persistent assets: replaced as a whole, while others read.
#![allow(clippy::unwrap_used, reason = "tests")]

mod weather;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use varvite_asset::{AssetId, AssetKind, AssetWrite, Catalog, Error, ModelSchema, VersionListing, Want};
use varvite_dataset::{Dataset, ScanOptions};
use weather::batch;

fn stations() -> ModelSchema {
    ModelSchema { kind: AssetKind::Persistent, asset: "stations".to_owned(), time: None, ..weather::schema(&[]) }
}

fn dataset(catalog: &Catalog) -> Option<Dataset> {
    let listing = catalog.listing(&[Want::new("rows", Arc::new(stations()))]).unwrap();
    match listing.assets.get(&AssetId::new("stations", AssetKind::Persistent))?.versions.get(&1)? {
        VersionListing::Persistent(dataset) => Some(dataset.clone()),
        other => panic!("{other:?}"),
    }
}

fn values(dataset: &Dataset) -> Vec<i64> {
    let rows = dataset.read(&ScanOptions::default().with_columns(["value"])).unwrap();
    rows.column(0).as_primitive::<Int64Type>().values().to_vec()
}

fn replace(catalog: &Catalog, values: &[i64]) -> varvite_asset::AssetReport {
    let rows: Vec<(f64, &str, i64)> = values.iter().map(|value| (0.0, "a", *value)).collect();
    catalog.replace_batches(&stations(), &[batch(&rows)]).unwrap()
}

#[test]
fn rows_stay_in_the_order_given() {
    let catalog = Catalog::in_memory();
    assert!(dataset(&catalog).is_none());
    assert!(replace(&catalog, &[3, 1, 2]).registered);
    assert_eq!(values(&dataset(&catalog).unwrap()), [3, 1, 2]);
    let report = replace(&catalog, &[9, 9]);
    assert_eq!((report.rows(), report.deleted()), (2, 3));
    assert_eq!(values(&dataset(&catalog).unwrap()), [9, 9]);
    let _ = replace(&catalog, &[]);
    assert!(values(&dataset(&catalog).unwrap()).is_empty(), "no rows, and still there");
}

#[test]
fn a_reader_goes_on_with_what_it_began() {
    let catalog = Catalog::in_memory();
    let _ = replace(&catalog, &[1, 2]);
    let before = dataset(&catalog).unwrap();
    let _ = replace(&catalog, &[3]);
    assert_eq!((values(&before), values(&dataset(&catalog).unwrap())), (vec![1, 2], vec![3]));
}

#[test]
fn readers_see_one_write_or_another() {
    let catalog = Catalog::in_memory();
    let _ = replace(&catalog, &[0; 50]);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..20i64 {
                let _ = replace(&catalog, &vec![round; usize::try_from(50 + round).unwrap()]);
            }
            done.store(true, Ordering::Relaxed);
        });
        let mut last = 0;
        while !done.load(Ordering::Relaxed) {
            let found = values(&dataset(&catalog).unwrap());
            assert_eq!(found.len(), usize::try_from(50 + found[0]).unwrap());
            assert!(found.iter().all(|value| *value == found[0]) && found[0] >= last);
            last = found[0];
        }
    });
}

#[test]
fn kinds_are_not_mixed_up() {
    let catalog = Catalog::in_memory();
    let error = catalog.replace_batches(&weather::schema(&[]), &[batch(&[])]).unwrap_err();
    assert!(matches!(error, Error::InvalidOption { .. }), "{error}");
    let error = catalog.write_batches(&stations(), &[batch(&[])], &AssetWrite::replace()).unwrap_err();
    assert!(matches!(error, Error::InvalidOption { .. }), "{error}");
    let mut hidden = stations();
    hidden.columns[2].name = "__row".to_owned();
    assert!(catalog.replace_batches(&hidden, &[batch(&[])]).unwrap_err().to_string().contains("`__row`"));
}
