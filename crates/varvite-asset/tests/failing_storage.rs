//! A storage that fails at any one call of a write: old rows or new ones, with the coverage that belongs to them.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod weather;

use std::sync::Arc;

use varvite_asset::{AssetWrite, Catalog};
use varvite_storage::{FailingStorage, Failure, MemoryStorage, StoragePath};
use weather::{batch, schema, stored};

type State = (Vec<i64>, String);

fn at(storage: &MemoryStorage) -> Catalog {
    Catalog::at(Arc::new(storage.clone()), StoragePath::root()).unwrap()
}

/// Fails the write at every call in turn, in four ways, until there is no call left to fail.
#[track_caller]
fn check(before: &MemoryStorage, write: impl Fn(&Catalog) -> varvite_asset::Result<()>) {
    let old: State = stored(&at(before));
    let after = before.fork();
    write(&at(&after)).unwrap();
    let new: State = stored(&at(&after));
    assert_ne!(old, new);
    for kind in 0..4 {
        for nth in 1.. {
            let storage = before.fork();
            let failing = FailingStorage::new(Arc::new(storage.clone()));
            let mut failure = Failure::at_call(nth);
            if kind % 2 == 1 {
                failure = failure.after_effect();
            }
            if kind >= 2 {
                failure = failure.from_then_on();
            }
            let catalog = Catalog::at(Arc::new(failing.clone()), StoragePath::root()).unwrap();
            failing.arm(failure);
            let outcome = write(&catalog);
            if failing.failed() == 0 {
                outcome.unwrap();
                assert!(nth > 5, "the write makes calls");
                break;
            }
            let found = stored(&at(&storage));
            assert!(found == old || found == new, "call {nth}, kind {kind}: {found:?}");
            if outcome.is_ok() {
                assert_eq!(found, new, "call {nth}, kind {kind}");
            }
            write(&at(&storage)).unwrap();
            assert_eq!(stored(&at(&storage)), new, "call {nth}, kind {kind}: written again");
        }
    }
}

fn existing() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let rows: Vec<weather::Row> = (0..5).map(|day| (f64::from(day), "a", i64::from(day))).collect();
    let _ = at(&storage).write_batches(&schema(&[]), &[batch(&rows)], &AssetWrite::replace()).unwrap();
    storage
}

#[test]
fn intervals_replaced() {
    let rows = [(1.0, "a", 10), (4.5, "a", 40), (9.0, "a", 90)];
    check(&existing(), |catalog| {
        catalog.write_batches(&schema(&[]), &[batch(&rows)], &AssetWrite::replace()).map(drop)
    });
}

#[test]
fn rows_merged() {
    let rows = [(1.0, "a", 10), (9.0, "a", 90)];
    check(&existing(), |catalog| catalog.write_batches(&schema(&[]), &[batch(&rows)], &AssetWrite::merge()).map(drop));
}

#[test]
fn the_first_write() {
    check(&MemoryStorage::new(), |catalog| {
        catalog.write_batches(&schema(&[]), &[batch(&[(1.0, "a", 10)])], &AssetWrite::replace()).map(drop)
    });
}

#[test]
fn intervals_emptied() {
    let how = AssetWrite::replace().covering("1970-01-02..1970-01-20".parse().unwrap());
    check(&existing(), |catalog| catalog.write_batches(&schema(&[]), &[batch(&[])], &how).map(drop));
}
