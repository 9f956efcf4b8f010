//! A buffer says when it is full, and hands out what came in, in its order.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use varvite_ops::Buffer;

fn ints(values: std::ops::Range<i64>) -> RecordBatch {
    RecordBatch::try_from_iter([("v", Arc::new(Int64Array::from_iter_values(values)) as ArrayRef)]).unwrap()
}

#[test]
fn it_is_full_at_its_limit_and_empty_when_taken() {
    let mut buffer = Buffer::new(8 * 10);
    assert!(!buffer.push("b", ints(0..4)).unwrap());
    assert!(!buffer.push("a", ints(0..5)).unwrap());
    assert_eq!(buffer.num_bytes(), 8 * 9);
    assert!(buffer.push("b", ints(4..5)).unwrap());
    let taken = buffer.take().unwrap();
    assert_eq!(taken.keys().collect::<Vec<_>>(), [&"a", &"b"]);
    assert_eq!(taken["b"], ints(0..5));
    assert!(buffer.is_empty() && !buffer.is_full());
    assert!(buffer.take().unwrap().is_empty());
}

#[test]
fn of_a_slice_only_its_own_rows_count() {
    let mut buffer = Buffer::new(1_000);
    let _ = buffer.push((), ints(0..1_000).slice(500, 2)).unwrap();
    assert_eq!(buffer.num_bytes(), 16);
}

#[test]
fn rows_with_other_columns_are_refused_and_change_nothing() {
    let mut buffer = Buffer::new(1_000);
    let _ = buffer.push("a", ints(0..2)).unwrap();
    let floats = RecordBatch::try_from_iter([("v", Arc::new(Float64Array::from(vec![0.5])) as ArrayRef)]).unwrap();
    let error = buffer.push("a", floats.clone()).unwrap_err();
    assert_eq!(error.to_string(), "the columns of a key's rows do not fit: they were v: Int64, and are v: Float64");
    let _ = buffer.push("b", floats).unwrap();
    assert_eq!(buffer.take().unwrap()["a"], ints(0..2));
}
