//! Rows of a group that restate each other count once, as they do wherever the group is read (S03).
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic")]

mod common;

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use common::{ids, read, read_with, store, times};
use varvite_feature::{FeatureStore, HistoricalOptions, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema, VirtualSchema};

/// A group of payments; the second of user 1 is corrected later.
fn payments() -> FeatureStore {
    let store = store();
    let group = FeatureGroupSchema::builder("payments")
        .entity_key("user_id", DataType::BigInt)
        .event_time("ts")
        .created_time("known")
        .feature(FeatureSchema::builder("amount", DataType::Double));
    store.register(&group.build().unwrap()).unwrap();
    write(&store, &[(1, 10, 11, 1.0), (1, 20, 21, 2.0), (2, 20, 21, 4.0)]);
    write(&store, &[(1, 20, 40, 8.0)]);
    store
}

fn write(store: &FeatureStore, rows: &[(i64, i64, i64, f64)]) {
    let amounts: ArrayRef = Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.3)));
    let columns = [
        ("user_id", ids(rows.iter().map(|row| row.0))),
        ("ts", times(rows.iter().map(|row| Some(row.1)))),
        ("known", times(rows.iter().map(|row| Some(row.2)))),
        ("amount", amounts),
    ];
    let _ = store.write("payments", &[RecordBatch::try_from_iter(columns).unwrap()], WriteMode::Append).unwrap();
}

fn define(store: &FeatureStore, sql: &str, event_time: Option<&str>) {
    let group = VirtualSchema::builder("paid").entity_key("user_id").source("payments").sql(sql);
    let group = event_time.into_iter().fold(group, varvite_schema::VirtualBuilder::event_time);
    store.define_virtual_features(&group.build().unwrap()).unwrap();
}

const FEATURES: [&str; 2] = ["paid.n", "paid.spend"];
const ASKED: [(i64, Option<i64>); 4] = [(1, Some(15)), (1, Some(30)), (2, Some(30)), (3, Some(30))];

#[test]
fn a_corrected_row_counts_once() {
    let store = payments();
    define(&store, "SELECT user_id, count(*) AS n, sum(amount) AS spend FROM payments GROUP BY user_id", None);
    let expected = [(Some(1), Some(1.0)), (Some(2), Some(9.0)), (Some(1), Some(4.0)), (None, None)];
    assert_eq!(read(&store, &ASKED, FEATURES).unwrap(), expected);
}

#[test]
fn what_was_known_is_what_was_written_by_then() {
    let store = payments();
    define(&store, "SELECT user_id, count(*) AS n, sum(amount) AS spend FROM payments GROUP BY user_id", None);
    let known = HistoricalOptions::default().with_known_as_of(true);
    let asked = [(1, Some(30)), (1, Some(40)), (2, Some(20))];
    let expected = [(Some(2), Some(3.0)), (Some(2), Some(9.0)), (None, None)];
    assert_eq!(read_with(&store, &asked, FEATURES, &known).unwrap(), expected);
}

#[test]
fn the_same_feature_is_answered_alike_by_a_group_and_by_a_query_over_it() {
    let store = payments();
    define(&store, "SELECT user_id, ts, user_id AS n, amount AS spend FROM payments", Some("ts"));
    let asked = [(1, Some(15)), (1, Some(30)), (2, Some(19)), (2, None)];
    let found = read(&store, &asked, FEATURES).unwrap();
    let spent: Vec<Option<f64>> = found.into_iter().map(|(_, spend)| spend).collect();
    assert_eq!(spent, [Some(1.0), Some(8.0), None, None]);
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("user_id", ids(asked.iter().map(|(user, _)| *user)), false),
        ("at", times(asked.iter().map(|(_, at)| *at)), true),
    ]);
    let entities = varvite_feature::EntityRows::at_times(rows.unwrap(), "at").unwrap();
    let both = ["payments.amount", "paid.spend"];
    let found = store.get_historical_features(&entities, both, &HistoricalOptions::default()).unwrap();
    let found = found.to_batch().unwrap();
    assert_eq!(found.column(2), found.column(3));
}
