//! A writer that is slow, and that others take for dead: what it had written is gone, and it writes it again.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::scripted::{Fate, Scripted};
use common::{data_names, files_in, named, on_t, open, path, rows, stored, table};
use varvite_dataset::Error;
use varvite_storage::{MemoryStorage, Published, Storage, StoragePath};

/// A storage in which `sweep` happens once, before the first call of this name whose path begins like this.
fn swept(
    inner: MemoryStorage,
    call: &'static str,
    begins: &'static str,
    sweep: impl Fn(&MemoryStorage, &StoragePath) + Send + Sync + 'static,
) -> Scripted {
    let storage = Scripted::new(inner.clone());
    let done = AtomicBool::new(false);
    storage.follow(move |_, name, path| {
        if name == call && path.as_str().starts_with(begins) && !done.swap(true, Ordering::Relaxed) {
            sweep(&inner, path);
        }
        Fate::Works
    });
    storage
}

#[test]
fn folders_that_another_first_writer_removed_are_created_again() {
    for (call, folder) in [("stage", "d"), ("stage", "d_opdmd"), ("publish", "d_opdmd")] {
        let storage = swept(MemoryStorage::new(), call, folder, move |inner, at| {
            // The other one cleans up after itself: only folders that are empty go.
            assert!(inner.delete_folder(&at.parent().unwrap()).unwrap());
        });
        let dataset = open(&storage).unwrap();
        let report = dataset.write(table(&[(1, 1), (2, 2)]), &on_t()).unwrap();
        assert_eq!((report.inserted, report.version_after), (2, Some(0)), "{call} {folder}");
        assert_eq!(rows(&open(&storage).unwrap()), [(1, 1), (2, 2)]);
        assert_eq!(data_names(&storage.inner), named(&dataset));
    }
}

#[test]
fn a_file_that_another_writer_moved_away_is_written_again() {
    let (inner, dataset) = stored();
    let before = rows(&dataset);
    let storage = swept(inner, "sync", "d/file_", |inner, at| {
        let replaced = path("d_opdmd/replaced");
        inner.create_folder(&replaced).unwrap();
        assert_eq!(inner.rename(at, &replaced.join(at.name()).unwrap()).unwrap(), Published::Created);
    });
    let report = open(&storage).unwrap().write(table(&[(9, 9)]), &on_t()).unwrap();
    assert_eq!(report.inserted, 1);
    let dataset = open(&storage).unwrap();
    assert_eq!(rows(&dataset), [before, vec![(9, 9)]].concat());
    assert_eq!(data_names(&storage.inner), named(&dataset));
}

#[test]
fn a_file_that_is_moved_away_each_time_is_an_error_in_the_end() {
    let (inner, dataset) = stored();
    let before = rows(&dataset);
    let storage = Scripted::new(inner.clone());
    storage.follow(move |_, name, path| {
        if name == "sync" && path.as_str().starts_with("d/file_") {
            inner.delete(path).unwrap();
        }
        Fate::Works
    });
    let error = open(&storage).unwrap().write(table(&[(9, 9)]), &on_t()).unwrap_err();
    assert!(matches!(error, Error::Storage { .. }), "{error:?}");
    assert_eq!(rows(&open(&storage).unwrap()), before);
}

#[test]
fn a_file_that_was_written_for_a_lost_version_goes_once_there_is_that_version() {
    let (inner, _) = stored();
    let dataset = open(&inner).unwrap();
    // A writer saw version 3, wrote for version 4, and the power cut that ended it took version 3 too.
    inner.replace(&path("d/file_80000000000000098-00000004-0123456789abcdef.parquet"), "rows".into());
    for (version, is_left) in [(3, true), (4, false), (5, false)] {
        let report = dataset.write(table(&[(version, 9)]), &on_t()).unwrap();
        assert_eq!(report.version_after, Some(u64::try_from(version).unwrap()));
        assert_eq!(data_names(&inner) != named(&dataset), is_left, "version {version}");
    }
}

#[test]
fn a_file_that_was_written_for_a_version_far_ahead_goes_at_once() {
    let (inner, dataset) = stored();
    // A writer of a dataset that was removed, or whose versions a power cut took, left them behind.
    for orphan in
        ["d/file_80000000000000098-00000009-0123456789abcdef.parquet", "d_opdmd/.tmp-00000000000000000009.json-0"]
    {
        inner.replace(&path(orphan), "rows".into());
    }
    let _ = open(&inner).unwrap().write(table(&[(9, 9)]), &on_t()).unwrap();
    dataset.refresh().unwrap();
    assert_eq!(data_names(&inner), named(&dataset));
    assert!(files_in(&inner, "d_opdmd").iter().all(|(path, _)| !path.name().starts_with(".tmp-")));
}

