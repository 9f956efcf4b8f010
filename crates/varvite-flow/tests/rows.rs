//! Functions of rows: one pass, nulls, whole values, folds, columns.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use varvite_flow::arrow::array::{Array, ArrayRef, Float64Array, RecordBatch, StringArray};
use varvite_flow::{Column, Dataflow, Folded, Module, Moments, Node, Whole};

fn features() -> Dataflow {
    let module = Module::new()
        .node(Node::whole("age_mean", ["age"], |age: Folded<Moments>| Whole(age.mean())))
        .node(Node::whole("age_std", ["age"], |age: Folded<Moments>| Whole(age.std())))
        .node(Node::row("age_z", ["age", "age_mean", "age_std"], |age: f64, mean: Whole<f64>, std: Whole<f64>| {
            (age - *mean) / *std
        }))
        .node(Node::row("spend_per_signup", ["spend", "signups"], |spend: f64, signups: f64| spend / signups))
        .node(Node::row("score", ["age_z", "spend_per_signup"], |z: f64, spend: f64| z + spend));
    Dataflow::builder().with(module).build().unwrap()
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn floats(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

fn people() -> RecordBatch {
    batch(vec![
        ("age", floats([33.0, 38.0, 50.0, 29.0, 41.0, 61.0, 22.0, 38.0, 45.0, 27.0])),
        ("spend", floats([10.0, 10.0, 20.0, 40.0, 40.0, 50.0, 100.0, 80.0, 90.0, 120.0])),
        ("signups", floats([1.0, 10.0, 50.0, 100.0, 200.0, 400.0, 700.0, 800.0, 900.0, 1000.0])),
    ])
}

#[test]
fn a_graph_of_rows_runs_in_passes() {
    let flow = features();
    let people = people();
    let plan = flow.run().frame(&people).explain(&["score", "age_mean"]).unwrap();
    assert_eq!(
        plan,
        [
            "pass over rows: load age; fold age by Moments",
            "call age_mean, age_std",
            "pass over rows: load age, spend, signups; compute age_z, spend_per_signup, score; keep score",
        ]
    );
    let made = flow.run().frame(&people).get_named(&["score", "age_mean"]).unwrap();
    assert!((made.value::<f64>("age_mean").unwrap() - 38.4).abs() < 1e-12);
    let score = made.column::<f64>("score").unwrap().to_vec();
    assert!((score[0].unwrap() - 9.534_743_927_002_662).abs() < 1e-12);
    assert_eq!(made.batch().unwrap().num_columns(), 1);
}

#[test]
fn a_null_is_not_seen_unless_asked_for() {
    let module = Module::new()
        .node(Node::row("double", ["x"], |x: i64| x * 2))
        .node(Node::row("filled", ["double"], |x: Option<i64>| x.unwrap_or(-1)))
        .node(Node::row("odd", ["x"], |x: i64| (x % 2 == 1).then_some(x)))
        .node(Node::row("label", ["name", "x"], |name: &str, x: i64| format!("{name}{x}")));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let rows = 10_000;
    let x: varvite_flow::arrow::array::Int64Array = (0..rows).map(|row| (row % 3 != 0).then_some(row)).collect();
    let name: StringArray = (0..rows).map(|row| (row % 5 != 0).then_some("n")).collect();
    let frame = batch(vec![("x", Arc::new(x)), ("name", Arc::new(name))]);
    let made = flow.run().frame(&frame).get_named(&["double", "filled", "odd", "label"]).unwrap();
    let (double, filled) = (made.column::<i64>("double").unwrap(), made.column::<i64>("filled").unwrap());
    let (odd, label) = (made.column::<i64>("odd").unwrap().to_vec(), made.column::<String>("label").unwrap().to_vec());
    for (row, (double, filled)) in (0..rows).zip(double.to_vec().into_iter().zip(filled.to_vec())) {
        let (at, x) = (usize::try_from(row).unwrap(), (row % 3 != 0).then_some(row));
        assert_eq!(double, x.map(|x| x * 2));
        assert_eq!(filled, Some(x.map_or(-1, |x| x * 2)));
        assert_eq!(odd[at], x.filter(|x| x % 2 == 1));
        assert_eq!(label[at], x.filter(|_| row % 5 != 0).map(|x| format!("n{x}")));
    }
}

#[test]
fn a_whole_column_is_a_barrier_between_passes() {
    let module = Module::new()
        .node(Node::row("y", ["x"], |x: f64| x * 10.0))
        .node(Node::whole("rank", ["y"], |y: Column<f64>| {
            let values = y.to_vec();
            let below = |value: Option<f64>| values.iter().filter(|other| **other < value).count();
            #[expect(clippy::cast_precision_loss, reason = "few rows")]
            Column::new(values.iter().map(|&value| Some(below(value) as f64)).collect::<Vec<_>>())
        }))
        .node(Node::row("sum", ["rank", "y"], |rank: f64, y: f64| rank + y));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let frame = batch(vec![("x", floats([3.0, 1.0, 2.0]))]);
    assert_eq!(
        flow.run().frame(&frame).explain(&["sum"]).unwrap(),
        [
            "pass over rows: load x; compute y; keep y",
            "column rank",
            "pass over rows: load rank, y; compute sum; keep sum",
        ]
    );
    let made = flow.run().frame(&frame).get_named(&["sum"]).unwrap();
    assert_eq!(made.column::<f64>("sum").unwrap().to_vec(), [Some(32.0), Some(10.0), Some(21.0)]);
}

#[test]
fn the_same_graph_runs_on_single_values() {
    let flow = features();
    let run = flow.run().input("age", 33.0).input("spend", 10.0).input("signups", 1.0);
    let made = run.clone().replace_named("age_mean", 38.0).replace_named("age_std", 5.0).get_named(&["score"]).unwrap();
    assert_eq!(made.value::<f64>("score"), Some(9.0));
    let error = run.get_named(&["score"]).unwrap_err();
    assert_eq!(error.kind(), varvite_flow::Kind::NeedsFitted);
}

#[test]
fn a_failure_names_node_and_row() {
    let refuse = |x: f64| if x < 9999.0 { Ok(x) } else { Err("too large") };
    let module = Module::new()
        .node(Node::row("checked", ["x"], refuse))
        .node(Node::row("next", ["checked"], |x: f64| x + 1.0))
        .node(Node::row("beside", ["x"], |x: f64| x - 1.0));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let frame = batch(vec![("x", floats((0..200_000).map(f64::from)))]);
    let error = flow.run().frame(&frame).get_named(&["next", "beside"]).unwrap_err();
    assert_eq!(error.to_string(), "node `checked` failed: too large (row 9999: x = 9999.0)");
    let partial = flow.run().frame(&frame).get_partial(&["next", "beside"]).unwrap();
    assert_eq!(partial.get("next").unwrap().unwrap_err().row, Some(9999));
    let varvite_flow::Value::Column(beside) = partial.get("beside").unwrap().unwrap() else { panic!() };
    assert_eq!(beside.len(), 200_000);
}
