//! Stored values and those of a request go through a flow, one entity at a time.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::Float64Type;
use varvite_feature::online::{KeyPart, MaterializeOptions};
use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, WriteMode};
use varvite_flow::{Dataflow, Folded, Module, Moments, Node, Value, Whole};
use varvite_pipeline::{FlowSource, OnlineFlow};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_time::Instant;

fn micros(at: i64) -> Instant {
    Instant::from_ns(i128::from(at) * 1000)
}

fn users() -> RecordBatch {
    let at = TimestampMicrosecondArray::from(vec![10, 10, 30]).with_timezone("UTC");
    RecordBatch::try_from_iter([
        ("user_id", Arc::new(Int64Array::from(vec![1, 2, 1])) as ArrayRef),
        ("at", Arc::new(at)),
        ("age", Arc::new(Float64Array::from(vec![30.0, 50.0, 31.0]))),
        ("country", Arc::new(StringArray::from(vec!["de", "fr", "it"]))),
        ("visits", Arc::new(Int64Array::from(vec![3, 4, 5]))),
    ])
    .unwrap()
}

fn flow() -> Dataflow {
    let module = Module::new()
        .node(Node::whole("age_mean", ["age"], |age: Folded<Moments>| Whole(age.mean())))
        .node(Node::row("age_off", ["age", "age_mean"], |age: f64, mean: Whole<f64>| age - *mean))
        .node(Node::row("spend_a_visit", ["spend", "visits"], |spend: f64, visits: i64| {
            #[allow(clippy::cast_precision_loss, reason = "few visits")]
            let visits = visits as f64;
            spend / visits
        }))
        .node(Node::row("is_home", ["country"], |country: &str| country == "it"));
    Dataflow::builder().with(module).build().unwrap()
}

fn source(fit_on: &RecordBatch) -> FlowSource {
    let flow = flow();
    let names = ["age_off", "spend_a_visit", "is_home"];
    let fitted = flow.fit_named(std::slice::from_ref(fit_on), &["age_off"]).unwrap();
    let group = FeatureGroupSchema::builder("derived")
        .entity_key("user_id", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder(names[0], DataType::Double))
        .feature(FeatureSchema::builder(names[1], DataType::Double))
        .feature(FeatureSchema::builder(names[2], DataType::Boolean));
    let source = FlowSource::new(&flow, &fitted, group.build().unwrap()).unwrap();
    let of_users = |source: FlowSource, name: &str| source.with_feature(name, &format!("users.{name}")).unwrap();
    ["age", "country", "visits"].into_iter().fold(source, of_users).with_column("spend", None).unwrap()
}

