//! Key-value metadata and settings: what is remembered, and what is no reason for a commit.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::{files_in, on_t, open, rows, stored, tens};
use varvite_dataset::{
    Compression, DEFAULT_TARGET_ROWS, Dataset, Duplicates, Mode, RowGroupTarget, Rows, ScanOptions, WriteOptions,
};
use varvite_storage::MemoryStorage;

/// The metadata as a new handle sees it.
#[track_caller]
fn check(storage: &MemoryStorage, expected: &[(&str, &str)]) {
    let snapshot = open(storage).unwrap().snapshot().unwrap();
    let found: Vec<_> = snapshot.key_value_metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(found, expected);
}

fn version(dataset: &Dataset) -> u64 {
    dataset.snapshot().unwrap().version
}

/// A write that neither changes a byte nor makes a version.
#[track_caller]
fn check_nothing(storage: &MemoryStorage, dataset: &Dataset, rows: impl Into<Rows>, options: &WriteOptions) {
    let (before, version_before) = (storage.files(), version(dataset));
    let report = dataset.write(rows, options).unwrap();
    assert!(!report.committed(), "{report}");
    assert_eq!((report.version_after, version(dataset)), (Some(version_before), version_before));
    assert_eq!((report.row_groups_new, report.row_groups_rewritten, report.bytes_written), (0, 0, 0));
    assert_eq!(report.row_groups_kept, dataset.snapshot().unwrap().files.len() as u64);
    assert_eq!(storage.files(), before);
}

#[test]
fn entries_are_added_changed_and_removed() {
    let (storage, dataset) = stored();
    let write = |options: &WriteOptions| {
        let _ = dataset.write(Rows::none(), options).unwrap();
    };
    write(&on_t().with_metadata("b", "1").with_metadata("a", "x\n\"\u{1F600}\\"));
    check(&storage, &[("a", "x\n\"\u{1F600}\\"), ("b", "1")]);
    write(&on_t().with_metadata("b", "2").without_metadata("a").with_metadata("", "no name"));
    check(&storage, &[("", "no name"), ("b", "2")]);
    write(&on_t().with_metadata("b", "").without_metadata(""));
    check(&storage, &[("b", "")]);
    assert_eq!((version(&dataset), rows(&dataset).len()), (5, 6));
    // The last word on an entry counts.
    write(&on_t().with_metadata("b", "3").without_metadata("b"));
    check(&storage, &[]);
    write(&on_t().without_metadata("b").with_metadata("b", "4"));
    check(&storage, &[("b", "4")]);
}

#[test]
fn rows_and_entries_arrive_together() {
    let (storage, dataset) = stored();
    let report = dataset.write(tens([7]), &on_t().with_metadata("until", "7")).unwrap();
    assert_eq!((report.version_after, rows(&dataset).len()), (Some(3), 7));
    check(&storage, &[("until", "7")]);
    // Rows that are there already, and an entry that is new.
    let options = on_t().with_duplicates_on(Duplicates::AllColumns).with_metadata("until", "8");
    let report = dataset.write(tens([7]), &options).unwrap();
    assert_eq!((report.identical, report.row_groups_new, report.row_groups_kept, report.committed()), (1, 0, 4, true));
    check(&storage, &[("until", "8")]);
    // Refused rows take their entries with them.
    assert!(dataset.write(tens([9, 8]), &on_t().with_metadata("until", "9")).is_err());
    check(&storage, &[("until", "8")]);
}

