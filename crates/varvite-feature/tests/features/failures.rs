//! A storage that fails at any call: the state before or after, never between, and never a wrong answer (S13).

use std::sync::Arc;

use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, Result, WriteMode};
use varvite_storage::{FailingStorage, Failure, MemoryStorage, Storage, StoragePath};

use crate::world::{batch, column, ints, rows, simple, store_in, stored_lines, times, us};

/// Six rows of two commits in small row groups.
fn sound() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let store = store_in(&storage);
    store.register(&simple("g").build().unwrap()).unwrap();
    let history = store.group("g").unwrap().with_row_group_target_size(2);
    for table in [rows(&[(1, 10, 1), (2, 10, 2), (1, 20, 3), (2, 20, 4)]), rows(&[(3, 10, 5), (1, 30, 6)])] {
        let _ = history.write(&[table], WriteMode::Append, us(0)).unwrap();
    }
    storage
}

fn kinds() -> [fn(u64) -> Failure; 3] {
    [Failure::at_call, |nth| Failure::at_call(nth).after_effect(), |nth| Failure::at_call(nth).from_then_on()]
}

/// Runs `work` on storages that fail at each call in turn; `check` gets what it said, and the disk.
fn at_each_call<T>(
    sound: &MemoryStorage,
    work: impl Fn(&FeatureStore) -> Result<T>,
    check: impl Fn(&str, Result<T>, &MemoryStorage),
) {
    for (at, kind) in kinds().into_iter().enumerate() {
        for nth in 1.. {
            let disk = sound.fork();
            let storage = FailingStorage::new(Arc::new(disk.clone()));
            let root = StoragePath::try_new("store").unwrap();
            let store = FeatureStore::at(Arc::new(storage.clone()) as Arc<dyn Storage>, root).unwrap();
            storage.arm(kind(nth));
            let outcome = work(&store);
            let failed = storage.failed();
            storage.disarm();
            check(&format!("kind {at}, call {nth}"), outcome, &disk);
            if failed == 0 {
                assert!(nth > 5, "it calls the storage");
                break;
            }
        }
    }
}

#[track_caller]
fn before_or_after<T: std::fmt::Debug>(work: impl Fn(&FeatureStore) -> Result<T>) {
    let sound = sound();
    let before = stored_lines(&store_in(&sound).group("g").unwrap());
    let done = sound.fork();
    let _ = work(&store_in(&done)).unwrap();
    let after = stored_lines(&store_in(&done).group("g").unwrap());
    assert_ne!(before, after);
    at_each_call(&sound, &work, |when, outcome, disk| {
        let found = stored_lines(&store_in(disk).group("g").unwrap());
        assert!(found == before || found == after, "{when}: {found:?}");
        assert!(outcome.is_err() || found == after, "{when}: it was acknowledged: {outcome:?}");
        // And on it goes.
        let _ = store_in(disk).write("g", &[rows(&[(9, 99, 9)])], WriteMode::Append).unwrap();
        assert_eq!(stored_lines(&store_in(disk).group("g").unwrap()).len(), found.len() + 1, "{when}");
    });
}

#[test]
fn s13_an_append_that_fails() {
    before_or_after(|store| store.write("g", &[rows(&[(1, 15, 7), (4, 5, 8)])], WriteMode::Append));
}

#[test]
fn s13_an_upsert_that_fails() {
    before_or_after(|store| store.write("g", &[rows(&[(1, 10, 7), (2, 20, 8), (4, 5, 8)])], WriteMode::Upsert));
}

#[test]
fn s13_an_overwritten_range_that_fails() {
    let mode = WriteMode::OverwriteRange { start: us(10), end: us(21) };
    before_or_after(move |store| store.write("g", &[rows(&[(1, 12, 7), (2, 20, 8)])], mode));
}

#[test]
fn s13_a_deletion_that_fails() {
    before_or_after(|store| store.delete("g", &[batch([("k", ints([1, 3]))])]));
}

#[test]
fn s13_an_overwrite_that_fails() {
    before_or_after(|store| store.write("g", &[rows(&[(1, 12, 7)])], WriteMode::Overwrite));
}

#[test]
fn s01_a_read_that_fails_says_so() {
    let entities =
        EntityRows::at_times(batch([("k", ints([1, 2, 3, 4])), ("t", times([25, 15, 9, 25]))]), "t").unwrap();
    let read = |store: &FeatureStore| {
        let found = store.get_historical_features(&entities, ["g.v"], &HistoricalOptions::default())?;
        Ok(column(&found.to_batch()?, "v"))
    };
    at_each_call(&sound(), read, |when, outcome, _| {
        if let Ok(found) = outcome {
            assert_eq!(found, ["3", "2", "-", "-"], "{when}");
        }
    });
    let explain = |store: &FeatureStore| store.explain(&entities, ["g.v"], &HistoricalOptions::default());
    let expected = explain(&store_in(&sound())).unwrap();
    at_each_call(&sound(), explain, |when, outcome, _| {
        if let Ok(found) = outcome {
            assert_eq!(found, expected, "{when}");
        }
    });
    let expected = store_in(&sound()).statistics("g").unwrap();
    at_each_call(
        &sound(),
        |store| store.statistics("g"),
        |when, outcome, _| {
            if let Ok(found) = outcome {
                assert_eq!(found, expected, "{when}");
            }
        },
    );
}
