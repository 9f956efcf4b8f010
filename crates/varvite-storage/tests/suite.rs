//! The shared facts, on every storage there is.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use varvite_storage::sim::{Faults, SimStorage};
use varvite_storage::{
    CountingStorage, DelayingStorage, FailingStorage, LocalStorage, MemoryStorage, Operation, Storage, suite,
};

/// Runs every fact on a storage that `open` makes from an empty local folder, or without it.
#[track_caller]
fn check(open: impl Fn(LocalStorage) -> Box<dyn Storage>) {
    for (name, fact) in suite::FACTS {
        let folder = tempfile::tempdir().unwrap();
        println!("{name}");
        fact(open(LocalStorage::open(folder.path()).unwrap()).as_ref());
    }
}

#[test]
fn local() {
    check(|local| Box::new(local));
}

#[test]
fn memory() {
    check(|_| Box::new(MemoryStorage::new()));
}

#[test]
fn simulated_without_faults() {
    check(|_| Box::new(SimStorage::new(1)));
    check(|_| {
        let storage = SimStorage::new(2);
        // What changes nothing for a caller alone.
        storage.arm(3, Faults { clock_jumps: 500, switches: 500, slow_lists: 500, ..Faults::default() });
        Box::new(storage)
    });
}

#[test]
fn counting() {
    check(|local| Box::new(CountingStorage::new(Arc::new(local))));
    check(|_| Box::new(CountingStorage::new(Arc::new(MemoryStorage::new()))));
}

#[test]
fn failing_but_not_armed() {
    check(|local| Box::new(FailingStorage::new(Arc::new(local))));
    check(|_| Box::new(FailingStorage::new(Arc::new(MemoryStorage::new()))));
}

#[test]
fn delaying_nothing_or_by_little() {
    check(|local| Box::new(DelayingStorage::new(Arc::new(local), Duration::MAX, [])));
    let little = Duration::from_micros(10);
    check(|_| Box::new(DelayingStorage::new(Arc::new(MemoryStorage::new()), little, Operation::ALL)));
}

#[test]
fn wrappers_in_wrappers() {
    check(|local| {
        let failing = FailingStorage::new(Arc::new(CountingStorage::new(Arc::new(local))));
        Box::new(DelayingStorage::new(Arc::new(failing), Duration::ZERO, Operation::ALL))
    });
}
