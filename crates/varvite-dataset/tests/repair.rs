//! A repair puts right what is in the way, says what it cannot, and never costs a row.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use bytes::Bytes;
use common::scripted::{Fate, Scripted};
use common::{data_names, files_in, named, on_t, open, path, rows, stored, table, tens};
use varvite_dataset::{Dataset, Duplicates, Remedy, RepairReport, Retention, VacuumOptions, WriteOptions};
use varvite_storage::{MemoryStorage, Published, Storage, StoragePath};

/// What was put right: the last part of the path, and how.
fn done(report: &RepairReport) -> Vec<(&str, Remedy)> {
    report.repaired.iter().map(|found| (found.path.rsplit('/').next().unwrap(), found.remedy.unwrap())).collect()
}

fn move_file(storage: &MemoryStorage, from: &str, to: &str) {
    storage.create_folder(&path(to).parent().unwrap()).unwrap();
    assert_eq!(storage.rename(&path(from), &path(to)).unwrap(), Published::Created);
}

/// Repairs, and everything is as it should be afterwards.
#[track_caller]
fn check(storage: &MemoryStorage, expected: &[(&str, Remedy)]) {
    let dataset = open(storage).unwrap();
    let before = rows(&dataset);
    let found = dataset.check(false).unwrap();
    assert!(found.is_ok(), "{found}");
    let remedies: Vec<_> = found.findings.iter().filter_map(|finding| finding.remedy).collect();
    assert_eq!(remedies.len(), expected.len(), "{found}");
    let report = dataset.repair(false).unwrap();
    assert_eq!(done(&report), expected, "{report}");
    assert!(report.is_ok() && report.locked, "{report}");
    assert!(report.left.iter().all(|finding| finding.remedy.is_none()), "{report}");
    assert_eq!(rows(&open(storage).unwrap()), before);
    let again = dataset.repair(true).unwrap();
    assert_eq!((again.repaired.len(), again.left), (0, report.left));
}

/// 66 versions of one row each, two row groups replaced, a checkpoint.
fn with_checkpoint() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    for t in 0..66 {
        let _ = dataset.write(table(&[(t, t)]), &on_t()).unwrap();
    }
    storage
}

fn checkpoints(storage: &MemoryStorage) -> Vec<(StoragePath, Bytes)> {
    let mut found = files_in(storage, "d_opdmd");
    found.retain(|(path, _)| path.as_str().ends_with(".parquet"));
    found
}

fn flip(storage: &MemoryStorage, path: &StoragePath) {
    let mut bytes = storage.get(path).unwrap().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    storage.replace(path, bytes.into());
}

#[test]
fn a_sound_dataset_is_left_as_it_is() {
    let (storage, dataset) = stored();
    let before = storage.files();
    assert_eq!(dataset.repair(true).unwrap().to_string(), "3 files checked, 0 repaired, all sound");
    assert_eq!(storage.files(), before);
}

#[test]
fn files_of_writers_that_are_gone_are_put_away() {
    let (storage, dataset) = stored();
    let stray = "file_00000000000000008-00000001-0000000000000000.parquet";
    storage.replace(&path(&format!("d/{stray}")), "rows"[..].into());
    storage.replace(&path("d/.tmp-1"), "half a file"[..].into());
    storage.replace(&path("d_opdmd/.tmp-2"), "half a record"[..].into());
    check(&storage, &[(".tmp-1", Remedy::Delete), (stray, Remedy::MoveAway), (".tmp-2", Remedy::Delete)]);
    assert_eq!(data_names(&storage), named(&dataset));
    assert_eq!(files_in(&storage, "d_opdmd/replaced").len(), 1);
}

#[test]
fn nothing_foreign_is_touched() {
    let (storage, _) = stored();
    // What comes next may be being written.
    let next = "d/file_00000000000000008-00000003-0000000000000000.parquet";
    let foreign =
        ["d/notes.txt", "d/.hidden", "d/file_1.parquet", "d_opdmd/mine", "d_opdmd/replaced/x", "d/sub/a", next];
    for name in foreign {
        storage.replace(&path(name), "mine"[..].into());
    }
    let before = storage.files();
    check(&storage, &[]);
    assert_eq!(storage.files(), before);
    let notes = open(&storage).unwrap().check(false).unwrap().findings;
    assert_eq!(notes.iter().filter(|note| note.problem == "it is no file of the dataset").count(), 2);
}

