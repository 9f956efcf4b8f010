//! Counts of calls and bytes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use varvite_storage::{CountingStorage, Counts, MemoryStorage, Operation, Published, Storage, StoragePath};

fn path(text: &str) -> StoragePath {
    StoragePath::try_new(text).unwrap()
}

/// Calls every operation once; reads 5 + 2 bytes, writes 5.
fn call_everything(storage: &dyn Storage) {
    storage.create_folder(&path("folder")).unwrap();
    let staged = storage.stage(&path("folder/a"), "bytes".into()).unwrap();
    storage.sync_staged(&staged).unwrap();
    assert_eq!(storage.publish(&staged).unwrap(), Published::Created);
    storage.sync(&path("folder")).unwrap();
    storage.get(&path("folder/a")).unwrap();
    storage.get_range(&path("folder/a"), 1..3).unwrap();
    storage.head(&path("folder/a")).unwrap();
    storage.list(&path("folder")).unwrap();
    assert_eq!(storage.rename(&path("folder/a"), &path("b")).unwrap(), Published::Created);
    storage.delete(&path("b")).unwrap();
    assert!(storage.delete_folder(&path("folder")).unwrap());
    assert!(storage.lock(&path("lock"), Duration::ZERO).unwrap().is_some());
}

#[test]
fn each_operation_has_a_count_of_its_own() {
    let storage = CountingStorage::new(Arc::new(MemoryStorage::new()));
    call_everything(&storage);
    let counts = storage.counts();
    for operation in Operation::ALL {
        assert_eq!(counts.calls(operation), 1, "{operation:?}");
    }
    assert_eq!((counts.total(), counts.bytes_read, counts.bytes_written), (13, 7, 5));
}

#[test]
fn a_reset_returns_the_counts_and_begins_again() {
    let storage = CountingStorage::new(Arc::new(MemoryStorage::new()));
    call_everything(&storage);
    let first = storage.reset();
    assert_eq!(storage.counts(), Counts::default());
    call_everything(&storage);
    assert_eq!(storage.reset(), first);
}

#[test]
fn failed_calls_count_but_move_no_bytes() {
    let storage = CountingStorage::new(Arc::new(MemoryStorage::new()));
    storage.get(&path("missing")).unwrap_err();
    storage.stage(&path("missing/a"), "bytes".into()).unwrap_err();
    let counts = storage.counts();
    assert_eq!((counts.total(), counts.bytes_read, counts.bytes_written), (2, 0, 0));
}

#[test]
fn no_call_of_racing_threads_is_lost() {
    let storage = CountingStorage::new(Arc::new(MemoryStorage::new()));
    let list = || (0..1_000).for_each(|_| drop(storage.list(&StoragePath::root()).unwrap()));
    let mut seen = 0;
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(list)));
        (0..100).for_each(|_| seen += storage.reset().calls(Operation::List));
    });
    assert_eq!(seen + storage.counts().calls(Operation::List), 4_000);
}

#[test]
fn clock_and_random_bits_are_those_of_the_storage_and_cost_nothing() {
    let inner = MemoryStorage::new();
    inner.set_clock_ms(7);
    let storage = CountingStorage::new(Arc::new(inner.clone()));
    assert_eq!((storage.now_ms(), storage.location()), (7, inner.location()));
    assert_eq!(inner.fork().random(), inner.fork().random());
    assert_ne!(storage.random(), inner.random());
    assert_eq!(storage.counts(), Counts::default());
}
