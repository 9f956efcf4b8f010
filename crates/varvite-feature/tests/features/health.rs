//! The health check: an empty store is healthy, one that cannot be read is not.

use std::sync::Arc;

use varvite_feature::{FeatureStore, Health, HealthReport, WriteMode};
use varvite_storage::{FailingStorage, Failure, MemoryStorage, Storage, StoragePath};

use crate::world::{rows, simple, store_in};

fn sound() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let store = store_in(&storage);
    for name in ["a", "b", "c"] {
        store.register(&simple(name).build().unwrap()).unwrap();
    }
    for name in ["a", "b"] {
        let _ = store.write(name, &[rows(&[(1, 1, 1), (2, 2, 2)])], WriteMode::Append).unwrap();
    }
    let _ = store.write("b", &[], WriteMode::Overwrite).unwrap();
    storage
}

fn found(report: &HealthReport) -> Vec<(String, Health)> {
    report.checks.iter().map(|check| (check.name.clone(), check.health)).collect()
}

#[test]
fn an_empty_store_is_healthy() {
    let report = store_in(&MemoryStorage::new()).health_check();
    assert!(report.is_healthy(), "{report}");
    assert_eq!(found(&report), [("storage".into(), Health::Ok), ("registry".into(), Health::Ok)]);
}

#[test]
fn groups_without_rows_are_a_warning() {
    let report = store_in(&sound()).health_check();
    assert!(report.is_healthy());
    assert_eq!(
        found(&report)[2..],
        [
            ("group a@v1".into(), Health::Ok),
            ("group b@v1".into(), Health::Warning),
            ("group c@v1".into(), Health::Warning)
        ]
    );
    assert!(report.to_string().contains("warning  group c@v1  no rows were written yet"), "{report}");
}

/// Paths of all files below a folder.
fn files(storage: &MemoryStorage, folder: &StoragePath) -> Vec<StoragePath> {
    let entries = storage.list(folder).unwrap();
    let below = |name: &str| folder.join(name).unwrap();
    entries
        .iter()
        .flat_map(|entry| {
            let path = below(&entry.name);
            if matches!(storage.head(&path), Ok(Some(_))) { vec![path] } else { files(storage, &path) }
        })
        .collect()
}

#[test]
fn a_damaged_part_is_named_and_the_others_are_looked_at() {
    let storage = sound();
    let all = files(&storage, &StoragePath::try_new("store/groups/a@1").unwrap());
    let data = all.iter().find(|path| path.as_str().ends_with(".parquet")).unwrap();
    storage.delete(data).unwrap();
    let report = store_in(&storage).health_check();
    assert!(!report.is_healthy());
    assert_eq!(found(&report)[2], ("group a@v1".into(), Health::Failed));
    assert_eq!(found(&report)[3], ("group b@v1".into(), Health::Warning));

    let storage = sound();
    let revision = StoragePath::try_new(format!("store/registry/revisions/{:020}.json", 2)).unwrap();
    storage.delete(&revision).unwrap();
    let report = store_in(&storage).health_check();
    assert_eq!(found(&report), [("storage".into(), Health::Ok), ("registry".into(), Health::Failed)]);
    assert!(report.checks[1].detail.contains("it is missing"), "{report}");
}

#[test]
fn a_storage_that_cannot_be_read_is_never_called_healthy() {
    let sound = sound();
    let mut calls = 0;
    for nth in 1.. {
        let storage = FailingStorage::new(Arc::new(sound.fork()));
        let store = FeatureStore::at(Arc::new(storage.clone()), StoragePath::try_new("store").unwrap()).unwrap();
        storage.arm(Failure::at_call(nth).from_then_on());
        let report = store.health_check();
        if storage.failed() == 0 {
            break;
        }
        calls += 1;
        assert!(!report.is_healthy(), "call {nth} failed: {report}");
    }
    assert!(calls > 5, "{calls}");
}
