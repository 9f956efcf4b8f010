//! Late and repeated rows on a real folder.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use varvite_dataset::{Dataset, Duplicates, Error, ScanOptions, WriteOptions};

fn batch(times: &[i64]) -> RecordBatch {
    RecordBatch::try_from_iter([("t", Arc::new(Int64Array::from(times.to_vec())) as ArrayRef)]).unwrap()
}

#[test]
fn the_same_rows_written_twice_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
    let options =
        WriteOptions::ordered_on("t").with_duplicates_on(Duplicates::AllColumns).with_row_group_target_size(2);
    let first = dataset.write(batch(&[1, 2, 3, 4, 5]), &options).unwrap();
    let again = dataset.write(batch(&[1, 2, 3, 4, 5]), &options).unwrap();
    assert_eq!((first.inserted, again.identical, again.committed()), (5, 5, false));
    let opened = Dataset::open(folder.path().join("d")).unwrap();
    assert_eq!(opened.read(&ScanOptions::default()).unwrap().num_rows(), 5);
}

#[test]
fn descending_rows_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
    let error = dataset.write(batch(&[1, 3, 2]), &WriteOptions::ordered_on("t")).unwrap_err();
    assert!(matches!(error, Error::Unordered { row: 2, .. }), "{error}");
    assert!(!dataset.exists());
}
