//! Nodes with a state: one call a run or a batch, the state carried on, stored, and left alone by what fails.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use varvite_flow::arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch};
use varvite_flow::arrow::datatypes::Float64Type;
use varvite_flow::{Batch, Column, Dataflow, Fitted, Folded, Kind, Module, Moments, Node, Value, Whole};

#[derive(Clone, Default, Serialize, Deserialize)]
struct Total {
    sum: f64,
    batches: u32,
}

fn batch(name: &str, values: &[f64]) -> RecordBatch {
    RecordBatch::try_from_iter([(name, Arc::new(Float64Array::from(values.to_vec())) as ArrayRef)]).unwrap()
}

/// The running total of a batch's prices, and a row node that reads what it makes.
fn flow() -> Dataflow {
    let total = |total: &mut Total, trades: RecordBatch, factor: f64| {
        let prices = trades.column_by_name("price").ok_or("there are no prices")?;
        total.batches += 1;
        let prices = prices.as_primitive::<Float64Type>().values().to_vec();
        let sums = prices.into_iter().map(|price| {
            total.sum += price * factor;
            assert!(total.sum < 1_000.0, "the total is too large");
            total.sum
        });
        Ok::<_, String>(batch("total", &sums.collect::<Vec<_>>()))
    };
    let smooth = |last: &mut Option<f64>, x: Column<f64>| {
        let smoothed = x.to_vec().into_iter().map(|x| {
            *last = Some(last.map_or(x.unwrap_or(0.0), |last| last * 0.5 + x.unwrap_or(0.0) * 0.5));
            *last
        });
        Column::new(smoothed.collect::<Vec<_>>())
    };
    let module = Module::new()
        .node(Node::stateful("totals", ["trades", "factor"], Total::default, total).with_default("factor", 1.0))
        .node(Node::value("last", ["totals"], |totals: RecordBatch| totals.num_columns() + totals.num_rows()))
        .node(Node::stateful("smooth", ["x"], || None, smooth))
        .node(Node::whole("mean", ["x"], |x: Folded<Moments>| Whole(x.mean())))
        .node(Node::row("above", ["smooth", "mean"], |smooth: f64, mean: Whole<f64>| smooth - *mean));
    Dataflow::builder().with(module).build().unwrap()
}

fn totals(value: Option<&Value>) -> Vec<f64> {
    value.unwrap().as_batch().unwrap().column(0).as_primitive::<Float64Type>().values().to_vec()
}

#[test]
fn on_a_data_set_it_is_called_once() {
    let made = flow().run().input("trades", batch("price", &[1.0, 2.0])).get_named(&["totals", "last"]).unwrap();
    assert_eq!(totals(made.get("totals")), [1.0, 3.0]);
    assert_eq!(made.value::<usize>("last"), Some(3));
}

#[test]
fn in_a_stream_the_state_goes_on_also_through_storage() {
    let flow = flow();
    let x = batch("x", &[0.0, 2.0]);
    let fitted = flow.fit_named(std::slice::from_ref(&x), &["above", "totals"]).unwrap();
    assert_eq!(fitted.names().collect::<Vec<_>>(), ["mean"]);
    let push = |price: f64| Batch::new().frame(&x).input("trades", batch("price", &[price]));
    let mut stream = flow.stream_named(&fitted, &["totals", "above"]).unwrap();
    assert_eq!(totals(stream.push(push(1.0)).unwrap().get("totals")), [1.0]);
    let state = Fitted::from_json(&stream.state().unwrap().to_json().unwrap()).unwrap();
    for mut stream in [stream, flow.stream_named(&state, &["totals", "above"]).unwrap()] {
        let made = stream.push(push(2.0)).unwrap();
        assert_eq!(totals(made.get("totals")), [3.0]);
        assert_eq!(made.column::<f64>("above").unwrap().to_vec(), [Some(-0.5), Some(0.25)]);
    }
}

#[test]
fn a_batch_that_fails_or_panics_leaves_the_state_alone() {
    let flow = flow();
    let fitted = flow.fit_named(&[batch("x", &[1.0])], &["totals"]).unwrap();
    let mut stream = flow.stream_named(&fitted, &["totals"]).unwrap();
    let push = |price: f64| Batch::new().input("trades", batch("price", &[price]));
    stream.push(push(10.0)).unwrap();
    let before = stream.state().unwrap();
    let error = stream.push(push(5_000.0)).err().unwrap();
    assert_eq!(error.to_string(), "node `totals` failed: it panicked: the total is too large (factor = 1.0)");
    let error = stream.push(Batch::new().input("trades", batch("cost", &[1.0]))).err().unwrap();
    assert_eq!(
        (error.kind(), error.problems[0].message.as_str()),
        (Kind::NodeFailed, "node `totals` failed: there are no prices")
    );
    assert_eq!(stream.state().unwrap(), before);
    assert_eq!(totals(stream.push(push(1.0)).unwrap().get("totals")), [11.0]);
}

#[test]
fn single_rows_have_none_unless_its_value_is_given() {
    let flow = flow();
    let fitted = flow.fit_named(&[batch("x", &[1.0])], &["above"]).unwrap();
    let error = flow.online_named(&fitted, &["above"]).err().unwrap();
    assert_eq!((error.kind(), &error.problems[0].names[..]), (Kind::NeedsFitted, &["smooth".to_owned()][..]));
    let mut online = flow.online_given(&fitted, &["above"], &["smooth"]).unwrap();
    assert_eq!(online.call(&[Value::F64(3.0)]).unwrap(), [Value::F64(2.0)]);
    let mut fixed = flow.online_named(&fitted.replace("smooth", 5.0), &["above"]).unwrap();
    assert_eq!(fixed.call(&[]).unwrap(), [Value::F64(4.0)]);
}
