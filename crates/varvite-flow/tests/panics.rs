//! What users wrote beside functions may panic too: accumulators and checks. It is a failure like any other.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampMicrosecondArray};
use varvite_flow::{
    Accumulator, Check, Dataflow, Folded, Item, Kind, Module, Node, Part, Value, Whole, Window, WindowSpec,
};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Small(i64);

impl Accumulator for Small {
    const ITEM: Item = Item::F64;

    fn fold(&mut self, part: &Part<'_>) {
        part.for_each(|value: f64| {
            assert!(value < 10.0, "too large");
            self.0 += 1;
        });
    }

    fn merge(&mut self, later: &Self) {
        self.0 += later.0;
    }
}

fn flow() -> Dataflow {
    let window = WindowSpec::new("t", Duration::from_secs(10));
    let module = Module::new()
        .node(Node::whole("count", ["x"], |x: Folded<Small>| Whole(x.0)))
        .node(Node::row("recent", ["x"], |x: Window<Small>| x.0).with_window("x", window))
        .node(Node::row("judged", ["x"], |x: f64| x).with_check(Check::with("odd", |value| {
            assert!(value.as_f64() != Some(3.0), "it is three");
            true
        })))
        .node(Node::row("reader", ["judged"], |x: f64| x))
        .node(Node::row("other", ["x"], |x: f64| x));
    Dataflow::builder().with(module).build().unwrap()
}

fn rows(x: f64, t: i64) -> RecordBatch {
    let columns: [(&str, ArrayRef); 2] =
        [("x", Arc::new(Float64Array::from(vec![x]))), ("t", Arc::new(TimestampMicrosecondArray::from(vec![t])))];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[test]
fn a_run_says_what_panicked() {
    for (x, node, told) in [(50.0, "count", "too large"), (50.0, "recent", "too large"), (3.0, "reader", "three")] {
        let error = flow().run().frame(&rows(x, 1)).get_named(&[node]).unwrap_err();
        assert_eq!(error.kind(), Kind::NodeFailed);
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn what_does_not_need_it_is_there() {
    for (x, lost) in [(50.0, "count"), (50.0, "recent"), (3.0, "judged"), (3.0, "reader")] {
        let made = flow().run().frame(&rows(x, 1)).get_partial(&[lost, "other"]).unwrap();
        assert!(made.get(lost).unwrap().is_err() && made.get("other").unwrap().is_ok(), "{lost}");
    }
}

#[test]
fn a_stream_is_as_it_was_before() {
    let flow = flow();
    let mut stream = flow.stream_named(&flow.unfitted(), &["recent", "judged"]).unwrap();
    stream.push(&rows(1.0, 1)).unwrap();
    stream.push(&rows(50.0, 2)).unwrap_err();
    stream.push(&rows(3.0, 2)).unwrap_err();
    let made = stream.push(&rows(1.0, 3)).unwrap();
    assert_eq!(made.column::<i64>("recent").unwrap().to_vec(), [Some(2)]);
}

#[test]
fn single_rows_are_refused() {
    let flow = flow();
    let mut online = flow.online_named(&flow.unfitted(), &["recent", "judged"]).unwrap();
    let row = |x: f64| [Value::DateTime(chrono::NaiveDateTime::default()), x.into()];
    online.take_in(&row(1.0)).unwrap();
    online.take_in(&row(50.0)).unwrap_err();
    online.take_in(&row(3.0)).unwrap_err();
    assert_eq!(online.take_in(&row(1.0)).unwrap()[0], Value::I64(2));
}
