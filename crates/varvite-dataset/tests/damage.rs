//! Damaged files: what is read is what was written, or an error; `check` says which file it is.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use common::{files_in, on_t, open, path, rows, stored, tens};
use sha2::{Digest, Sha256};
use varvite_dataset::{Dataset, Error, Result, ScanOptions};
use varvite_storage::{MemoryStorage, Storage, StoragePath};

/// Opens a dataset and reads all of it.
fn read(storage: &MemoryStorage) -> Result<Vec<(i64, i64)>> {
    open(storage)?.read(&ScanOptions::default()).map(|batch| common::rows_of(&batch))
}

fn whole() -> Vec<(i64, i64)> {
    (1..=6).map(|t| (t, 10 * t)).collect()
}

/// Reading the damaged dataset fails with this code, and a handle from before finds damage when it checks.
#[track_caller]
fn check(code: &str, storage: &MemoryStorage, before: &Dataset, deep: bool) -> Error {
    let error = read(storage).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    let report = before.check(deep).unwrap();
    assert!(!report.is_ok(), "{error}, but: {report}");
    error
}

/// As `check`, for damage to a record: nothing can be written either, and nothing is touched by trying.
#[track_caller]
fn check_record(code: &str, storage: &MemoryStorage) -> Error {
    let before = storage.files();
    let error = open(storage).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert_eq!(storage.files(), before);
    error
}

fn record(version: u64) -> StoragePath {
    path(&format!("d_opdmd/{version:020}.json"))
}

/// Puts `line` in the place of a record, with the hash that belongs to it.
fn forge(storage: &MemoryStorage, version: u64, line: &str) {
    let hash = Sha256::digest(line.as_bytes());
    storage.replace(&record(version), format!("{line}\n{hash:x}\n").into());
}

fn line(storage: &MemoryStorage, version: u64) -> String {
    let bytes = storage.get(&record(version)).unwrap();
    std::str::from_utf8(&bytes).unwrap().lines().next().unwrap().to_owned()
}

/// The newest record with `from` replaced, and its hash made right again.
#[track_caller]
fn forged(from: &str, to: &str) -> MemoryStorage {
    let (storage, _) = stored();
    let before = line(&storage, 2);
    assert!(before.contains(from), "{before}");
    forge(&storage, 2, &before.replace(from, to));
    storage
}

fn flipped(bytes: &Bytes, at: usize) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << (at % 8);
    bytes.into()
}

#[test]
fn a_flipped_bit_in_a_record_is_noticed() {
    let (storage, _) = stored();
    for version in [0, 2] {
        let sound = storage.get(&record(version)).unwrap();
        for at in 0..sound.len() {
            storage.replace(&record(version), flipped(&sound, at));
            check_record("VV0130", &storage);
        }
        storage.replace(&record(version), sound);
    }
    assert_eq!(read(&storage).unwrap(), whole());
}

#[test]
fn a_record_that_is_cut_is_noticed() {
    let (storage, dataset) = stored();
    let sound = storage.get(&record(2)).unwrap();
    for len in (0..sound.len()).rev() {
        storage.replace(&record(2), sound.slice(..len));
        check_record("VV0130", &storage);
    }
    insta::assert_snapshot!(check("VV0130", &storage, &dataset, false), @"`00000000000000000002.json` is damaged: it is cut off");
    storage.replace(&record(2), [sound.as_ref(), b" "].concat().into());
    insta::assert_snapshot!(check_record("VV0130", &storage), @"`00000000000000000002.json` is damaged: its first line does not have the hash in its second");
    storage.replace(&record(2), b"\xff\xfe\n"[..].into());
    insta::assert_snapshot!(check_record("VV0130", &storage), @"`00000000000000000002.json` is damaged: it is not text");
}

#[test]
fn a_record_in_the_place_of_another_is_noticed() {
    let (storage, _) = stored();
    for (from, to) in [(0, 1), (1, 2), (0, 2), (1, 0), (2, 0)] {
        let storage = storage.fork();
        storage.replace(&record(to), storage.get(&record(from)).unwrap());
        check_record("VV0130", &storage);
    }
}

