//! A process that others overtake between two of its calls: what the model of the protocol found, on the real thing.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::scripted::{Fate, Scripted};
use common::{data_names, files_in, named, on_t, open, rows, stored, tens};
use varvite_dataset::{Dataset, Error, Retention, VacuumOptions, WriteOptions};
use varvite_storage::{MemoryStorage, Storage, StoragePath};

/// A storage in which `happens` does once, before call `at` of those that `is_meant`. The lock is never had.
fn interrupted(
    inner: &MemoryStorage,
    is_meant: impl Fn(&str, &StoragePath) -> bool + Send + Sync + 'static,
    at: usize,
    happens: impl Fn() + Send + Sync + 'static,
) -> Scripted {
    let storage = Scripted::new(inner.clone());
    let seen = AtomicUsize::new(0);
    storage.follow(move |_, call, path| {
        if call != "lock" && is_meant(call, path) && seen.fetch_add(1, Ordering::Relaxed) == at {
            happens();
        }
        Fate::Works
    });
    storage
}

fn without_lock(inner: &MemoryStorage) -> Scripted {
    let storage = Scripted::new(inner.clone());
    storage.follow(|_, call, _| if call == "lock" { Fate::FailsBefore } else { Fate::Works });
    storage
}

fn expire() -> VacuumOptions {
    VacuumOptions::default().with_retention(Retention::NEWEST).with_log_expiry(true)
}

fn sound(dataset: &Dataset) {
    let report = dataset.check(true).unwrap();
    assert!(report.is_ok(), "{report}");
}

#[test]
fn vacuum_keeps_what_a_newer_commit_replaces_meanwhile() {
    let (inner, dataset) = stored();
    let _ = dataset.delete_range(1..2, &WriteOptions::default()).unwrap();
    let other = open(&without_lock(&inner)).unwrap();
    let is_meant = |call: &str, path: &StoragePath| call == "list" && path.as_str() == "d_opdmd/replaced";
    let storage = interrupted(&inner, is_meant, 0, move || {
        let _ = other.delete_range(3..4, &WriteOptions::default()).unwrap();
    });
    let options = VacuumOptions::default().with_retention(Retention::NEWEST);
    let report = open(&storage).unwrap().vacuum(&options).unwrap();
    let newest = open(&inner).unwrap();
    assert_eq!(newest.snapshot().unwrap().version, report.version_after + 1, "the other write came in between");
    assert_eq!(rows(&newest.version(report.version_after).unwrap()).len(), 5);
}

#[test]
fn a_removal_without_the_lock_leaves_files_to_the_next_first_write() {
    let (inner, _) = stored();
    open(&without_lock(&inner)).unwrap().remove().unwrap();
    assert!(!open(&inner).unwrap().exists());
    assert!(!data_names(&inner).is_empty());
    let dataset = open(&inner).unwrap();
    let _ = dataset.write(tens([7]), &on_t()).unwrap();
    assert_eq!(rows(&dataset), [(7, 70)]);
    assert_eq!(data_names(&inner), named(&dataset));
    sound(&dataset);
}

#[test]
fn a_removal_without_the_lock_can_be_finished() {
    let (inner, _) = stored();
    open(&without_lock(&inner)).unwrap().remove().unwrap();
    open(&inner).unwrap().remove().unwrap();
    assert!(inner.files().is_empty(), "{:?}", inner.files());
    assert!(matches!(open(&inner).unwrap().remove(), Err(Error::NotFound { .. })));
}

/// Handles of every version, and one that has seen none, write at every deletion of a removal.
#[test]
fn nobody_writes_into_a_dataset_that_is_being_removed() {
    for version in [None, Some(0), Some(1), Some(2)] {
        let deletions = (0..100).take_while(|at| writes_at_a_deletion(version, *at)).count();
        assert!((6..100).contains(&deletions), "a removal makes other calls than these {deletions}");
    }
}

/// Whether the removal makes so many deletions.
fn writes_at_a_deletion(version: Option<i64>, at: usize) -> bool {
    let inner = MemoryStorage::new();
    let mut late = open(&without_lock(&inner)).unwrap();
    let dataset = open(&inner).unwrap();
    for step in 0..3 {
        let _ = dataset.write(tens([step]), &on_t()).unwrap();
        if version == Some(step) {
            late = open(&without_lock(&inner)).unwrap();
        }
    }
    let reached = Arc::new(AtomicBool::new(false));
    let writes = Arc::clone(&reached);
    // Once the lock file goes, the dataset is gone, and another may be made.
    let is_meant = |call: &str, path: &StoragePath| call == "delete" && path.as_str() != "d.lock";
    let storage = interrupted(&inner, is_meant, at, move || {
        writes.store(true, Ordering::Relaxed);
        let written = late.write(tens([9]), &on_t());
        assert!(matches!(written, Err(Error::Dropped { .. } | Error::Conflict { .. })), "{written:?}");
    });
    open(&storage).unwrap().remove().unwrap();
    assert!(!open(&inner).unwrap().exists(), "version {version:?}, deletion {at}");
    let next = open(&inner).unwrap();
    for step in 0..4 {
        let _ = next.write(tens([step]), &on_t()).unwrap();
    }
    assert_eq!(rows(&open(&inner).unwrap()).len(), 4);
    sound(&next);
    reached.load(Ordering::Relaxed)
}