#[test]
fn what_a_panic_left_is_moved_by_the_next_write_of_the_same_handle() {
    let (inner, _) = stored();
    let storage = Scripted::new(inner.clone());
    let dataset = open(&storage).unwrap();
    let _ = dataset.write(table(&[(9, 9)]), &on_t()).unwrap(); // looks for what was left before
    storage.follow(|_, name, path| {
        assert!(name != "stage" || path.name().strip_suffix(".json").is_none(), "the storage panics");
        Fate::Works
    });
    let write = || dataset.write(table(&[(10, 10)]), &on_t());
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(write)).is_err());
    storage.heal();
    assert_ne!(data_names(&inner), named(&dataset));
    let _ = dataset.write(table(&[(11, 11)]), &on_t()).unwrap();
    assert_eq!(data_names(&inner), named(&dataset));
}

#[test]
fn a_data_folder_that_is_missing_is_created_again() {
    let inner = MemoryStorage::new();
    let _ = open(&inner).unwrap().write(varvite_dataset::Rows::none(), &on_t().with_metadata("a", "b")).unwrap();
    // A first writer that lost the race and then failed removes the folder that it finds empty.
    assert!(inner.delete_folder(&path("d")).unwrap());
    let dataset = open(&inner).unwrap();
    let report = dataset.write(table(&[(1, 1)]), &on_t()).unwrap();
    assert_eq!(report.version_after, Some(1));
    assert_eq!(rows(&dataset), [(1, 1)]);
}

#[test]
fn a_first_write_that_meets_a_dataset_on_its_way_out_says_so() {
    let storage = Scripted::new(MemoryStorage::new());
    let other = open(&storage.inner).unwrap();
    let dataset = open(&storage).unwrap();
    let inner = storage.inner.clone();
    let (published, removed) = (AtomicBool::new(false), AtomicBool::new(false));
    storage.follow(move |_, name, path| {
        if name == "publish" && path.as_str().ends_with("00.json") && !published.swap(true, Ordering::Relaxed) {
            let _ = other.write(table(&[(1, 1)]), &on_t()).unwrap();
        }
        if name == "list" && published.load(Ordering::Relaxed) && !removed.swap(true, Ordering::Relaxed) {
            open(&inner).unwrap().remove().unwrap();
        }
        // Without the lock, so that nobody waits.
        if name == "lock" { Fate::FailsBefore } else { Fate::Works }
    });
    let error = dataset.write(table(&[(2, 2)]), &on_t()).unwrap_err();
    assert!(matches!(error, Error::Dropped { .. }), "{error:?}");
    storage.heal();
    let _ = open(&storage).unwrap().write(table(&[(2, 2)]), &on_t()).unwrap();
    assert_eq!(rows(&open(&storage).unwrap()), [(2, 2)]);
}

#[test]
fn a_version_is_named_although_the_data_folder_is_missing() {
    let inner = MemoryStorage::new();
    let dataset = open(&inner).unwrap();
    let _ = dataset.write(varvite_dataset::Rows::none(), &on_t().with_metadata("a", "b")).unwrap();
    assert!(inner.delete_folder(&path("d")).unwrap());
    assert_eq!(dataset.tag("first", None).unwrap(), 1);
}

/// A dataset whose removal fails at the first deletion of a record, or of a data file.
fn half_removed(fails_in: &'static str) -> (Scripted, varvite_dataset::Dataset) {
    let storage = Scripted::new(stored().0);
    let behind = open(&storage).unwrap().version(1).unwrap();
    let other = open(&storage).unwrap();
    let seen = std::sync::atomic::AtomicUsize::new(0);
    storage.follow(move |_, name, path| {
        let is_one = name == "delete" && path.as_str().starts_with(fails_in) && !path.as_str().contains("tail");
        // The first one goes, and then the power.
        let goes = is_one && seen.fetch_add(1, Ordering::Relaxed) > 0;
        if goes { Fate::FailsBefore } else { Fate::Works }
    });
    other.remove().unwrap_err();
    storage.heal();
    (storage, behind)
}

#[test]
fn a_removal_that_was_interrupted_lets_nobody_write() {
    let (storage, behind) = half_removed("d_opdmd/0");
    assert!(matches!(behind.write(table(&[(9, 9)]), &on_t()).unwrap_err(), Error::Dropped { .. }));
    assert!(!open(&storage).unwrap().exists());
    let _ = open(&storage).unwrap().write(table(&[(1, 1)]), &on_t()).unwrap();
    assert_eq!(rows(&open(&storage).unwrap()), [(1, 1)]);
}

#[test]
fn a_reader_of_a_removal_that_was_interrupted_is_told_so() {
    let (_, behind) = half_removed("d/file_");
    let error = behind.read(&varvite_dataset::ScanOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Dropped { .. }), "{error:?}");
}
