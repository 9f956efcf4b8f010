//! Purchases of users, a materialized group of the same users, and tables of entities.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{Float64Type, Int64Type};
use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema, SourceSchema, VirtualBuilder, VirtualSchema};
use varvite_storage::{MemoryStorage, StoragePath};

use crate::engine::Engine;

pub(crate) const BUYS: &str = "SELECT user, count(*) AS n, sum(euros) AS spend FROM purchases GROUP BY user";

pub(crate) fn ints(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

pub(crate) fn times(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
}

pub(crate) fn doubles(values: Vec<Option<f64>>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}

pub(crate) fn rows<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

fn some<T>(values: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
    values.into_iter().map(Some).collect()
}

/// The source and the group, without an engine.
pub(crate) fn bare() -> FeatureStore {
    let store = FeatureStore::at(Arc::new(MemoryStorage::new()), StoragePath::root()).unwrap();
    store.register_source(&SourceSchema::builder("purchases").event_time("at").build().unwrap()).unwrap();
    let bought = rows([
        ("user", ints(some([1, 1, 2, 1]))),
        ("at", times(some([10, 20, 20, 30]))),
        ("euros", doubles(some([1.0, 2.0, 8.0, 4.0]))),
        ("level", Arc::new(Int32Array::from(vec![1, 3, 7, 4]))),
    ]);
    let _ = store.write_source("purchases", &[bought], WriteMode::Append).unwrap();
    let users = FeatureGroupSchema::builder("users")
        .entity_key("user", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("score", DataType::Double));
    store.register(&users.build().unwrap()).unwrap();
    let scored =
        rows([("user", ints(some([1, 2]))), ("at", times(some([10, 10]))), ("score", doubles(some([0.5, 0.25])))]);
    let _ = store.write("users", &[scored], WriteMode::Append).unwrap();
    store
}

pub(crate) fn store() -> (FeatureStore, Arc<Engine>) {
    let engine = Arc::new(Engine::default());
    (bare().with_virtual(engine.clone()), engine)
}

pub(crate) fn buys() -> VirtualBuilder {
    VirtualSchema::builder("buys").entity_key("user").source("purchases").sql(BUYS)
}

/// The store with `buys` registered.
pub(crate) fn bought() -> (FeatureStore, Arc<Engine>) {
    let (store, engine) = store();
    store.define_virtual_features(&buys().build().unwrap()).unwrap();
    (store, engine)
}

/// A null key, a null time, a repeat, an unknown user, and times out of order.
pub(crate) fn entities() -> EntityRows {
    let rows = rows([
        ("user", ints(vec![Some(1), None, Some(2), Some(1), Some(1), Some(3), Some(1)])),
        ("time", times(vec![Some(25), Some(25), Some(30), Some(10), None, Some(30), Some(25)])),
    ]);
    EntityRows::at_times(rows, "time").unwrap()
}

pub(crate) fn read(store: &FeatureStore, references: &[&str]) -> RecordBatch {
    read_with(store, references, &HistoricalOptions::default())
}

pub(crate) fn read_with(store: &FeatureStore, references: &[&str], options: &HistoricalOptions) -> RecordBatch {
    store.get_historical_features(&entities(), references, options).unwrap().to_batch().unwrap()
}

pub(crate) fn ints_of(batch: &RecordBatch, name: &str) -> Vec<Option<i64>> {
    batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().iter().collect()
}

pub(crate) fn doubles_of(batch: &RecordBatch, name: &str) -> Vec<Option<f64>> {
    batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().iter().collect()
}
