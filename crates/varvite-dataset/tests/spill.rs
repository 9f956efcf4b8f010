//! Rows given that do not fit into memory: put aside, and written as if they had fitted.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use arrow::array::{RecordBatch, RecordBatchIterator};
use common::{on_t, rows, table, tens};
use varvite_dataset::{Dataset, Duplicates, Rows, WriteOptions};

fn reader(batches: Vec<RecordBatch>) -> Rows {
    let schema = batches[0].schema();
    Rows::reader(RecordBatchIterator::new(batches.into_iter().map(Ok), schema))
}

#[test]
fn rows_that_were_put_aside_are_merged_like_others() {
    let folder = tempfile::tempdir().unwrap();
    let (small, large) = (folder.path().join("small"), folder.path().join("large"));
    let options = on_t().with_row_group_target_size(100).with_duplicates_on(Duplicates::on(["t"]));
    let mut reports = Vec::new();
    let mut all = Vec::new();
    for (path, limit) in [(&small, 1), (&large, usize::MAX)] {
        let dataset = Dataset::open_or_new(path).unwrap();
        let options = options.clone().with_memory_limit(limit);
        let _ = dataset.write(tens((0..500).map(|t| 3 * t)), &options).unwrap();
        // Ties across batches, so that the last of equal rows is found among those put aside.
        let batches: Vec<_> =
            (0..50).map(|part| table(&(20 * part..20 * part + 21).map(|t| (t, part)).collect::<Vec<_>>())).collect();
        let mut report = dataset.write(reader(batches), &options).unwrap();
        report.bytes_written = 0; // names of files are part of none, yet sizes may differ by their digits
        reports.push(report);
        all.push(rows(&dataset));
        assert!(dataset.check(true).unwrap().is_ok());
    }
    assert_eq!((all[0] == all[1], reports[0].dropped), (true, 49));
    assert_eq!(reports[0], reports[1]);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 6, "{left:?}");
}

#[test]
fn a_bad_row_behind_many_that_were_put_aside_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
    let batches = vec![tens(0..100), tens(100..200), tens(50..60)];
    let error = dataset.write(reader(batches), &on_t().with_memory_limit(1)).unwrap_err();
    assert_eq!(error.to_string(), "column `t` descends at row 200: 50 after 199");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let _ = dataset.write(tens([1]), &WriteOptions::ordered_on("t")).unwrap();
}
