//! Older versions: read, tagged, vacuumed, and their records removed.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::scripted::{Fate, Scripted};
use common::{data_names, files_in, named, on_t, open, path, rows, stored, tens};
use varvite_dataset::{Duplicates, Error, Retention, ScanOptions, VacuumOptions, WriteOptions};
use varvite_storage::{MemoryStorage, Storage};

fn newest_only() -> VacuumOptions {
    VacuumOptions::default().with_retention(Retention::NEWEST)
}

/// Six rows in three files of three versions, then one file replaced.
fn rewritten() -> (MemoryStorage, varvite_dataset::Dataset) {
    let (storage, dataset) = stored();
    let _ = dataset.delete_range(1..2, &WriteOptions::default()).unwrap();
    (storage, dataset)
}

#[test]
fn every_version_can_be_read() {
    let (_, dataset) = rewritten();
    for (version, expected) in [(0, 2), (1, 4), (2, 6), (3, 5)] {
        let then = dataset.version(version).unwrap();
        assert_eq!((rows(&then).len(), then.snapshot().unwrap().version), (expected, version));
    }
    let message = dataset.version(4).unwrap_err().to_string();
    assert_eq!(message, "there is no version 4: the newest is 3");
}

#[test]
fn a_time_is_a_version() {
    let (_, dataset) = rewritten();
    let at: Vec<i64> = dataset.log().unwrap().iter().map(|commit| commit.at_ms).collect();
    let newest = dataset.as_of(*at.last().unwrap()).unwrap();
    assert_eq!(newest.snapshot().unwrap().version, 3);
    assert!(matches!(dataset.as_of(at[0] - 1), Err(Error::NoVersionAt { .. })));
}

#[test]
fn a_write_through_an_old_version_goes_to_the_newest() {
    let (_, dataset) = rewritten();
    let then = dataset.version(0).unwrap();
    let _ = then.write(tens([9]), &WriteOptions::default()).unwrap();
    assert_eq!(rows(&then).len(), 6);
}

#[test]
fn vacuum_leaves_exactly_the_newest_files() {
    let (storage, dataset) = rewritten();
    let old = dataset.version(2).unwrap();
    let planned = dataset.plan_vacuum(&newest_only()).unwrap();
    let report = dataset.vacuum(&newest_only()).unwrap();
    assert_eq!((planned.files_deleted, planned.bytes_deleted), (report.files_deleted, report.bytes_deleted));
    assert_eq!((report.files_deleted, report.files_kept, report.version_after), (1, 0, 4));
    assert_eq!(data_names(&storage), named(&dataset));
    assert!(files_in(&storage, "d_opdmd/replaced").is_empty());
    assert_eq!(rows(&dataset).len(), 5);
    assert!(matches!(dataset.version(2), Err(Error::VersionExpired { version: 2, oldest: 3 })));
    assert!(matches!(old.read(&ScanOptions::default()), Err(Error::VersionExpired { version: 2, oldest: 3 })));
    let again = dataset.vacuum(&newest_only()).unwrap();
    assert_eq!((again.version_before, again.version_after, again.files_deleted), (4, 4, 0));
}

#[test]
fn a_tagged_version_stays() {
    let (_, dataset) = rewritten();
    assert_eq!(dataset.tag("release", Some(1)).unwrap(), 4);
    let _ = dataset.vacuum(&newest_only().with_log_expiry(true)).unwrap();
    assert_eq!(rows(&dataset.tagged("release").unwrap()).len(), 4);
    assert_eq!(rows(&dataset.version(1).unwrap()).len(), 4);
    assert!(matches!(dataset.version(0), Err(Error::VersionExpired { .. })));
    let message = dataset.tagged("relaese").unwrap_err().to_string();
    assert_eq!(message, "no version is tagged `relaese`: did you mean `release`?");
    let _ = dataset.untag("release").unwrap();
    let report = dataset.vacuum(&newest_only()).unwrap();
    assert_eq!(report.files_deleted, 1);
    assert!(matches!(dataset.version(1), Err(Error::VersionExpired { .. })));
}

#[test]
fn what_has_expired_cannot_be_tagged() {
    let (_, dataset) = rewritten();
    let _ = dataset.vacuum(&newest_only()).unwrap();
    assert!(matches!(dataset.tag("late", Some(1)), Err(Error::VersionExpired { .. })));
    assert!(matches!(dataset.tag("early", Some(99)), Err(Error::NoSuchVersion { .. })));
}