#[test]
fn files_in_the_wrong_folder_are_moved() {
    let (storage, dataset) = stored();
    let names = named(&dataset);
    move_file(&storage, &format!("d/{}", names[0]), &format!("d_opdmd/replaced/{}", names[0]));
    move_file(&storage, &format!("d/{}", names[2]), &format!("d_opdmd/replaced/{}", names[2]));
    check(&storage, &[(&names[0], Remedy::MoveBack), (&names[2], Remedy::MoveBack)]);
    assert_eq!(data_names(&storage), names);
}

#[test]
fn a_whole_data_folder_comes_back() {
    let (storage, dataset) = stored();
    let names = named(&dataset);
    for name in &names {
        move_file(&storage, &format!("d/{name}"), &format!("d_opdmd/replaced/{name}"));
    }
    assert!(storage.delete_folder(&path("d")).unwrap());
    check(&storage, &[0, 1, 2].map(|at| (names[at].as_str(), Remedy::MoveBack)));
    assert_eq!(data_names(&storage), names);
}

#[test]
fn a_file_in_both_folders_goes_if_both_are_the_same() {
    let (storage, dataset) = stored();
    let old = named(&dataset)[0].clone();
    let (here, there) = (path(&format!("d/{old}")), path(&format!("d_opdmd/replaced/{old}")));
    let _ = dataset.delete_range(1..2, &WriteOptions::default()).unwrap();
    storage.replace(&here, storage.get(&there).unwrap());
    check(&storage, &[(&old, Remedy::MoveAway)]);
    storage.replace(&here, "other bytes"[..].into());
    let report = dataset.repair(false).unwrap();
    assert_eq!((report.repaired.len(), report.left.len()), (0, 1), "{report}");
    assert!(storage.head(&here).unwrap().is_some());
}

#[test]
fn a_damaged_checkpoint_is_written_again() {
    let storage = with_checkpoint();
    let [(checkpoint, sound)] = checkpoints(&storage).try_into().unwrap();
    flip(&storage, &checkpoint);
    check(&storage, &[(checkpoint.name(), Remedy::Rewrite)]);
    assert_eq!(checkpoints(&storage), [(checkpoint, sound)]);
}

#[test]
fn a_checkpoint_of_another_dataset_goes() {
    let other = with_checkpoint();
    let [(checkpoint, bytes)] = checkpoints(&other).try_into().unwrap();
    let (storage, _) = stored();
    storage.replace(&checkpoint, bytes);
    // Both were made of the same random bits.
    let storage = storage.fork();
    let dataset = Dataset::at(std::sync::Arc::new(storage.clone()), path("e"), None).unwrap();
    let _ = dataset.write(tens([1]), &on_t()).unwrap();
    let stray = path(&format!("e_opdmd/{}", checkpoint.name()));
    storage.replace(&stray, storage.get(&checkpoint).unwrap());
    let report = dataset.repair(false).unwrap();
    assert_eq!(done(&report), [(checkpoint.name(), Remedy::Delete)], "{report}");
    assert!(storage.head(&stray).unwrap().is_none());
}

#[test]
fn a_checkpoint_beyond_the_newest_version_is_evidence_and_stays() {
    let storage = with_checkpoint();
    for version in [64, 65] {
        storage.delete(&path(&format!("d_opdmd/{version:020}.json"))).unwrap();
        storage.delete(&path(&format!("d_opdmd/tail-{version:020}"))).unwrap();
    }
    let report = open(&storage).unwrap().repair(false).unwrap();
    let lost = report.left.iter().any(|finding| finding.problem.ends_with("records may be lost"));
    assert!(lost && checkpoints(&storage).len() == 1, "{report}");
}

#[test]
fn witnesses_are_put_right() {
    let (storage, _) = stored();
    let tail = |version: u64| path(&format!("d_opdmd/tail-{version:020}"));
    storage.replace(&tail(0), Bytes::new());
    storage.delete(&tail(2)).unwrap();
    check(&storage, &[(tail(0).name(), Remedy::Delete), (tail(2).name(), Remedy::Rewrite)]);
    assert!(storage.head(&tail(2)).unwrap().is_some());
}

