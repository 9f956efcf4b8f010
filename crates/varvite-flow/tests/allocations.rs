//! A single row allocates nothing: all values stand in slots that are used again.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use peak_alloc::PeakAlloc;
use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite_flow::{Dataflow, Folded, Module, Moments, Node, Value, Whole};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// A hundred nodes, ten wide; each reads two before it and a fitted value.
fn flow() -> Dataflow {
    let node = |at: usize| {
        let name = |at: usize| if at < 10 { "x".to_owned() } else { format!("n{}", at - 10) };
        let f = |one: f64, two: Option<f64>, mean: Whole<f64>| one * 0.5 + two.unwrap_or(0.0) - *mean;
        Node::row(format!("n{at}"), [&name(at), &name((at + 1).max(1)), "mean"], f)
    };
    let mean = Node::whole("mean", ["x"], |x: Folded<Moments>| Whole(x.mean()));
    Dataflow::builder().with(Module::new().node(mean).nodes((0..100).map(node))).build().unwrap()
}

#[test]
fn a_row_through_a_hundred_nodes_allocates_nothing() {
    let flow = flow();
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let fitted = flow.fit_named(&[RecordBatch::try_from_iter([("x", x)]).unwrap()], &["n99", "n95"]).unwrap();
    let mut online = flow.online_named(&fitted, &["n99", "n95"]).unwrap();
    let row = [Value::F64(3.0)];
    let expected = online.call(&row).unwrap().to_vec();
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    for _ in 0..100 {
        assert_eq!(online.call(&row).unwrap(), expected);
    }
    // Whatever was allocated would have raised the peak, also if it was freed at once.
    assert_eq!((ALLOCATOR.peak_usage(), ALLOCATOR.current_usage()), (before, before));
}
