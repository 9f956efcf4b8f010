//! Stores, columns and rows for tests, and rows as text.
#![allow(dead_code, reason = "each file uses what it needs")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use varvite_feature::{FeatureStore, GroupHistory, HistoryScan};
use varvite_schema::{DataType, FeatureGroupBuilder, FeatureGroupSchema, FeatureSchema};
use varvite_storage::{MemoryStorage, Storage, StoragePath};
use varvite_time::Instant;

/// How many cases a property has: a few, or as many as the environment asks for.
pub(crate) fn cases(usual: u32) -> u32 {
    std::env::var("VARVITE_FEATURE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// An instant so many microseconds after the epoch.
pub(crate) fn us(value: i64) -> Instant {
    Instant::from_ns(i128::from(value) * 1000)
}

pub(crate) fn store_in(storage: &(impl Storage + Clone + 'static)) -> FeatureStore {
    FeatureStore::at(Arc::new(storage.clone()), StoragePath::try_new("store").unwrap()).unwrap()
}

/// A store in memory whose clock stands at 1 ms.
pub(crate) fn store() -> FeatureStore {
    store_in(&MemoryStorage::new()).with_clock(|| us(1000)).unwrap()
}

/// Key `k`, event time `at`, feature `v`.
pub(crate) fn simple(name: &str) -> FeatureGroupBuilder {
    FeatureGroupSchema::builder(name)
        .entity_key("k", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("v", DataType::BigInt))
}

pub(crate) fn ints<T: Into<Option<i64>>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    Arc::new(values.into_iter().map(Into::into).collect::<Int64Array>())
}

pub(crate) fn int32s<T: Into<Option<i32>>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    Arc::new(values.into_iter().map(Into::into).collect::<Int32Array>())
}

pub(crate) fn doubles<T: Into<Option<f64>>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    Arc::new(values.into_iter().map(Into::into).collect::<Float64Array>())
}

pub(crate) fn texts<'a, T: Into<Option<&'a str>>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    Arc::new(values.into_iter().map(Into::into).collect::<StringArray>())
}

/// Microseconds in UTC.
pub(crate) fn times<T: Into<Option<i64>>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    Arc::new(values.into_iter().map(Into::into).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

pub(crate) fn batch<'a>(columns: impl IntoIterator<Item = (&'a str, ArrayRef)>) -> RecordBatch {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) =
        columns.into_iter().map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array)).unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(arrays.first().map_or(0, |array| array.len())));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).unwrap()
}

/// Rows of [`simple`]: key, event time in microseconds, value.
pub(crate) fn rows(rows: &[(i64, i64, i64)]) -> RecordBatch {
    batch([
        ("k", ints(rows.iter().map(|row| row.0))),
        ("at", times(rows.iter().map(|row| row.1))),
        ("v", ints(rows.iter().map(|row| row.2))),
    ])
}

/// One column as text, nulls as `-`.
pub(crate) fn column(batch: &RecordBatch, name: &str) -> Vec<String> {
    let column = batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name} in {:?}", batch.schema()));
    let options = FormatOptions::default().with_null("-");
    let shown = ArrayFormatter::try_new(column, &options).unwrap();
    (0..batch.num_rows()).map(|row| shown.value(row).to_string()).collect()
}

/// A column in one line.
pub(crate) fn line(batch: &RecordBatch, name: &str) -> String {
    column(batch, name).join(" ")
}

pub(crate) fn all(scan: HistoryScan) -> RecordBatch {
    let schema = scan.schema();
    let batches: Vec<RecordBatch> = scan.map(Result::unwrap).collect();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

/// All stored rows, all columns and `__commit`.
pub(crate) fn stored(history: &GroupHistory) -> RecordBatch {
    let mut names: Vec<String> = history.schema().fields().iter().map(|field| field.name().clone()).collect();
    names.push("__commit".to_owned());
    all(history.scan(&varvite_dataset::ScanOptions::default().with_columns(names)).unwrap())
}

/// All stored rows, one line each, columns in their order.
pub(crate) fn stored_lines(history: &GroupHistory) -> Vec<String> {
    lines(&stored(history))
}

/// One line a row.
pub(crate) fn lines(batch: &RecordBatch) -> Vec<String> {
    let schema = batch.schema();
    let columns: Vec<Vec<String>> = schema.fields().iter().map(|field| column(batch, field.name())).collect();
    (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(" "))
        .collect()
}
