//! A list of a folder is not of one moment: names that come or go meanwhile are in it or not.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use varvite_dataset::{Dataset, Duplicates, Result, WriteOptions};
use varvite_storage::StoragePath;
use varvite_storage::sim::{Faults, SimStorage};

fn open(storage: &SimStorage) -> Result<Dataset> {
    Dataset::at(Arc::new(storage.clone()), StoragePath::try_new("d").unwrap(), None)
}

fn rows(t: i64) -> RecordBatch {
    RecordBatch::try_from_iter([("t", Arc::new(Int64Array::from(vec![t])) as ArrayRef)]).unwrap()
}

/// Runs both beside each other on a disk whose lists take time, with many seeds.
#[track_caller]
fn check(writes: fn(&SimStorage), reads: fn(&SimStorage) -> Result<()>) {
    for seed in 0..300 {
        let storage = SimStorage::new(seed);
        storage.arm(seed, Faults { switches: 500, slow_lists: 1000, ..Faults::default() });
        let caller = |writer: bool| {
            move |storage: &SimStorage| {
                if writer { writes(storage) } else { (0..4).for_each(|_| reads(storage).unwrap()) }
            }
        };
        for result in storage.run(vec![caller(true), caller(false)]) {
            assert!(result.is_ok(), "seed {seed}");
        }
    }
}

#[test]
fn a_log_that_grows_while_it_is_listed_is_no_damage() {
    let writes = |storage: &SimStorage| {
        let options = WriteOptions::ordered_on("t").with_duplicates_on(Duplicates::AllColumns);
        for t in 0..4 {
            let _ = open(storage).unwrap().write(rows(t), &options).unwrap();
        }
    };
    check(writes, |storage| open(storage).map(drop));
}

#[test]
fn a_log_that_goes_while_it_is_listed_is_no_damage() {
    let writes = |storage: &SimStorage| {
        let dataset = open(storage).unwrap();
        for t in 0..3 {
            let _ = dataset.write(rows(t), &WriteOptions::ordered_on("t")).unwrap();
        }
        dataset.remove().unwrap();
    };
    check(writes, |storage| open(storage).map(drop));
}