/// A dataset whose log begins with version 3, and the records that expired.
fn expired() -> (MemoryStorage, Vec<(StoragePath, Bytes)>) {
    let (storage, dataset) = stored();
    let _ = dataset.delete_range(1..2, &WriteOptions::default()).unwrap();
    let records: Vec<_> = files_in(&storage, "d_opdmd").into_iter().take(3).collect();
    assert_eq!(records[2].0, path("d_opdmd/00000000000000000002.json"));
    let _ = dataset.vacuum(&VacuumOptions::default().with_retention(Retention::NEWEST).with_log_expiry(true)).unwrap();
    (storage, records)
}

#[test]
fn expired_records_go() {
    let (storage, records) = expired();
    for (path, bytes) in &records {
        storage.replace(path, bytes.clone());
    }
    let older = path("d_opdmd/floor-00000000000000000001");
    storage.replace(&older, Bytes::new());
    let mut expected: Vec<_> = records.iter().map(|(path, _)| (path.name(), Remedy::Delete)).collect();
    expected.push((older.name(), Remedy::Delete));
    check(&storage, &expected);
}

#[test]
fn expired_records_stay_while_a_checkpoint_needs_them() {
    let (storage, records) = expired();
    let [(first, sound)] = checkpoints(&storage).try_into().unwrap();
    for (path, bytes) in &records {
        storage.replace(path, bytes.clone());
    }
    flip(&storage, &first);
    let dataset = open(&storage).unwrap();
    let report = dataset.repair(false).unwrap();
    let mut names: Vec<_> = done(&report);
    names.sort_by_key(|(name, _)| (*name).to_owned());
    let mut expected: Vec<_> = records.iter().map(|(path, _)| (path.name(), Remedy::Delete)).collect();
    expected.push((first.name(), Remedy::Rewrite));
    assert_eq!(names, expected, "{report}");
    assert_eq!(checkpoints(&storage), [(first, sound)]);
    assert!(report.is_ok() && report.left.is_empty(), "{report}");
}

#[test]
fn a_log_that_cannot_be_opened_without_its_checkpoint_is_left_alone() {
    let (storage, _) = expired();
    let [(first, _)] = checkpoints(&storage).try_into().unwrap();
    let dataset = open(&storage).unwrap();
    flip(&storage, &first);
    let before = storage.files();
    let report = dataset.repair(true).unwrap();
    assert!(!report.is_ok() && report.repaired.is_empty(), "{report}");
    assert_eq!(storage.files(), before);
}

#[test]
fn a_damaged_log_is_left_alone() {
    let (storage, dataset) = stored();
    storage.replace(&path("d/.tmp-1"), Bytes::new());
    flip(&storage, &path("d_opdmd/00000000000000000001.json"));
    let before = storage.files();
    let report = dataset.repair(false).unwrap();
    assert_eq!((report.is_ok(), report.repaired.len(), report.left.len()), (false, 0, 1), "{report}");
    assert_eq!(storage.files(), before);
}

#[test]
fn what_cannot_be_repaired_is_listed() {
    let (storage, dataset) = stored();
    let names = named(&dataset);
    storage.delete(&path(&format!("d/{}", names[0]))).unwrap();
    flip(&storage, &path(&format!("d/{}", names[1])));
    move_file(&storage, &format!("d/{}", names[2]), &format!("d_opdmd/replaced/{}", names[2]));
    let report = dataset.repair(true).unwrap();
    assert_eq!(done(&report), [(names[2].as_str(), Remedy::MoveBack)]);
    let left: Vec<&str> = report.left.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!((report.is_ok(), left), (false, vec![names[0].as_str(), names[1].as_str()]));
    let words = report.to_string();
    assert!(
        words.starts_with("moved back: ") && words.ends_with("3 files checked, 1 repaired, damage found"),
        "{words}"
    );
}