#[test]
fn a_first_writer_that_is_far_behind_finds_its_number_taken() {
    let inner = MemoryStorage::new();
    let behind = open(&inner).unwrap();
    let dataset = open(&inner).unwrap();
    let _ = dataset.write(tens(0..6), &on_t()).unwrap();
    let _ = dataset.delete_range(0..1, &WriteOptions::default()).unwrap();
    let _ = dataset.vacuum(&expire()).unwrap();
    assert!(inner.head(&common::path("d_opdmd/00000000000000000000.json")).unwrap().is_none());
    let _ = behind.write(tens([9]), &on_t()).unwrap();
    assert_eq!(rows(&open(&inner).unwrap()).len(), 6);
}

#[test]
fn records_expire_only_under_the_lock() {
    let (inner, _) = stored();
    let before = files_in(&inner, "d_opdmd").len();
    let report = open(&without_lock(&inner)).unwrap().vacuum(&expire()).unwrap();
    assert_eq!(report.records_deleted, 0);
    assert!(files_in(&inner, "d_opdmd").len() >= before);
}

type Look = fn(&Dataset) -> Result<Dataset, Error>;

/// What is asked for is there, or has expired, or is gone with the dataset: no call of a reader fails otherwise.
#[test]
fn who_asks_for_an_older_version_is_told_what_became_of_it() {
    let looks: [Look; 4] = [
        |dataset| dataset.version(1),
        |dataset| dataset.as_of(dataset.snapshot().unwrap().at_ms - 1),
        |dataset| dataset.tagged("first"),
        |dataset| dataset.log().map(|_| dataset.detached()),
    ];
    let happenings: [fn(&Dataset); 2] =
        [|dataset| dataset.remove().unwrap(), |dataset| drop(dataset.vacuum(&expire()).unwrap())];
    for (look, happens) in looks.into_iter().flat_map(|look| happenings.map(|happens| (look, happens))) {
        let calls = (0..100).take_while(|at| looks_while(look, happens, *at)).count();
        assert!((3..100).contains(&calls), "a look makes other calls than these {calls}");
    }
}

/// Whether the look makes so many calls.
fn looks_while(look: Look, happens: fn(&Dataset), at: usize) -> bool {
    let (inner, dataset) = stored();
    let _ = dataset.delete_range(1..4, &WriteOptions::default()).unwrap();
    let _ = dataset.tag("first", Some(1)).unwrap();
    let other = open(&inner).unwrap();
    let storage = Scripted::new(inner);
    let reader = open(&storage).unwrap();
    let reached = Arc::new(AtomicBool::new(false));
    let reaches = Arc::clone(&reached);
    storage.follow(move |number, _, _| {
        if number == at {
            reaches.store(true, Ordering::Relaxed);
            happens(&other);
        }
        Fate::Works
    });
    match look(&reader) {
        Ok(found) => assert!(found.exists()),
        Err(Error::Dropped { .. } | Error::VersionExpired { .. } | Error::NoVersionAt { .. }) => {}
        Err(error) => panic!("call {at}: {error} ({error:?})"),
    }
    reached.load(Ordering::Relaxed)
}

/// Who published the version before may have been killed before it flushed it: a power cut must not take that and leave
/// the next one.
#[test]
fn nothing_is_published_behind_a_version_that_may_be_lost() {
    let (inner, _) = stored();
    let storage = Scripted::new(inner);
    let writer = open(&storage).unwrap();
    for (t, flushes_before) in [(7, true), (8, false)] {
        let synced = Arc::new(AtomicUsize::new(0));
        let at_publish = Arc::new(AtomicUsize::new(usize::MAX));
        let (syncs, published) = (Arc::clone(&synced), Arc::clone(&at_publish));
        storage.follow(move |_, call, path| {
            if call == "sync" && path.as_str() == "d_opdmd" {
                syncs.fetch_add(1, Ordering::Relaxed);
            }
            if call == "publish" && path.name().strip_suffix(".json").is_some() {
                published.store(syncs.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            Fate::Works
        });
        let _ = writer.write(tens([t]), &on_t()).unwrap();
        let before = usize::from(flushes_before);
        assert_eq!((at_publish.load(Ordering::Relaxed), synced.load(Ordering::Relaxed)), (before, before + 1), "{t}");
    }
}

#[test]
fn a_writer_whose_number_was_taken_in_a_dataset_that_is_gone_by_now_is_told() {
    let (inner, _) = stored();
    let storage = without_lock(&inner);
    let writer = open(&storage).unwrap();
    let other = open(&inner).unwrap();
    let (is_taken, is_gone) = (AtomicBool::new(false), AtomicBool::new(false));
    storage.follow(move |_, call, path| {
        let is_record = path.name() == "00000000000000000003.json";
        if is_record && call == "publish" && !is_taken.swap(true, Ordering::Relaxed) {
            let _ = other.write(tens([9]), &on_t()).unwrap();
        }
        if is_record && call == "get" && is_taken.load(Ordering::Relaxed) && !is_gone.swap(true, Ordering::Relaxed) {
            other.remove().unwrap();
        }
        if call == "lock" { Fate::FailsBefore } else { Fate::Works }
    });
    let error = writer.write(tens([7]), &on_t()).unwrap_err();
    assert!(matches!(error, Error::Dropped { .. }), "{error:?}");
}
