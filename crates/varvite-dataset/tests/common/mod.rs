//! What the tests of this folder share: a dataset in memory, and small tables of `t` (ordered) and `v`.
#![allow(clippy::unwrap_used, dead_code, reason = "each test file uses a part of it")]

pub(crate) mod scripted;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use varvite_dataset::{Dataset, Result, ScanOptions, WriteOptions};
use varvite_storage::{MemoryStorage, Storage, StoragePath};

/// The dataset `d` of a storage.
pub(crate) fn open(storage: &(impl Storage + Clone + 'static)) -> Result<Dataset> {
    Dataset::at(Arc::new(storage.clone()), path("d"), None)
}

pub(crate) fn path(text: &str) -> StoragePath {
    StoragePath::try_new(text).unwrap()
}

pub(crate) fn ints(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Int64Array>())
}

pub(crate) fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Rows of `t` and `v`.
pub(crate) fn table(rows: &[(i64, i64)]) -> RecordBatch {
    batch([("t", ints(rows.iter().map(|row| row.0))), ("v", ints(rows.iter().map(|row| row.1)))])
}

/// Rows whose `v` is ten times their `t`.
pub(crate) fn tens(times: impl IntoIterator<Item = i64>) -> RecordBatch {
    table(&times.into_iter().map(|t| (t, 10 * t)).collect::<Vec<_>>())
}

/// The `t` and `v` of a batch.
pub(crate) fn rows_of(batch: &RecordBatch) -> Vec<(i64, i64)> {
    let column = |at: usize| batch.column(at).as_primitive::<Int64Type>().values().to_vec();
    column(0).into_iter().zip(column(1)).collect()
}

/// The `t` and `v` of all rows, in stored order.
pub(crate) fn rows(dataset: &Dataset) -> Vec<(i64, i64)> {
    rows_of(&dataset.read(&ScanOptions::default()).unwrap())
}

/// The options of most tests: ordered on `t`, two rows a row group.
pub(crate) fn on_t() -> WriteOptions {
    WriteOptions::ordered_on("t").with_row_group_target_size(2)
}

/// A dataset of the rows 1 to 6, two a row group, one commit a row group.
pub(crate) fn stored() -> (MemoryStorage, Dataset) {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    for first in [1, 3, 5] {
        let _ = dataset.write(tens([first, first + 1]), &on_t()).unwrap();
    }
    (storage, dataset)
}

/// The files of a folder with their bytes, in order of names.
pub(crate) fn files_in(storage: &MemoryStorage, folder: &str) -> Vec<(StoragePath, Bytes)> {
    let folder = Some(path(folder));
    storage.files().into_iter().filter(|(path, _)| path.parent() == folder).collect()
}

/// The names of the files in the data folder.
pub(crate) fn data_names(storage: &MemoryStorage) -> Vec<String> {
    files_in(storage, "d").into_iter().map(|(path, _)| path.name().to_owned()).collect()
}

/// The names of the files of the version that the handle sees.
pub(crate) fn named(dataset: &Dataset) -> Vec<String> {
    dataset.snapshot().map(|snapshot| snapshot.files.iter().map(|file| file.name.clone()).collect()).unwrap_or_default()
}

/// Whether two arrays hold the same values in the same type, bit by bit.
#[track_caller]
pub(crate) fn assert_same(found: &dyn Array, expected: &dyn Array) {
    assert_eq!(found.data_type(), expected.data_type());
    assert_eq!(found.to_data(), expected.to_data());
}