#[test]
fn without_the_lock_nothing_is_taken_from_a_writer() {
    let (inner, dataset) = stored();
    let names = named(&dataset);
    inner.replace(&path("d/.tmp-1"), Bytes::new());
    let stray = "file_00000000000000008-00000001-0000000000000000.parquet";
    inner.replace(&path(&format!("d/{stray}")), "rows"[..].into());
    move_file(&inner, &format!("d/{}", names[0]), &format!("d_opdmd/replaced/{}", names[0]));
    let storage = Scripted::new(inner.clone());
    storage.follow(|_, name, _| if name == "lock" { Fate::FailsBefore } else { Fate::Works });
    let report = open(&storage).unwrap().repair(false).unwrap();
    assert_eq!(done(&report), [(stray, Remedy::MoveAway)]);
    assert_eq!((report.locked, report.left.len()), (false, 2), "{report}");
    assert!(report.to_string().contains("another writer is at work"), "{report}");
}

/// Everything that can be in the way at once.
fn mess() -> MemoryStorage {
    let (storage, records) = expired();
    for (path, bytes) in records {
        storage.replace(&path, bytes);
    }
    flip(&storage, &checkpoints(&storage)[0].0);
    let name = named(&open(&storage).unwrap()).pop().unwrap();
    move_file(&storage, &format!("d/{name}"), &format!("d_opdmd/replaced/{name}"));
    let stray = "d/file_00000000000000008-00000001-0000000000000000.parquet";
    for name in [stray, "d/.tmp-1", "d_opdmd/.tmp-2", "d_opdmd/tail-00000000000000000003"] {
        storage.replace(&path(name), Bytes::new());
    }
    storage
}

#[test]
fn a_repair_that_fails_at_any_call_makes_nothing_worse() {
    let mess = mess();
    let sound = {
        let storage = mess.fork();
        let dataset = open(&storage).unwrap();
        let report = dataset.repair(true).unwrap();
        assert_eq!((report.repaired.len(), report.left.len()), (9, 0), "{report}");
        (rows(&dataset), data_names(&storage), checkpoints(&storage))
    };
    let mut calls = 0;
    for (fate, lasting) in [(Fate::FailsBefore, false), (Fate::FailsBefore, true), (Fate::FailsAfter, false)] {
        for call in 0.. {
            let inner = mess.fork();
            let storage = Scripted::new(inner.clone());
            let dataset = open(&storage).unwrap();
            storage.follow(
                move |number, _, _| {
                    if number == call || lasting && number > call { fate } else { Fate::Works }
                },
            );
            let _ = dataset.repair(false).map(drop);
            if !storage.heal() {
                break;
            }
            calls += 1;
            let again = open(&inner).unwrap();
            assert_eq!(rows(&again), sound.0, "{fate:?} of call {call}");
            let report = again.repair(true).unwrap();
            assert!(report.left.is_empty(), "{fate:?} of call {call}: {report}");
            assert_eq!(data_names(&inner), sound.1, "{fate:?} of call {call}");
            assert_eq!(checkpoints(&inner), sound.2, "{fate:?} of call {call}");
        }
    }
    assert!(calls > 200, "{calls} calls");
}

#[test]
fn without_a_key_no_row_is_a_duplicate() {
    let (_, dataset) = stored();
    let _ = dataset.write(table(&[(2, 20), (2, 20), (9, 90), (9, 90)]), &WriteOptions::default()).unwrap();
    assert!(dataset.check(true).unwrap().findings.is_empty());
}

#[test]
fn stored_duplicates_by_the_remembered_key_are_noted() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let keyed = |columns: &[&str]| on_t().with_duplicates_on(Duplicates::on(columns.iter().copied()));
    let _ = dataset.write(table(&[(1, 1)]), &keyed(&["t", "v"])).unwrap();
    // These writes keep what the key would drop, within a row group and across two.
    let keep = WriteOptions::default().with_duplicates_on(Duplicates::KeepAll);
    let _ = dataset.write(table(&[(1, 1), (1, 2), (1, 1), (1, 3), (2, 0), (3, 0), (3, 0)]), &keep).unwrap();
    let report = dataset.check(true).unwrap();
    let notes: Vec<_> =
        report.findings.iter().map(|note| (note.damage, note.problem.split(':').next().unwrap())).collect();
    let one = (false, "1 row has the key of another");
    assert_eq!(notes, [one, one, one], "{report}");
    assert!(report.is_ok() && dataset.check(false).unwrap().findings.is_empty());
    let compacted = dataset.compact(varvite_dataset::Compact::Everything, &WriteOptions::default()).unwrap();
    assert_eq!(compacted.deleted, 3);
    assert!(dataset.check(true).unwrap().findings.is_empty());
}
