//! A dataflow computes the features of a group: registered with its lineage, from features as they were known.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::Float64Type;
use varvite_feature::{Direction, EntityRows, FeatureStore, HistoricalOptions, LineageKind, Reach, WriteMode};
use varvite_flow::{Dataflow, Fitted, Module, Node};
use varvite_pipeline::FlowSource;
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_storage::{MemoryStorage, StoragePath};

fn ids(ids: Vec<i64>) -> ArrayRef {
    Arc::new(Int64Array::from(ids))
}

fn times(times: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"))
}

fn doubles(values: Vec<f64>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}

fn group(name: &str, features: &[&str]) -> FeatureGroupSchema {
    let builder = FeatureGroupSchema::builder(name).entity_key("user_id", DataType::BigInt).event_time("at");
    let add = |builder: varvite_schema::FeatureGroupBuilder, name: &&str| {
        builder.feature(FeatureSchema::builder(*name, DataType::Double))
    };
    features.iter().fold(builder, add).build().unwrap()
}

fn store() -> FeatureStore {
    let store = FeatureStore::at(Arc::new(MemoryStorage::new()), StoragePath::root()).unwrap();
    store.register(&group("users", &["age", "income"])).unwrap();
    let rows = RecordBatch::try_from_iter([
        ("user_id", ids(vec![1, 2, 1])),
        ("at", times(vec![10, 10, 30])),
        ("age", doubles(vec![30.0, 50.0, 31.0])),
        ("income", doubles(vec![100.0, 200.0, 110.0])),
    ]);
    let _ = store.write("users", &[rows.unwrap()], WriteMode::Append).unwrap();
    store
}

fn flow() -> (Dataflow, Fitted) {
    let module = Module::new()
        .node(Node::row("age_scaled", ["age"], |age: f64| age / 10.0))
        .node(Node::row("spend_ratio", ["spend", "income"], |spend: f64, income: f64| spend / income))
        .node(Node::row("risk", ["age_scaled", "spend_ratio"], |age: f64, ratio: f64| age * ratio));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let empty = RecordBatch::try_from_iter([
        ("age", doubles(vec![1.0])),
        ("income", doubles(vec![1.0])),
        ("spend", doubles(vec![1.0])),
    ]);
    let fitted = flow.fit_named(&[empty.unwrap()], &["age_scaled", "risk"]).unwrap();
    (flow, fitted)
}

fn source() -> FlowSource {
    let (flow, fitted) = flow();
    let source = FlowSource::new(&flow, &fitted, group("risks", &["age_scaled", "risk"])).unwrap();
    let source = source.with_feature("age", "users.age").unwrap().with_feature("income", "users.income").unwrap();
    source.with_column("spend", Some("purchases.amount")).unwrap()
}

fn purchases() -> EntityRows {
    let rows = RecordBatch::try_from_iter([
        ("user_id", ids(vec![1, 2, 1, 3])),
        ("at", times(vec![20, 20, 40, 20])),
        ("spend", doubles(vec![10.0, 50.0, 55.0, 1.0])),
    ]);
    EntityRows::at_times(rows.unwrap(), "at").unwrap()
}

#[test]
fn features_are_computed_from_what_was_known() {
    let (store, source) = (store(), source());
    let report = store.write_from(&source, &purchases(), &HistoricalOptions::default(), WriteMode::Upsert).unwrap();
    assert_eq!(report.written, 4);
    let asked = RecordBatch::try_from_iter([("user_id", ids(vec![1, 1, 2, 3])), ("t", times(vec![25, 45, 25, 25]))]);
    let entities = EntityRows::at_times(asked.unwrap(), "t").unwrap();
    let found = store.get_historical_features(&entities, ["risks.*"], &HistoricalOptions::default()).unwrap();
    let found = found.to_batch().unwrap();
    let risk = found.column_by_name("risk").unwrap().as_primitive::<Float64Type>();
    let values: Vec<Option<f64>> = risk.iter().collect();
    let expected = [Some(3.0 * (10.0 / 100.0)), Some(3.1 * (55.0 / 110.0)), Some(5.0 * (50.0 / 200.0)), None];
    assert_eq!(values, expected);
}

#[test]
fn a_group_knows_where_it_comes_from_down_to_columns() {
    let (store, source) = (store(), source());
    store.register_with(&source).unwrap();
    let state = store.registry().state().unwrap();
    let upstream = |node: &str, kind| -> Vec<String> {
        let found = state.lineage(&node.parse().unwrap(), Direction::Upstream, kind, Reach::Transitive).unwrap();
        found.iter().map(ToString::to_string).collect()
    };
    assert_eq!(upstream("risks.age_scaled", LineageKind::Value), ["users.age"]);
    assert_eq!(upstream("risks.risk", LineageKind::Value), ["purchases.amount", "users.age", "users.income"]);
    assert_eq!(upstream("risks", LineageKind::Table), ["purchases", "users"]);
    let revision = state.revision();
    store.register_with(&source).unwrap();
    assert_eq!(store.registry().state().unwrap().revision(), revision, "the same again changes nothing");
}

#[test]
fn what_does_not_fit_is_refused() {
    let (flow, fitted) = flow();
    let refused = FlowSource::new(&flow, &fitted, group("risks", &["riks"])).unwrap_err();
    assert_eq!(refused.to_string(), "the flow does not fit `risks@v1`: it has no node `riks`");
    let source = FlowSource::new(&flow, &fitted, group("risks", &["risk"])).unwrap();
    let refused = source.clone().with_column("height", None).unwrap_err();
    assert_eq!(refused.code(), "VV1026");
    assert_eq!(source.clone().with_feature("age", "users.*").unwrap_err().code(), "VV1026");
    // Without what it needs nothing is written, and nothing registered.
    let store = store();
    let error = store.write_from(&source, &purchases(), &HistoricalOptions::default(), WriteMode::Upsert).unwrap_err();
    assert_eq!(error.code(), "VV0426");
    assert!(store.group("risks").is_err());
}
