//! Chosen operations are slow, the others are not.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use varvite_storage::{DelayingStorage, MemoryStorage, Operation, Storage, StoragePath};

#[test]
fn only_chosen_operations_wait() {
    let delay = Duration::from_millis(200);
    let storage = DelayingStorage::new(Arc::new(MemoryStorage::new()), delay, [Operation::Head, Operation::Stage]);
    let path = StoragePath::try_new("a").unwrap();
    let takes = |call: &dyn Fn()| {
        let start = Instant::now();
        call();
        start.elapsed()
    };
    assert!(takes(&|| drop(storage.head(&path).unwrap())) >= delay);
    assert!(takes(&|| drop(storage.stage(&path, "".into()).unwrap())) >= delay);
    assert!(takes(&|| drop(storage.list(&StoragePath::root()).unwrap())) < delay);
    assert!(takes(&|| storage.delete(&path).unwrap()) < delay);
}

#[test]
fn an_effect_comes_after_the_delay() {
    let inner = MemoryStorage::new();
    let storage = DelayingStorage::new(Arc::new(inner.clone()), Duration::from_secs(1), [Operation::CreateFolder]);
    let path = StoragePath::try_new("a").unwrap();
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| storage.create_folder(&path).unwrap());
        assert_eq!(inner.head(&path).unwrap(), None);
        slow.join().unwrap();
    });
    assert!(inner.head(&path).unwrap().is_some());
}