#[test]
fn records_expire_behind_a_checkpoint() {
    let (storage, dataset) = rewritten();
    let report = dataset.vacuum(&newest_only().with_log_expiry(true)).unwrap();
    assert_eq!(report.records_deleted, 3);
    let reopened = open(&storage).unwrap();
    assert_eq!((rows(&reopened), reopened.check(true).unwrap().is_ok()), (rows(&dataset), true));
    let _ = reopened.write(tens([50]), &WriteOptions::default()).unwrap();
    assert_eq!(dataset.log().unwrap().first().unwrap().version, 3);
    for t in 100..300 {
        let _ = reopened.write(tens([t]), &WriteOptions::default()).unwrap();
    }
    assert_eq!(rows(&open(&storage).unwrap()).len(), 206);
    assert!(open(&storage).unwrap().check(true).unwrap().is_ok());
}

/// Vacuums and expires records, but finds that the log could not begin with its checkpoint: nothing goes.
#[track_caller]
fn nothing_expires(storage: &Scripted) {
    let expected = rows(&open(storage).unwrap());
    let error = open(storage).unwrap().vacuum(&newest_only().with_log_expiry(true)).unwrap_err();
    assert!(matches!(&error, Error::Corrupt { reason, .. } if reason.contains("begin")), "{error}");
    storage.heal();
    assert_eq!(rows(&open(storage).unwrap()), expected);
    for version in 0..3 {
        assert!(storage.head(&path(&format!("d_opdmd/{version:020}.json"))).unwrap().is_some(), "record {version}");
    }
    // The records are there, so that it can be put right.
    let _ = open(storage).unwrap().repair(false).unwrap();
    let _ = open(storage).unwrap().vacuum(&newest_only().with_log_expiry(true)).unwrap();
    assert_eq!(rows(&open(storage).unwrap()), expected);
    assert!(open(storage).unwrap().check(true).unwrap().is_ok());
}

#[test]
fn records_stay_if_their_checkpoint_was_damaged_before() {
    let storage = Scripted::new(rewritten().0);
    let inner = storage.inner.clone();
    storage.follow(move |_, call, path| {
        // What has the name already is taken for what was to be written.
        if call == "publish" && path.name().ends_with(".parquet") {
            inner.replace(path, "damaged".into());
        }
        Fate::Works
    });
    nothing_expires(&storage);
    assert_eq!(open(&storage).unwrap().log().unwrap().first().unwrap().version, 3);
}

#[test]
fn records_stay_if_their_checkpoint_is_damaged_beside_a_floor() {
    let storage = Scripted::new(rewritten().0);
    storage.follow(|_, call, path| {
        if call == "delete" && path.as_str().starts_with("d_opdmd/0") { Fate::FailsBefore } else { Fate::Works }
    });
    let _ = open(&storage).unwrap().vacuum(&newest_only().with_log_expiry(true)).unwrap_err();
    storage.heal();
    let checkpoint =
        files_in(&storage.inner, "d_opdmd").into_iter().find(|(path, _)| path.name().ends_with(".parquet"));
    storage.inner.replace(&checkpoint.unwrap().0, "damaged".into());
    nothing_expires(&storage);
}

#[test]
fn a_version_has_expired_also_when_its_record_has() {
    let (_, dataset) = rewritten();
    let old = dataset.version(2).unwrap();
    let report = dataset.vacuum(&newest_only().with_log_expiry(true)).unwrap();
    assert_eq!((report.files_deleted, report.records_deleted), (1, 3));
    let read = old.read(&ScanOptions::default());
    assert!(matches!(read, Err(Error::VersionExpired { version: 2, oldest: 3 })), "{read:?}");
}

#[test]
fn a_version_whose_record_was_lost_has_not_expired() {
    let (storage, dataset) = stored();
    let before = storage.files();
    let _ = dataset.write(tens([9]), &on_t()).unwrap();
    for (path, _) in storage.files().into_iter().filter(|(path, _)| before.iter().all(|(old, _)| old != path)) {
        storage.delete(&path).unwrap();
    }
    let read = dataset.read(&ScanOptions::default());
    assert!(matches!(read, Err(Error::Corrupt { .. })), "{read:?}");
}

