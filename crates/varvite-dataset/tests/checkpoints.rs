//! Opening reads a checkpoint and the records after it, and survives without any.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use bytes::Bytes;
use common::{files_in, on_t, open, path, rows_of, table};
use varvite_dataset::{Dataset, ScanOptions};
use varvite_storage::{CountingStorage, MemoryStorage, Operation};

/// A dataset of so many commits, each with one row.
fn commits(count: i64) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    for t in 0..count {
        let _ = dataset
            .write(table(&[(t, t)]), &on_t().with_metadata("last", t.to_string()).with_app("a", 1 + t.unsigned_abs()))
            .unwrap();
    }
    storage
}

fn checkpoints(storage: &MemoryStorage) -> Vec<varvite_storage::StoragePath> {
    let files = files_in(storage, "d_opdmd").into_iter().map(|(path, _)| path);
    files.filter(|path| path.as_str().ends_with(".parquet")).collect()
}

#[track_caller]
fn check(storage: &MemoryStorage, count: i64) {
    let dataset = open(storage).unwrap();
    let rows = rows_of(&dataset.read(&ScanOptions::default()).unwrap());
    assert_eq!(rows, (0..count).map(|t| (t, t)).collect::<Vec<_>>());
    let snapshot = dataset.snapshot().unwrap();
    assert_eq!(snapshot.key_value_metadata["last"], (count - 1).to_string());
    assert_eq!((snapshot.version + 1, snapshot.apps["a"]), (count.unsigned_abs(), count.unsigned_abs()));
    assert!(dataset.check(true).unwrap().is_ok());
}

#[test]
fn opening_reads_few_files_however_many_commits_there_are() {
    let storage = commits(300);
    let counting = Arc::new(CountingStorage::new(Arc::new(storage.clone())));
    let dataset = Dataset::at(counting.clone(), path("d"), None).unwrap();
    assert_eq!(dataset.snapshot().unwrap().version, 299);
    let read = counting.counts().calls(Operation::Get);
    assert!(read <= 1 + 64, "{read} files were read");
    check(&storage, 300);
}

#[test]
fn a_commit_does_not_list_the_log_however_many_there_are() {
    let storage = commits(70);
    let counting = Arc::new(CountingStorage::new(Arc::new(storage.clone())));
    let dataset = Dataset::at(counting.clone(), path("d"), None).unwrap();
    let lists = |t: i64| {
        let before = counting.counts().calls(Operation::List);
        let _ = dataset.write(table(&[(t, t)]), &on_t()).unwrap();
        counting.counts().calls(Operation::List) - before
    };
    let first = lists(70); // looks for leftovers
    assert!(first > 0);
    assert_eq!([lists(71), lists(72), lists(73)], [0, 0, 0]);
}

#[test]
fn two_checkpoints_are_kept() {
    assert_eq!(checkpoints(&commits(260)).len(), 2);
}

/// Another may have listed them before expiry began the log with one of them.
#[test]
fn only_who_holds_the_lock_removes_old_checkpoints() {
    let storage = commits(192);
    let write = |range: std::ops::RangeInclusive<i64>| {
        let dataset = open(&storage).unwrap();
        range.for_each(|t| drop(dataset.write(table(&[(t, t)]), &on_t()).unwrap()));
    };
    let lock = varvite_storage::Storage::lock(&storage, &path("d.lock"), std::time::Duration::ZERO).unwrap().unwrap();
    write(192..=192);
    assert_eq!(checkpoints(&storage).len(), 3);
    drop(lock);
    write(193..=256);
    assert_eq!(checkpoints(&storage).len(), 2);
}

#[test]
fn a_checkpoint_and_the_records_give_the_same_version() {
    let storage = commits(130);
    let with = open(&storage).unwrap().snapshot().unwrap();
    for checkpoint in checkpoints(&storage) {
        varvite_storage::Storage::delete(&storage, &checkpoint).unwrap();
    }
    let without = open(&storage).unwrap().snapshot().unwrap();
    assert_eq!(format!("{with:?}"), format!("{without:?}"));
    check(&storage, 130);
}

#[test]
fn damaged_checkpoints_are_passed_over() {
    let storage = commits(130);
    let all = checkpoints(&storage);
    for (at, checkpoint) in all.iter().enumerate() {
        let sound = varvite_storage::Storage::get(&storage, checkpoint).unwrap();
        let mut bytes = sound.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        storage.replace(checkpoint, Bytes::from(bytes));
        check(&storage, 130);
        if at == 0 {
            storage.replace(checkpoint, Bytes::new());
            check(&storage, 130);
        }
    }
}

#[test]
fn a_checkpoint_of_a_dataset_that_stood_here_before_is_not_used() {
    let storage = commits(70);
    let old = checkpoints(&storage).pop().unwrap();
    let bytes = varvite_storage::Storage::get(&storage, &old).unwrap();
    open(&storage).unwrap().remove().unwrap();
    let dataset = open(&storage).unwrap();
    for t in 0..66 {
        let _ = dataset.write(table(&[(t, -t)]), &on_t()).unwrap();
    }
    for checkpoint in checkpoints(&storage) {
        varvite_storage::Storage::delete(&storage, &checkpoint).unwrap();
    }
    storage.replace(&old, bytes);
    let rows = rows_of(&open(&storage).unwrap().read(&ScanOptions::default()).unwrap());
    assert_eq!(rows, (0..66).map(|t| (t, -t)).collect::<Vec<_>>());
}
