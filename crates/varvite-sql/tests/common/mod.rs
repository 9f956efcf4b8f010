//! A feature store with a source of purchases, and an engine.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part, and panics")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{Float64Type, Int64Type};
use varvite_feature::{EntityRows, Error, FeatureStore, HistoricalOptions, WriteMode};
use varvite_schema::{DataType, SourceSchema, VirtualSchema};
use varvite_sql::{DataFusionExecutor, SqlFeatures};
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_time::Instant;

/// A purchase: who, when (in microseconds), how much.
pub(crate) type Purchase = (i64, i64, Option<f64>);

/// An integer and a double of a user.
pub(crate) type Answer = (Option<i64>, Option<f64>);

/// What a user has bought so far.
pub(crate) const TOTALS: &str = "SELECT user_id, count(*) AS n, sum(amount) AS spend FROM purchases GROUP BY user_id";

pub(crate) fn engine() -> SqlFeatures {
    SqlFeatures::new(Arc::new(DataFusionExecutor::try_new().unwrap()))
}

/// A store with an empty source `purchases` and this engine.
pub(crate) fn store_with(features: SqlFeatures) -> (FeatureStore, Arc<SqlFeatures>) {
    let features = Arc::new(features);
    let store = FeatureStore::at(Arc::new(MemoryStorage::new()), StoragePath::root()).unwrap();
    let store = store.with_virtual(features.clone());
    let source = SourceSchema::builder("purchases")
        .event_time("ts")
        .column("user_id", DataType::BigInt)
        .column("ts", "timestamp[us,UTC]")
        .column("amount", DataType::Double);
    store.register_source(&source.build().unwrap()).unwrap();
    (store, features)
}

pub(crate) fn store() -> FeatureStore {
    store_with(engine()).0
}

pub(crate) fn buy(store: &FeatureStore, purchases: &[Purchase]) {
    let amounts: ArrayRef = Arc::new(purchases.iter().map(|(_, _, amount)| *amount).collect::<Float64Array>());
    let columns = [
        ("user_id", ids(purchases.iter().map(|(user, ..)| *user))),
        ("ts", times(purchases.iter().map(|(_, at, _)| Some(*at)))),
        ("amount", amounts),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let _ = store.write_source("purchases", &[rows], WriteMode::Append).unwrap();
}

pub(crate) fn ids(ids: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(ids))
}

pub(crate) fn times(times: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(times.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

pub(crate) fn at(us: i64) -> Instant {
    Instant::from_ns(i128::from(us) * 1000)
}

/// A group by the user over purchases.
pub(crate) fn group(name: &str, sql: &str) -> VirtualSchema {
    VirtualSchema::builder(name).entity_key("user_id").source("purchases").sql(sql).build().unwrap()
}

pub(crate) fn define(store: &FeatureStore, name: &str, sql: &str) -> Result<(), Error> {
    store.define_virtual_features(&group(name, sql)).map(|_| ())
}

/// Integers and doubles, each of a user as of a time.
pub(crate) fn read(
    store: &FeatureStore,
    asked: &[(i64, Option<i64>)],
    features: [&str; 2],
) -> Result<Vec<Answer>, Error> {
    read_with(store, asked, features, &HistoricalOptions::default())
}

pub(crate) fn read_with(
    store: &FeatureStore,
    asked: &[(i64, Option<i64>)],
    features: [&str; 2],
    options: &HistoricalOptions,
) -> Result<Vec<Answer>, Error> {
    let users = ids(asked.iter().map(|(user, _)| *user));
    let at = times(asked.iter().map(|(_, at)| *at));
    let rows = RecordBatch::try_from_iter_with_nullable([("user_id", users, false), ("at", at, true)]).unwrap();
    let found = store.get_historical_features(&EntityRows::at_times(rows, "at")?, features, options)?;
    let found = found.to_batch()?;
    assert_eq!(found.num_rows(), asked.len());
    let integers = found.column(2).as_primitive::<Int64Type>();
    Ok(integers.iter().zip(found.column(3).as_primitive::<Float64Type>().iter()).collect())
}