#[test]
fn one_entity_gets_what_the_history_says_and_the_request_brings() {
    let folder = tempfile::tempdir().unwrap();
    let store = FeatureStore::open(folder.path()).unwrap().with_clock(|| micros(1000)).unwrap();
    let group = FeatureGroupSchema::builder("users")
        .entity_key("user_id", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("age", DataType::Double))
        .feature(FeatureSchema::builder("country", DataType::String))
        .feature(FeatureSchema::builder("visits", DataType::BigInt));
    store.register(&group.build().unwrap()).unwrap();
    let _ = store.write("users", &[users()], WriteMode::Append).unwrap();
    let online = store.online().unwrap();
    let _ = store.materialize(&online, "users", &MaterializeOptions::up_to(micros(500))).unwrap();

    let source = source(&users());
    let mut flow = OnlineFlow::prepare(&source, &store, &online).unwrap();
    assert_eq!(flow.entity_columns(), ["user_id"]);
    assert_eq!(flow.request_inputs().collect::<Vec<_>>(), ["spend"]);
    assert_eq!(flow.features(), ["age_off", "spend_a_visit", "is_home"]);
    let mut served = Vec::new();
    for (user, spend) in [(1, 20.0), (2, 20.0), (3, 20.0)] {
        served.push(flow.call(&[KeyPart::Int(user)], &[Value::from(spend)], micros(100)).unwrap().to_vec());
    }
    assert_eq!(served[0], [Value::from(31.0 - 37.0), Value::from(4.0), Value::from(true)]);
    assert_eq!(served[1], [Value::from(50.0 - 37.0), Value::from(5.0), Value::from(false)]);
    assert!(served[2].iter().all(Value::is_null), "nothing is known of it: {:?}", served[2]);
    assert_eq!(flow.call(&[KeyPart::Int(1)], &[], micros(100)).unwrap_err().code(), "VV1002");

    // The history says the same.
    let at = TimestampMicrosecondArray::from(vec![100, 100, 100]).with_timezone("UTC");
    let rows = RecordBatch::try_from_iter([
        ("user_id", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef),
        ("at", Arc::new(at)),
        ("spend", Arc::new(Float64Array::from(vec![20.0; 3]))),
    ]);
    let entities = EntityRows::at_times(rows.unwrap(), "at").unwrap();
    let made = store.compute_from(&source, &entities, &HistoricalOptions::default()).unwrap();
    let column = |at: usize| made[0].column(at + 2);
    for (row, served) in served.iter().enumerate() {
        for (at, value) in served.iter().enumerate() {
            let text = arrow::util::display::array_value_to_string(column(at), row).unwrap();
            let expected = match value {
                Value::F64(value) => format!("{value:?}"),
                Value::Bool(value) => value.to_string(),
                _ => String::new(),
            };
            assert_eq!(text, expected, "feature {at} of row {row}");
        }
    }
}

/// A feature may be several inputs of a flow.
#[test]
fn one_feature_may_be_two_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let store = FeatureStore::open(folder.path()).unwrap().with_clock(|| micros(1000)).unwrap();
    let group = FeatureGroupSchema::builder("users")
        .entity_key("user_id", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("age", DataType::Double))
        .feature(FeatureSchema::builder("country", DataType::String))
        .feature(FeatureSchema::builder("visits", DataType::BigInt));
    store.register(&group.build().unwrap()).unwrap();
    let _ = store.write("users", &[users()], WriteMode::Append).unwrap();
    let online = store.online().unwrap();
    let _ = store.materialize(&online, "users", &MaterializeOptions::up_to(micros(500))).unwrap();
    let module = Module::new().node(Node::row("sum", ["a", "b", "n"], |a: f64, b: f64, n: f64| a + 100.0 * b + n));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let columns = ["a", "b", "n"].map(|name| (name, Arc::new(Float64Array::from(vec![1.0])) as ArrayRef));
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let fitted = flow.fit_named(&[rows], &["sum"]).unwrap();
    let group = FeatureGroupSchema::builder("derived")
        .entity_key("user_id", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("sum", DataType::Double));
    let source = FlowSource::new(&flow, &fitted, group.build().unwrap()).unwrap();
    let inputs = [("a", "users.age"), ("b", "users.age"), ("n", "users.age")];
    let source = inputs.into_iter().fold(source, |source, (input, from)| source.with_feature(input, from).unwrap());
    let mut online_flow = OnlineFlow::prepare(&source, &store, &online).unwrap();
    let served = online_flow.call(&[KeyPart::Int(1)], &[], micros(100)).unwrap();
    assert_eq!(served, [Value::from(31.0 + 3100.0 + 31.0)]);

    // The history says the same.
    let at = TimestampMicrosecondArray::from(vec![100, 100, 100]).with_timezone("UTC");
    let users: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let rows = RecordBatch::try_from_iter([("user_id", users), ("at", Arc::new(at))]).unwrap();
    let entities = EntityRows::at_times(rows, "at").unwrap();
    let made = store.compute_from(&source, &entities, &HistoricalOptions::default()).unwrap();
    let sums = made[0].column_by_name("sum").unwrap().as_primitive::<Float64Type>();
    assert_eq!(sums.iter().collect::<Vec<_>>(), [Some(3162.0), Some(5100.0), None]);
}