#[test]
fn a_dataset_may_begin_with_entries_alone() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let options = on_t().with_metadata("source", "sensor").with_duplicates_on(Duplicates::AllColumns);
    let report = dataset.write(Rows::none(), &options).unwrap();
    assert_eq!((report.version_before, report.version_after, report.rows_in), (None, Some(0), 0));
    let opened = open(&storage).unwrap();
    assert!(opened.exists() && opened.schema().is_none());
    assert!(files_in(&storage, "d").is_empty());
    assert_eq!(opened.read(&ScanOptions::default()).unwrap().num_rows(), 0);
    assert!(opened.check(true).unwrap().is_ok());
    let _ = opened.write(tens([2, 3]), &WriteOptions::default()).unwrap();
    let report = opened.write(tens([1, 2]), &WriteOptions::default()).unwrap();
    assert_eq!((report.inserted, report.identical), (1, 1));
    check(&storage, &[("source", "sensor")]);
    assert_eq!(rows(&open(&storage).unwrap()), [(1, 10), (2, 20), (3, 30)]);
    assert_eq!(opened.log().unwrap().len(), 3);
}

#[test]
fn columns_without_rows_are_remembered() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let report = dataset.write(tens([]), &on_t()).unwrap();
    assert_eq!((report.rows_in, report.row_groups_new, report.version_after), (0, 0, Some(0)));
    let opened = open(&storage).unwrap();
    assert_eq!(opened.schema().unwrap().fields().len(), 2);
    assert_eq!(opened.read(&ScanOptions::default()).unwrap().num_columns(), 2);
    check_nothing(&storage, &opened, tens([]), &on_t());
    let error = opened.write(common::batch([("t", common::ints([1]))]), &on_t()).unwrap_err();
    assert_eq!(error.code(), "VV0107");
    let _ = opened.write(tens([1]), &on_t()).unwrap();
    assert_eq!(rows(&opened), [(1, 10)]);
}

#[test]
fn a_write_that_changes_nothing_commits_nothing() {
    let (storage, dataset) = stored();
    let _ = dataset.write(Rows::none(), &on_t().with_metadata("a", "1")).unwrap();
    let all = on_t().with_duplicates_on(Duplicates::AllColumns);
    check_nothing(&storage, &dataset, Rows::none(), &on_t());
    check_nothing(&storage, &dataset, Rows::none(), &WriteOptions::default());
    check_nothing(&storage, &dataset, Vec::new(), &WriteOptions::default());
    check_nothing(&storage, &dataset, tens([]), &on_t());
    check_nothing(&storage, &dataset, tens([]), &on_t().with_mode(Mode::Append));
    check_nothing(&storage, &dataset, Rows::none(), &on_t().with_metadata("a", "1").without_metadata("b"));
    check_nothing(&storage, &dataset, tens([2, 3, 6]), &all);
    check_nothing(&storage, &dataset, tens([2, 2, 2]), &all);
    // Another size or compression is no reason to write rows that are there.
    let other = all.clone().with_row_group_target_size(4).with_compression(Compression::Snappy);
    check_nothing(&storage, &dataset, tens([1, 2, 3, 4, 5, 6]), &other);
    check_nothing(&storage, &dataset, tens([1, 2, 3, 4, 5, 6]), &other.with_max_n_off_target_rgs(0));
    check_nothing(&storage, &dataset, Rows::none(), &on_t().with_max_n_off_target_rgs(0));
}

#[test]
fn without_rows_row_groups_off_target_are_repaired_when_asked() {
    let (_, dataset) = stored();
    let report =
        dataset.write(Rows::none(), &on_t().with_row_group_target_size(6).with_max_n_off_target_rgs(0)).unwrap();
    assert_eq!((report.row_groups_coalesced, report.row_groups_rewritten, report.row_groups_new), (3, 3, 1));
    assert_eq!((rows(&dataset).len(), report.committed()), (6, true));
}

