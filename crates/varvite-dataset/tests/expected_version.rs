//! A write that was made for one version, as compare-and-set: it fails if another writer was faster.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::scripted::{Fate, Scripted};
use common::{on_t, open, rows, tens};
use varvite_dataset::Error;
use varvite_storage::MemoryStorage;

#[test]
fn only_the_version_that_was_meant_is_followed() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let first = dataset.write(tens([1]), &on_t().with_expected_version(None)).unwrap().version_after;
    let _ = dataset.write(tens([2]), &on_t().with_expected_version(first)).unwrap();
    for (expected, text) in [(None, "an empty dataset"), (first, "version 0"), (Some(9), "version 9")] {
        let error = dataset.write(tens([3]), &on_t().with_expected_version(expected)).unwrap_err();
        assert_eq!(error.to_string(), format!("the write was made for {text}, but version 1 is the newest"));
    }
    assert_eq!(rows(&dataset), [(1, 10), (2, 20)]);
}

#[test]
fn a_handle_that_lags_behind_writes_nothing() {
    let storage = MemoryStorage::new();
    let (slow, fast) = (open(&storage).unwrap(), open(&storage).unwrap());
    let _ = fast.write(tens([1]), &on_t()).unwrap();
    let found = slow.write(tens([2]), &on_t().with_expected_version(None)).unwrap_err();
    assert!(matches!(found, Error::VersionMismatch { expected: None, found: Some(0) }), "{found}");
    assert_eq!(rows(&open(&storage).unwrap()), [(1, 10)]);
    assert!(open(&storage).unwrap().check(true).unwrap().is_ok());
}

#[test]
fn a_race_that_is_lost_at_the_last_moment_changes_nothing() {
    let inner = MemoryStorage::new();
    let _ = open(&inner).unwrap().write(tens([1]), &on_t()).unwrap();
    let storage = Scripted::new(inner.clone());
    let without_lock = Scripted::new(inner.clone());
    without_lock.follow(|_, call, _| if call == "lock" { Fate::FailsBefore } else { Fate::Works });
    let other = open(&without_lock).unwrap();
    storage.follow(move |_, call, path| {
        if call == "publish" && path.as_str().contains("_opdmd") && other.snapshot().unwrap().version == 0 {
            let _ = other.write(tens([5]), &on_t()).unwrap();
        }
        Fate::Works
    });
    let found = open(&storage).unwrap().write(tens([3]), &on_t().with_expected_version(0)).unwrap_err();
    assert!(matches!(found, Error::VersionMismatch { expected: Some(0), found: Some(1) }), "{found}");
    assert_eq!(rows(&open(&inner).unwrap()), [(1, 10), (5, 50)]);
}
