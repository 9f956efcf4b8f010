//! Files that are put away by threads: written whole, durable, and removed again if one of them fails.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use common::scripted::{Fate, Scripted};
use common::{batch, data_names, ints, named, open};
use varvite_dataset::{Compression, WriteOptions};
use varvite_storage::{MemoryStorage, Storage};

const ROWS: i64 = 360_000;

/// Rows that do not compress: 3 files of more than 1 MiB.
fn options() -> WriteOptions {
    WriteOptions::ordered_on("t").with_row_group_target_size(120_000).with_compression(Compression::None)
}

fn noise() -> arrow::array::RecordBatch {
    let noise = |t: i64| t.wrapping_mul(0x5851_F42D_4C95_7F2D).rotate_left(23);
    batch([("t", ints(0..ROWS)), ("v", ints((0..ROWS).map(noise))), ("w", ints((0..ROWS).map(|t| noise(noise(t)))))])
}

#[test]
fn all_of_them_arrive() {
    let storage = Scripted::new(MemoryStorage::new());
    let dataset = open(&storage).unwrap();
    let report = dataset.write(noise(), &options()).unwrap();
    assert_eq!((report.inserted, report.row_groups_new), (ROWS.unsigned_abs(), 3));
    assert!(report.bytes_written > 3 << 20);
    assert!(open(&storage).unwrap().check(true).unwrap().is_ok());
    assert_eq!(named(&dataset).len(), 3);
}

#[test]
fn one_that_fails_takes_the_others_with_it() {
    for call in ["stage", "publish", "sync"] {
        for nth in [0, 2] {
            let storage = Scripted::new(MemoryStorage::new());
            let seen = AtomicUsize::new(0);
            storage.follow(move |_, called, path| {
                let is_file = called == call && path.as_str().ends_with(".parquet");
                let fails = is_file && seen.fetch_add(1, Ordering::Relaxed) == nth;
                if fails { Fate::FailsBefore } else { Fate::Works }
            });
            let dataset = open(&storage).unwrap();
            let error = dataset.write(noise(), &options()).unwrap_err();
            assert_eq!(error.code(), "VV0140", "{call} {nth}: {error}");
            assert!(!open(&storage).unwrap().exists());
            assert!(storage.list(&common::path("d")).unwrap().is_empty(), "{call} {nth}");
            storage.heal();
            let _ = dataset.write(noise(), &options()).unwrap();
            assert!(dataset.check(true).unwrap().is_ok());
        }
    }
}

#[test]
fn nothing_else_stands_beside_them() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let _ = dataset.write(noise(), &options()).unwrap();
    let _ = dataset.write(noise().slice(0, 200_000), &options()).unwrap();
    assert_eq!(data_names(&storage), named(&dataset));
}
