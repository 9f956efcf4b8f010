//! Many writers of one asset at once: each interval is as one of them left it, none is lost.
#![allow(clippy::unwrap_used, reason = "tests")]

mod weather;

use std::thread;

use varvite_asset::{AssetWrite, Catalog};
use weather::{batch, schema, stored};

#[test]
fn writers_of_different_intervals_all_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let rounds = 6;
    thread::scope(|scope| {
        for writer in 0..4 {
            let catalog = Catalog::open(folder.path()).unwrap();
            scope.spawn(move || {
                for round in 0..rounds {
                    let day = f64::from(round * 4 + writer);
                    let value = i64::from(round * 4 + writer);
                    let how = if writer % 2 == 0 { AssetWrite::replace() } else { AssetWrite::merge() };
                    let _ = catalog.write_batches(&schema(&[]), &[batch(&[(day, "a", value)])], &how).unwrap();
                }
            });
        }
    });
    let catalog = Catalog::open(folder.path()).unwrap();
    assert_eq!(stored(&catalog), ((0..24).collect(), "0..24".to_owned()));
    assert!(weather::partitions(&catalog)[0].dataset.check(true).unwrap().is_ok());
}

#[test]
fn writers_of_one_interval_leave_the_rows_of_one_of_them() {
    let catalog = Catalog::in_memory();
    thread::scope(|scope| {
        for writer in 0..4i64 {
            let catalog = catalog.clone();
            scope.spawn(move || {
                let rows = [(0.0, "a", writer), (0.5, "a", writer)];
                let _ = catalog.write_batches(&schema(&[]), &[batch(&rows)], &AssetWrite::replace()).unwrap();
            });
        }
    });
    let (values, covered) = stored(&catalog);
    assert_eq!((values.len(), covered.as_str()), (2, "0..1"));
    assert_eq!(values[0], values[1], "not a mix of two");
}