#[test]
fn settings_are_remembered_from_the_first_write() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let options = on_t()
        .with_duplicates_on(Duplicates::on(["t"]))
        .with_max_n_off_target_rgs(7)
        .with_compression(Compression::Lz4);
    let _ = dataset.write(tens([1, 2, 3]), &options).unwrap();
    let opened = open(&storage).unwrap();
    let settings = opened.snapshot().unwrap().settings.clone();
    assert_eq!(settings.ordered_on, "t".into());
    assert_eq!(settings.duplicates_on, Duplicates::on(["t"]));
    assert_eq!(settings.row_group_target_size, RowGroupTarget::Rows(2));
    assert_eq!((settings.max_n_off_target_rgs, settings.compression), (Some(7), Compression::Lz4));
    // Nothing is said, and all of it is done.
    let report =
        opened.write(common::table(&[(2, 0), (4, 0), (5, 0), (6, 0), (7, 0)]), &WriteOptions::default()).unwrap();
    assert_eq!((report.updated, report.inserted), (1, 4));
    assert!(opened.snapshot().unwrap().files.iter().all(|file| file.num_rows <= 2));
}

#[test]
fn a_later_write_overrides_settings_for_itself_alone() {
    let (storage, dataset) = stored();
    let before = dataset.snapshot().unwrap().settings.clone();
    let options = WriteOptions::default()
        .with_row_group_target_size(5)
        .with_duplicates_on(Duplicates::on(["t"]))
        .with_compression(Compression::None)
        .with_max_n_off_target_rgs(0);
    let report = dataset.write(common::table(&[(6, 0), (7, 0), (8, 0), (9, 0)]), &options).unwrap();
    assert_eq!((report.updated, report.inserted), (1, 3));
    assert!(dataset.snapshot().unwrap().files.iter().any(|file| file.num_rows == 5));
    assert_eq!(open(&storage).unwrap().snapshot().unwrap().settings, before);
    let report = dataset.write(tens([9, 9]), &WriteOptions::default()).unwrap();
    assert_eq!(report.inserted, 2);
}

#[test]
fn what_nobody_said_has_a_default() {
    let dataset = open(&MemoryStorage::new()).unwrap();
    let _ = dataset.write(tens([1]), &WriteOptions::ordered_on("t")).unwrap();
    let settings = dataset.snapshot().unwrap().settings.clone();
    assert_eq!(settings.row_group_target_size, RowGroupTarget::Rows(DEFAULT_TARGET_ROWS));
    assert_eq!((settings.duplicates_on, settings.max_n_off_target_rgs), (Duplicates::KeepAll, None));
}

#[test]
fn columns_may_come_in_another_order() {
    let (_, dataset) = stored();
    let _ = dataset.write(common::batch([("v", common::ints([70])), ("t", common::ints([7]))]), &on_t()).unwrap();
    assert_eq!(rows(&dataset).last(), Some(&(7, 70)));
}

#[test]
fn an_overwrite_keeps_entries_and_settings() {
    let (storage, dataset) = stored();
    let _ = dataset.write(Rows::none(), &on_t().with_metadata("a", "1")).unwrap();
    let settings = dataset.snapshot().unwrap().settings.clone();
    let _ = dataset.write(tens([3]), &WriteOptions::default().with_mode(Mode::Overwrite)).unwrap();
    check(&storage, &[("a", "1")]);
    assert_eq!((rows(&dataset), &dataset.snapshot().unwrap().settings), (vec![(3, 30)], &settings));
    // With no rows, no rows remain.
    let report = dataset.write(Rows::none(), &WriteOptions::default().with_mode(Mode::Overwrite)).unwrap();
    assert_eq!((report.committed(), rows(&dataset).len(), files_in(&storage, "d").len()), (true, 0, 0));
    check_nothing(&storage, &dataset, tens([]), &WriteOptions::default().with_mode(Mode::Overwrite));
}

#[test]
fn no_columns_have_rows_all_the_same() {
    let (_, dataset) = stored();
    let found = dataset.read(&ScanOptions::default().with_columns(Vec::<String>::new()).with_range(2..5)).unwrap();
    assert_eq!((found.num_columns(), found.num_rows()), (0, 3));
    let twice = dataset.read(&ScanOptions::default().with_columns(["v", "t", "v"]).with_range(2..4)).unwrap();
    assert_eq!((twice.num_columns(), twice.num_rows()), (3, 2));
    assert_eq!((twice.column(0), twice.schema().field(1).name().as_str()), (twice.column(2), "t"));
}
