//! Columns are cast to the stored types where nothing is lost.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

mod common;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Float32Array, Int32Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use common::{TempDir, folder, varvite, with_input};
use parquet::arrow::ArrowWriter;

fn write_parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// A dataset `d` of narrow types.
fn narrow() -> TempDir {
    let folder = folder();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("ts", Arc::new(TimestampMillisecondArray::from(vec![0]).with_timezone("Europe/Berlin"))),
        ("n", Arc::new(Int32Array::from(vec![1]))),
        ("x", Arc::new(Float32Array::from(vec![0.5]))),
        ("money", Arc::new(Decimal128Array::from(vec![150]).with_precision_and_scale(10, 2).unwrap())),
        ("code", Arc::new(StringArray::from(vec!["007"]))),
    ];
    write_parquet(&folder.path().join("d.parquet"), columns);
    varvite(folder.path(), "dataset write d d.parquet --ordered-on ts --duplicates-on ts").ok();
    folder
}

const HEADER: &str = "ts,n,x,money,code\n";

#[test]
fn csv_takes_the_stored_types() {
    let folder = narrow();
    let rows = format!("{HEADER}1970-01-01 01:00,2,0.1,1.5,010\n1970-01-02T00:00:00.5Z,3,1,-2.25,\n");
    with_input(folder.path(), "dataset write d -", rows.as_bytes()).ok();
    let rows = varvite(folder.path(), "dataset scan d --start 1970-01-01T01:00 -o - --format csv").ok();
    let expected =
        format!("{HEADER}1970-01-01T02:00:00+01:00,2,0.1,1.50,010\n1970-01-02T01:00:00.500+01:00,3,1.0,-2.25,\n");
    assert_eq!(rows, expected);
}

#[test]
fn json_lines_take_the_stored_types() {
    let folder = narrow();
    let row = b"{\"ts\":\"1970-01-03\",\"n\":5,\"x\":0.5,\"money\":\"7\",\"code\":\"1\"}\n";
    with_input(folder.path(), "dataset write d -", row).ok();
    let rows = varvite(folder.path(), "dataset scan d --start 1970-01-03 --columns n,money --json").ok();
    assert_eq!(rows, "{\"n\":5,\"money\":7.00}\n");
}

#[test]
fn wide_numbers_that_fit() {
    let folder = narrow();
    let wide: Vec<(&str, ArrayRef)> = vec![
        ("ts", Arc::new(StringArray::from(vec!["1970-01-04T00:00:00Z"]))),
        ("n", Arc::new(arrow::array::Int64Array::from(vec![7]))),
        ("x", Arc::new(arrow::array::Float64Array::from(vec![0.25]))),
        ("money", Arc::new(Decimal128Array::from(vec![1500]).with_precision_and_scale(20, 3).unwrap())),
        ("code", Arc::new(arrow::array::LargeStringArray::from(vec!["x"]))),
    ];
    write_parquet(&folder.path().join("wide.parquet"), wide);
    assert!(varvite(folder.path(), "dataset write d wide.parquet").ok().contains("1 inserted"));
}

#[track_caller]
fn refuses(row: &str, message: &str) {
    let folder = narrow();
    let before = common::files(folder.path());
    let error = with_input(folder.path(), "dataset write d -", format!("{HEADER}{row}\n").as_bytes()).refused();
    assert!(error.contains(message), "{error}");
    assert!(error.contains("(unchanged)"), "{error}");
    assert_eq!(common::files(folder.path()), before);
}

#[test]
fn what_does_not_fit_is_refused() {
    refuses("soon,1,1,1,a", "error[VV0904]: column `ts` of `-`: soon at line 2 is no Timestamp(ms, \"Europe/Berlin\")");
    refuses("1970-01-01T00:00:00.0005Z,1,1,1,a", "is finer than the unit");
    refuses("1970-01-01,3000000000,1,1,a", "3000000000");
    refuses("1970-01-01,1,1,1.234,a", "error[VV0904]: column `money` of `-`: 1.234 at line 2 is no Decimal128(10, 2)");
}
