//! Columns that are not quite what they should be: of another type than their node says, with dates that none can read.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDateTime;
use varvite_flow::arrow::array::{
    ArrayRef, Date32Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray,
    TimestampSecondArray,
};
use varvite_flow::arrow::datatypes::Int32Type;
use varvite_flow::{
    Check, Column, Dataflow, FlowType, Item, Kind, Module, Node, Sum, Value, Whole, Window, WindowSpec,
};

fn flow(nodes: impl IntoIterator<Item = Node>) -> Dataflow {
    Dataflow::builder().with(Module::new().nodes(nodes)).build().unwrap()
}

fn column(name: &str, item: Item, column: ArrayRef) -> Node {
    Node::dynamic(name, vec![], FlowType::column(item), move |_| Ok(Value::Column(Arc::clone(&column))))
}

#[test]
fn a_column_of_another_type_is_refused() {
    let flow = flow([column("c", Item::F64, Arc::new(Int64Array::from(vec![7]))).with_check(Check::range(0.0..=1.0))]);
    let error = flow.run().get_named(&["c"]).unwrap_err();
    assert_eq!(error.kind(), Kind::TypeMismatch);
    assert!(error.to_string().contains("made Int64"), "{error}");
}

#[test]
fn a_column_of_any_type_is_checked() {
    let flow =
        flow([column("c", Item::Any, Arc::new(Float64Array::from(vec![7.0]))).with_check(Check::range(0.0..=1.0))]);
    assert_eq!(flow.run().get_named(&["c"]).unwrap_err().kind(), Kind::CheckFailed);
}

#[test]
fn a_dictionary_is_text() {
    let keys: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
    let window = WindowSpec::new("t", Duration::from_secs(10)).by("k");
    let flow = flow([
        column("k", Item::Str, Arc::new(keys)),
        Node::row("m", ["x"], |x: Window<Sum>| x.sum()).with_window("x", window),
        Node::row("is_a", ["k"], |k: &str| k == "a"),
    ]);
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0, 4.0]));
    let t: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1, 2, 3]));
    let frame = RecordBatch::try_from_iter([("x", x), ("t", t)]).unwrap();
    let made = flow.run().frame(&frame).get_named(&["m", "is_a"]).unwrap();
    assert_eq!(made.column::<f64>("m").unwrap().to_vec(), [Some(1.0), Some(2.0), Some(5.0)]);
    assert_eq!(made.column::<bool>("is_a").unwrap().to_vec(), [Some(true), Some(false), Some(true)]);
}

#[test]
fn times_that_none_can_read_are_refused() {
    let far: [ArrayRef; 2] = [
        Arc::new(TimestampMicrosecondArray::from(vec![1, i64::MAX])),
        Arc::new(TimestampSecondArray::from(vec![1, i64::MAX])),
    ];
    let window = WindowSpec::new("t", Duration::from_secs(10));
    let flow = flow([
        Node::row("row", ["t"], |t: Option<NaiveDateTime>| t.is_none()),
        Node::whole("whole", ["t"], |t: Column<NaiveDateTime>| Whole(t.to_vec().is_empty())),
        Node::row("window", ["x"], |x: Window<Sum>| x.sum()).with_window("x", window),
    ]);
    for t in far {
        let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
        let frame = RecordBatch::try_from_iter([("x", x), ("t", t)]).unwrap();
        for node in ["row", "whole", "window"] {
            let error = flow.run().frame(&frame).get_named(&[node]).unwrap_err();
            assert_eq!((error.kind(), &error.problems[0].names[..]), (Kind::InputTypeMismatch, &["t".to_owned()][..]));
            assert!(flow.run().frame(&frame).get_partial(&[node]).is_err());
        }
    }
    let day: ArrayRef = Arc::new(Date32Array::from(vec![i32::MAX]));
    assert!(Column::<chrono::NaiveDate>::from_array(&day).is_none());
    // What stands below a null is nobody's.
    let hidden = TimestampMicrosecondArray::new(vec![i64::MAX, 1].into(), Some(vec![false, true].into()));
    assert!(Column::<NaiveDateTime>::from_array(&(Arc::new(hidden) as ArrayRef)).is_some());
}
