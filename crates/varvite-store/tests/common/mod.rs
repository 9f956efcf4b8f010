//! What the tests of the store share.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use varvite_dataset::{Dataset, WriteOptions};
use varvite_storage::{MemoryStorage, StoragePath};

/// Rows with these values of `t`, numbered from `first` on in `v`.
pub(crate) fn rows(t: &[i64], first: i64) -> RecordBatch {
    let v: Vec<i64> = (first..first + i64::try_from(t.len()).unwrap()).collect();
    let column = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
    RecordBatch::try_from_iter([("t", column(t.to_vec())), ("v", column(v))]).unwrap()
}

/// The `v` of rows.
pub(crate) fn numbers(batch: &RecordBatch) -> Vec<i64> {
    batch.column_by_name("v").unwrap().as_primitive::<Int64Type>().values().to_vec()
}

/// A dataset in memory with these row groups, its rows numbered from `first` on.
pub(crate) fn dataset(storage: &MemoryStorage, name: &str, row_groups: &[Vec<i64>], first: i64) -> Dataset {
    let dataset = Dataset::at(Arc::new(storage.clone()), StoragePath::try_new(name).unwrap(), None).unwrap();
    let options = WriteOptions::ordered_on("t").with_mode(varvite_dataset::Mode::Append);
    let mut number = first;
    for group in row_groups {
        let _ = dataset.write(rows(group, number), &options.clone().with_row_group_target_size(1 << 20)).unwrap();
        number += i64::try_from(group.len()).unwrap();
    }
    if row_groups.is_empty() {
        let none = varvite_dataset::Rows::none();
        let _ = dataset.write(none, &WriteOptions::ordered_on("t").with_metadata("a", "b")).unwrap();
    }
    assert_eq!(dataset.snapshot().unwrap().files.len(), row_groups.len());
    dataset
}
