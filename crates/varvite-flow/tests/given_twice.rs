//! What is given twice is refused: it is not known which is meant.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite_flow::{Batch, Dataflow, Kind, Module, Node, Result, Whole};

fn flow() -> Dataflow {
    let nodes = [
        Node::whole("limit", ["peak"], |peak: f64| Whole(peak * 2.0)),
        Node::row("y", ["x", "limit"], |x: f64, limit: Whole<f64>| x.min(*limit)),
    ];
    Dataflow::builder().with(Module::new().nodes(nodes)).build().unwrap()
}

fn rows() -> RecordBatch {
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 9.0]));
    RecordBatch::try_from_iter([("x", x)]).unwrap()
}

#[track_caller]
fn check<T: std::fmt::Debug>(made: Result<T>, name: &str) {
    let error = made.unwrap_err();
    assert_eq!(error.problems.len(), 1, "{error}");
    assert_eq!((error.kind(), error.problems[0].names.join(",").as_str()), (Kind::GivenTwice, name));
}

#[test]
fn what_is_given_twice_is_refused() {
    let flow = flow();
    let run = || flow.run().frame(&rows()).input("peak", 1.0);
    assert!(run().get_named(&["y"]).is_ok());
    check(run().input("peak", 2.0).get_named(&["y"]), "peak");
    check(run().frame(&rows()).get_named(&["y"]), "");
    check(run().input("x", rows().column(0).clone()).get_named(&["y"]), "x");
    let replaced = || flow.run().frame(&rows()).replace_named("limit", Whole(1.0).0);
    assert!(replaced().get_named(&["y"]).is_ok());
    check(replaced().replace_named("limit", 2.0).get_named(&["y"]), "limit");
    check(run().frame(&rows()).fit_named(&["y"]), "");

    let fitted = flow.unfitted().replace("limit", 2.0);
    let mut stream = flow.stream_named(&fitted, &["y"]).unwrap();
    check(stream.push(Batch::new().frame(&rows()).frame(&rows())), "");
    assert!(stream.push(&rows()).is_ok());
}
