//! Columns that are added, and types that become wider: old files are read with the new columns.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use common::{batch, ints, open};
use varvite_dataset::{Compact, Dataset, Duplicates, ScanOptions, WriteOptions};
use varvite_storage::MemoryStorage;

fn evolving() -> WriteOptions {
    WriteOptions::ordered_on("t").with_row_group_target_size(2).with_evolution(true)
}

/// Rows 1 and 2 with a 32-bit `v`.
fn narrow() -> (MemoryStorage, Dataset) {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let _ = dataset
        .write(batch([("t", ints([1, 2])), ("v", Arc::new(Int32Array::from(vec![10, 20])))]), &evolving())
        .unwrap();
    (storage, dataset)
}

fn all(dataset: &Dataset) -> RecordBatch {
    dataset.read(&ScanOptions::default()).unwrap()
}

#[test]
fn a_column_is_added() {
    let (storage, dataset) = narrow();
    let names: ArrayRef = Arc::new(StringArray::from(vec!["c"]));
    let rows = batch([("t", ints([3])), ("v", Arc::new(Int32Array::from(vec![30]))), ("name", names)]);
    let _ = dataset.write(rows, &evolving()).unwrap();
    for dataset in [dataset.clone(), open(&storage).unwrap()] {
        let all = all(&dataset);
        let names: Vec<_> = all.column(2).as_string::<i32>().iter().collect();
        assert_eq!(names, [None, None, Some("c")]);
        assert!(dataset.check(true).unwrap().is_ok());
        let only = dataset.read(&ScanOptions::default().with_columns(["name"])).unwrap();
        assert_eq!((only.num_rows(), only.column(0).null_count()), (3, 2));
    }
    assert_eq!(dataset.version(0).unwrap().schema().unwrap().fields().len(), 2);
    // Rows without it are still welcome.
    let _ = dataset.write(batch([("t", ints([4])), ("v", Arc::new(Int32Array::from(vec![40])))]), &evolving()).unwrap();
    assert_eq!(all(&dataset).num_rows(), 4);
}

#[test]
fn a_type_becomes_wider() {
    let (_, dataset) = narrow();
    let _ = dataset.write(batch([("t", ints([3])), ("v", ints([1 << 40]))]), &evolving()).unwrap();
    assert_eq!(all(&dataset).column(1).as_primitive::<Int64Type>().values().to_vec(), [10, 20, 1 << 40]);
    // A narrower batch is widened.
    let _ = dataset.write(batch([("t", ints([4])), ("v", Arc::new(Int16Array::from(vec![40])))]), &evolving()).unwrap();
    assert_eq!(all(&dataset).column(1).as_primitive::<Int64Type>().value(3), 40);
}

#[test]
fn old_and_new_rows_meet_in_a_merge() {
    let (_, dataset) = narrow();
    let options = evolving().with_duplicates_on(Duplicates::on(["t"]));
    let rows = batch([("t", ints([2, 3])), ("v", ints([21, 30])), ("w", Arc::new(Float64Array::from(vec![0.5, 1.5])))]);
    let report = dataset.write(rows, &options).unwrap();
    assert_eq!((report.updated, report.inserted, report.row_groups_rewritten), (1, 1, 1));
    let all = all(&dataset);
    assert_eq!(all.column(1).as_primitive::<Int64Type>().values().to_vec(), [10, 21, 30]);
    assert_eq!(all.column(2).as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [None, Some(0.5), Some(1.5)]);
    let _ = dataset.compact(Compact::Everything, &evolving()).unwrap();
    assert_eq!(self::all(&dataset), all);
}

#[test]
fn what_loses_values_is_refused() {
    let (_, dataset) = narrow();
    let message = |rows: RecordBatch, options: &WriteOptions| dataset.write(rows, options).unwrap_err().to_string();
    let float: ArrayRef = Arc::new(Float32Array::from(vec![0.5]));
    assert_eq!(
        message(batch([("t", ints([3])), ("v", float)]), &evolving()),
        "column `v` does not fit the stored schema: it is Int32 there and Float32 here"
    );
    assert_eq!(
        message(batch([("t", ints([3])), ("v", ints([3]))]), &WriteOptions::default()),
        "column `v` does not fit the stored schema: it is Int32 there and Int64 here"
    );
    let unordered: ArrayRef = Arc::new(Int64Array::from(vec![3]));
    assert!(message(batch([("v", unordered)]), &evolving()).contains("column `t`"));
    assert_eq!(all(&dataset).num_rows(), 2);
}

#[test]
fn the_ordered_column_keeps_its_type() {
    let dataset = open(&MemoryStorage::new()).unwrap();
    let _ = dataset.write(batch([("t", Arc::new(Int32Array::from(vec![1])))]), &evolving()).unwrap();
    let message = dataset.write(batch([("t", ints([2]))]), &evolving()).unwrap_err().to_string();
    assert_eq!(message, "column `t` does not fit the stored schema: it is Int32 there and Int64 here");
}

#[test]
fn two_writers_widen_at_once() {
    let (storage, one) = narrow();
    let two = open(&storage).unwrap();
    let _ = one.write(batch([("t", ints([3])), ("v", ints([30]))]), &evolving()).unwrap();
    let _ = two.write(batch([("t", ints([4])), ("v", Arc::new(Int32Array::from(vec![40])))]), &evolving()).unwrap();
    assert_eq!(all(&two).column(1).data_type(), &DataType::Int64);
    assert_eq!(all(&two).num_rows(), 4);
}

#[test]
fn columns_that_two_writers_add_at_once_are_all_there() {
    let narrow = || batch([("t", ints([1])), ("v", Arc::new(Int32Array::from(vec![10])))]);
    let with = |name| {
        let added: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
        batch([("t", ints([2])), ("v", ints([20])), (name, added)])
    };
    let storage = MemoryStorage::new();
    let late = open(&storage).unwrap();
    let _ = open(&storage).unwrap().write(narrow(), &evolving()).unwrap();
    let behind = open(&storage).unwrap();
    let _ = open(&storage).unwrap().write(with("first"), &evolving()).unwrap();
    // One saw nothing, the other the version before.
    for (handle, name) in [(late, "second"), (behind, "third")] {
        let _ = handle.write(with(name), &evolving()).unwrap();
    }
    let all = all(&open(&storage).unwrap());
    let names: Vec<&str> = all.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!((all.num_rows(), names), (4, vec!["t", "v", "first", "second", "third"]));
}