#[test]
fn a_record_of_another_dataset_is_noticed() {
    let (storage, _) = stored();
    let other = MemoryStorage::new();
    other.random();
    let dataset = open(&other).unwrap();
    for first in [1, 3, 5] {
        let _ = dataset.write(tens([first, first + 1]), &on_t()).unwrap();
    }
    storage.replace(&record(2), other.get(&record(2)).unwrap());
    insta::assert_snapshot!(check_record("VV0130", &storage), @"`00000000000000000002.json` is damaged: it does not follow the record before it");
}

#[test]
fn a_newer_format_asks_for_an_update() {
    let storage = forged(r#""format":1"#, r#""format":2"#);
    insta::assert_snapshot!(check_record("VV0131", &storage), @"`00000000000000000002.json` needs format 2, which this version does not know: update varvite");
    let storage = forged(r#""features":[]"#, r#""features":["deletion_vectors"]"#);
    insta::assert_snapshot!(check_record("VV0131", &storage), @"`00000000000000000002.json` needs feature `deletion_vectors`, which this version does not know: update varvite");
    // What a newer format looks like is unknown to us.
    let (storage, _) = stored();
    forge(&storage, 2, r#"{"format":7,"whatever":[]}"#);
    check_record("VV0131", &storage);
}

#[test]
fn a_missing_record_is_noticed() {
    let (storage, dataset) = stored();
    let sound = storage.fork();
    storage.delete(&record(1)).unwrap();
    insta::assert_snapshot!(check("VV0130", &storage, &dataset, false), @"`d_opdmd/00000000000000000001.json` is damaged: the record is missing");
    let storage = sound.fork();
    storage.delete(&record(0)).unwrap();
    insta::assert_snapshot!(check_record("VV0130", &storage), @"`d_opdmd/00000000000000000000.json` is damaged: the record is missing");
}

#[test]
fn missing_newest_records_are_noticed() {
    let (storage, dataset) = stored();
    storage.delete(&record(2)).unwrap();
    insta::assert_snapshot!(check("VV0130", &storage, &dataset, false), @"`d_opdmd/00000000000000000002.json` is damaged: the newest records are missing");
    storage.delete(&record(1)).unwrap();
    storage.delete(&record(0)).unwrap();
    insta::assert_snapshot!(check_record("VV0130", &storage), @"`d_opdmd/00000000000000000002.json` is damaged: the newest records are missing");
}

#[test]
fn records_that_make_no_sense_are_refused_whatever_their_hash() {
    let (storage, _) = stored();
    let number = |key: &str| {
        let line = line(&storage, 2);
        let digits: String =
            line.split(&format!("\"{key}\":")).nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
        format!("\"{key}\":{digits}")
    };
    let name = common::data_names(&storage).pop().unwrap();
    let cases = [
        (number("end"), format!("\"end\":{}", u64::MAX)),
        (number("len"), "\"len\":0".to_owned()),
        (r#""rg":[[2,"5","6",0]]"#.to_owned(), r#""rg":[[0,"5","6",0]]"#.to_owned()),
        (r#""rg":[[2,"5","6",0]]"#.to_owned(), r#""rg":[[2,"6","5",0]]"#.to_owned()),
        (r#""rg":[[2,"5","6",0]]"#.to_owned(), r#""rg":[[2,"3","6",0]]"#.to_owned()),
        (r#""rg":[[2,"5","6",0]]"#.to_owned(), r#""rg":[]"#.to_owned()),
        (r#""rg":[[2,"5","6",0]]"#.to_owned(), r#""rg":[[2,"five","6",0]]"#.to_owned()),
        (name.clone(), "../../d/secret.parquet".to_owned()),
        (name.clone(), "file_0000000000000000-00000000-0000000000000000.parquet".to_owned()),
        (name, common::data_names(&storage)[0].clone()),
        (r#""rm":[]"#.to_owned(), r#""rm":["file_x"]"#.to_owned()),
        (r#""version":2"#.to_owned(), r#""version":3"#.to_owned()),
        (r#""op":"merge""#.to_owned(), r#""op":7"#.to_owned()),
        (r#""settings":null"#.to_owned(), r#""settings":{"ordered_on":["v"]}"#.to_owned()),
        (r#""settings":null"#.to_owned(), r#""settings":{"ordered_on":["t"],"row_group_target_size":"0"}"#.to_owned()),
        (r#""schema":null"#.to_owned(), r#""schema":{"arrow":"00ff","columns":[]}"#.to_owned()),
        (r#""schema":null"#.to_owned(), r#""schema":{"arrow":"","columns":[]}"#.to_owned()),
    ];
    for (from, to) in cases {
        check_record("VV0130", &forged(&from, &to));
    }
    let (storage, _) = stored();
    forge(&storage, 2, &"[".repeat(100_000));
    check_record("VV0130", &storage);
}

#[test]
fn facts_of_a_file_that_are_not_so_are_noticed_when_it_is_read() {
    let rg = r#""rg":[[2,"5","6",0]]"#;
    for (from, to) in [(rg, r#""rg":[[3,"5","6",0]]"#), (r#""sum":"#, r#""tail":"0000000000000000","sum":"#)] {
        let storage = forged(from, to);
        let error = read(&storage).and(open(&storage)).unwrap_err();
        assert_eq!(error.code(), "VV0130", "{error}");
    }
    // A footer of 2^40 bytes is never asked for.
    let (storage, _) = stored();
    let before = line(&storage, 2);
    let len: String = before.split("\"len\":").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
    let storage = forged(&format!("\"len\":{len}"), &format!("\"len\":{}", 1_u64 << 40));
    assert_eq!(read(&storage).unwrap_err().code(), "VV0132");
    // Nobody has files of 2^63 bytes.
    check_record("VV0130", &forged(&format!("\"len\":{len}"), &format!("\"len\":{}", u64::MAX >> 1)));
}

#[test]
fn a_damaged_schema_makes_nothing_panic() {
    let (storage, _) = stored();
    let before = line(&storage, 0);
    let start = before.find(r#""arrow":""#).unwrap() + 9;
    let len = before[start..].find('"').unwrap();
    for at in 0..len {
        for digit in ["0", "1", "7", "f"] {
            let storage = storage.fork();
            let mut changed = before.clone();
            changed.replace_range(start + at..=start + at, digit);
            forge(&storage, 0, &changed);
            storage.delete(&record(2)).unwrap();
            storage.delete(&record(1)).unwrap();
            storage.delete(&path("d_opdmd/tail-00000000000000000002")).unwrap();
            let opened = catch_unwind(AssertUnwindSafe(|| open(&storage).map(|_| ()).map_err(|error| error.code())));
            assert!(opened.is_ok(), "digit {at} made {digit}");
        }
    }
}

/// What reading gives after each of these changes to the second data file.
#[track_caller]
fn check_changes(changes: impl Iterator<Item = (String, Bytes)>, storage: &MemoryStorage, deep: bool) {
    let dataset = open(storage).unwrap();
    let (file, sound) = files_in(storage, "d").swap_remove(1);
    for (change, bytes) in changes {
        storage.replace(&file, bytes);
        let found = catch_unwind(AssertUnwindSafe(|| read(storage)));
        match found.unwrap_or_else(|_| panic!("{change}: panics")) {
            Err(error) => assert_eq!(error.code(), "VV0130", "{change}: {error}"),
            Ok(rows) => panic!("{change}: not noticed: {rows:?}"),
        }
        let report = dataset.check(deep).unwrap();
        assert_eq!((report.is_ok(), report.files_checked), (false, 3), "{change}");
        assert_eq!(report.findings.iter().map(|finding| finding.path.as_str()).collect::<Vec<_>>(), [file.name()]);
    }
    storage.replace(&file, sound);
    assert_eq!(read(storage).unwrap(), whole());
    assert!(dataset.check(true).unwrap().is_ok());
}

#[test]
fn a_flipped_bit_in_a_data_file_is_noticed_wherever_it_is() {
    let (storage, dataset) = stored();
    let sound = files_in(&storage, "d").swap_remove(1).1;
    let end = usize::try_from(dataset.snapshot().unwrap().files[1].end).unwrap();
    let change = |at: usize| (format!("byte {at} of {end} + {}", sound.len() - end), flipped(&sound, at));
    // The magic number at the very front is read by nobody but a deep check.
    check_changes((4..sound.len()).map(change), &storage, true);
    check_changes((end..sound.len()).map(change), &storage, false);
}

#[test]
fn damage_of_a_page_has_a_place() {
    let (storage, _) = stored();
    let (file, sound) = files_in(&storage, "d").swap_remove(1);
    storage.replace(&file, flipped(&sound, 8));
    let error = read(&storage).unwrap_err();
    assert!(matches!(error, Error::Corrupt { offset: Some(0), .. }), "{error:?}");
}

#[test]
fn a_deep_check_looks_at_bytes_that_reading_skips() {
    let (storage, dataset) = stored();
    let (file, sound) = files_in(&storage, "d").swap_remove(1);
    storage.replace(&file, flipped(&sound, 0));
    assert!(!dataset.check(true).unwrap().is_ok());
    storage.replace(&file, [sound.as_ref(), b"more"].concat().into());
    assert!(!dataset.check(true).unwrap().is_ok());
    assert_eq!(read(&storage).unwrap(), whole());
}

#[test]
fn a_data_file_that_is_cut_is_noticed() {
    let (storage, _) = stored();
    let sound = files_in(&storage, "d").swap_remove(1).1;
    check_changes((0..sound.len()).map(|len| (format!("cut to {len}"), sound.slice(..len))), &storage, false);
}

#[test]
fn a_data_file_in_the_place_of_another_is_noticed() {
    let (storage, _) = stored();
    let files = files_in(&storage, "d");
    check_changes([0, 2].into_iter().map(|at| (format!("file {at}"), files[at].1.clone())), &storage, false);
}

#[test]
fn a_missing_data_file_is_noticed() {
    let (storage, dataset) = stored();
    let (file, _) = files_in(&storage, "d").swap_remove(1);
    storage.delete(&file).unwrap();
    let error = check("VV0130", &storage, &dataset, false);
    assert!(error.to_string().ends_with("it is missing"), "{error}");
    // What does not need the file is read.
    let part = open(&storage).unwrap().read(&ScanOptions::default().with_range(5..)).unwrap();
    assert_eq!(common::rows_of(&part), [(5, 50), (6, 60)]);
    // A merge that would need it changes nothing; one that does not, works.
    let before = storage.files();
    let error = open(&storage).unwrap().write(tens([3]), &on_t()).unwrap_err();
    assert_eq!((error.code(), storage.files()), ("VV0130", before));
    assert!(open(&storage).unwrap().write(tens([7]), &on_t()).unwrap().committed());
}

#[test]
fn a_merge_never_rewrites_damaged_rows() {
    let (storage, _) = stored();
    let (file, sound) = files_in(&storage, "d").swap_remove(1);
    for at in (4..sound.len()).step_by(13) {
        storage.replace(&file, flipped(&sound, at));
        let before = storage.files();
        let error = open(&storage).unwrap().write(tens([2, 3, 4]), &on_t()).unwrap_err();
        assert_eq!((error.code(), storage.files()), ("VV0130", before), "byte {at}: {error}");
    }
}

#[test]
fn files_that_do_not_belong_are_noted_and_left_alone() {
    let (storage, dataset) = stored();
    let stray = path("d/file_00000000000000008-00000000-0000000000000000.parquet");
    storage.replace(&stray, b"x"[..].into());
    storage.replace(&path("d/notes.txt"), b"mine"[..].into());
    storage.replace(&path("d/.hidden"), b""[..].into());
    let report = dataset.check(true).unwrap();
    assert_eq!((report.is_ok(), report.findings.len()), (true, 2), "{report}");
    let _ = dataset.write(tens([1, 7]), &on_t()).unwrap();
    assert_eq!(rows(&dataset).len(), 8);
    assert_eq!(storage.get(&path("d/notes.txt")).unwrap(), "mine");
}

#[test]
fn a_check_in_words_names_the_file() {
    let (storage, dataset) = stored();
    insta::assert_snapshot!(dataset.check(true).unwrap(), @"3 files checked, all sound");
    storage.delete(&record(2)).unwrap();
    insta::assert_snapshot!(dataset.check(true).unwrap(), @r"
    damage: d: `d_opdmd/00000000000000000002.json` is damaged: the newest records are missing
    0 files checked, damage found
    ");
}