#[test]
fn a_writer_that_is_far_behind_finds_its_number_taken() {
    let (storage, dataset) = rewritten();
    let behind = dataset.version(0).unwrap();
    let _ = dataset.vacuum(&newest_only().with_log_expiry(true)).unwrap();
    // Record 1 is gone: its name is free, and yet no version 1 comes to be.
    let _ = behind.write(tens([9]), &WriteOptions::default()).unwrap();
    assert_eq!(rows(&open(&storage).unwrap()).len(), 6);
}

#[test]
fn a_writer_whose_version_was_vacuumed_goes_on_from_the_newest() {
    let (storage, dataset) = rewritten();
    let behind = dataset.version(0).unwrap();
    let before = rows(&dataset);
    let _ = dataset.vacuum(&newest_only()).unwrap();
    // It has to read the stored rows about 1, which are in other files by now.
    let (first, value) = before[0];
    let options = WriteOptions::default().with_duplicates_on(Duplicates::on(["t"]));
    let report = behind.write(common::table(&[(first, value + 1)]), &options).unwrap();
    assert_eq!(report.updated, 1);
    assert_eq!(rows(&open(&storage).unwrap()), [vec![(first, value + 1)], before[1..].to_vec()].concat());
}

#[test]
fn a_vacuum_leaves_what_is_replaced_while_it_runs() {
    let storage = Scripted::new(rewritten().0);
    let dataset = open(&storage).unwrap();
    let before = rows(&dataset);
    let (other, done) = (open(&storage.inner).unwrap(), AtomicBool::new(false));
    storage.follow(move |_, call, path| {
        if call == "list" && path.as_str() == "d_opdmd/replaced" && !done.swap(true, Ordering::Relaxed) {
            let _ = other.write(tens([7]), &overwriting()).unwrap();
        }
        // Nobody waits for the lock.
        if call == "lock" { Fate::FailsBefore } else { Fate::Works }
    });
    let report = dataset.vacuum(&newest_only()).unwrap();
    storage.heal();
    let newest = open(&storage).unwrap();
    assert_eq!((rows(&newest), newest.snapshot().unwrap().readable_from), (vec![(7, 70)], report.readable_from));
    assert_eq!(rows(&newest.version(report.version_after).unwrap()), before);
}

#[test]
fn nothing_is_vacuumed_before_it_lasts_that_nobody_reads_it() {
    let storage = Scripted::new(rewritten().0);
    let replaced = || files_in(&storage.inner, "d_opdmd/replaced").len();
    storage.cannot_sync_what_it_publishes();
    let before = replaced();
    // The first one says which versions go, the second finds that said.
    for code in ["VV0121", "VV0140"] {
        assert_eq!(open(&storage).unwrap().vacuum(&newest_only()).unwrap_err().code(), code);
        assert_eq!(replaced(), before);
    }
    storage.heal();
    let _ = open(&storage).unwrap().vacuum(&newest_only()).unwrap();
    assert_eq!(replaced(), 0);
}

#[test]
fn writes_vacuum_by_themselves() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let short = Retention::default().with_versions(3).with_age(Duration::ZERO);
    for round in 0..40 {
        let _ = dataset.write(common::table(&[(1, round)]), &overwriting().with_retention(short)).unwrap();
    }
    assert!(files_in(&storage, "d_opdmd/replaced").len() < 20);
    assert_eq!(rows(&dataset), [(1, 39)]);
    assert_eq!(rows(&dataset.version(38).unwrap()), [(1, 38)]);
    assert!(matches!(dataset.version(5), Err(Error::VersionExpired { .. })));
}

#[test]
fn young_versions_stay() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    for round in 0..40 {
        let _ = dataset.write(common::table(&[(1, round)]), &overwriting()).unwrap();
    }
    assert_eq!(rows(&dataset.version(0).unwrap()), [(1, 0)]);
    assert_eq!(files_in(&storage, "d_opdmd/replaced").len(), 39);
}

#[test]
fn nothing_foreign_is_vacuumed() {
    let (storage, dataset) = rewritten();
    let staged = storage.stage(&path("d_opdmd/replaced/mine.txt"), "mine".into()).unwrap();
    let _ = storage.publish(&staged).unwrap();
    assert_eq!(dataset.vacuum(&newest_only()).unwrap().files_kept, 1);
    assert_eq!(files_in(&storage, "d_opdmd/replaced").len(), 1);
}

fn overwriting() -> WriteOptions {
    on_t().with_mode(varvite_dataset::Mode::Overwrite)
}
