//! Checks: what each finds, what comes of it, and where it holds.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use varvite_flow::{Check, Dataflow, Kind, Module, Node, Severity};

fn frame() -> RecordBatch {
    let x: ArrayRef =
        Arc::new(Float64Array::from(vec![Some(1.0), None, Some(5.0), Some(3.0), Some(3.0), Some(f64::NAN)]));
    let s: ArrayRef =
        Arc::new(StringArray::from(vec![Some("ab1"), Some("ab22"), None, Some("1ab"), Some("ab3"), Some("")]));
    RecordBatch::try_from_iter([("x", x), ("s", s)]).unwrap()
}

fn flow(check: Check, severity: Severity) -> Dataflow {
    let text = check.name().starts_with("pattern") || check.name().starts_with("length");
    let node =
        if text { Node::row("y", ["s"], |s: Option<String>| s) } else { Node::row("y", ["x"], |x: Option<f64>| x) };
    let module = Module::new().node(node.with_check(check.with_severity(severity)));
    Dataflow::builder().with(module).build().unwrap()
}

#[track_caller]
fn check(check: &Check, num_failed: u64, first_rows: &[u64]) {
    let flow = flow(check.clone(), Severity::Warn);
    let made = flow.run().frame(&frame()).get_named(&["y"]).unwrap();
    let outcome = made.report().failed_checks().next().expect("nothing was found").clone();
    assert_eq!(
        (outcome.num_rows, outcome.num_failed, &outcome.first_rows[..]),
        (6, num_failed, first_rows),
        "{outcome:?}"
    );
    let failing = self::flow(check.clone(), Severity::Fail);
    let error = failing.run().frame(&frame()).get_named(&["y"]).unwrap_err();
    assert_eq!((error.kind(), error.problems[0].row), (Kind::CheckFailed, first_rows.first().copied()));
    // Batches are checked each for itself.
    let fitted = failing.fit_named(&[frame()], &["y"]).unwrap();
    assert_eq!(failing.stream_named(&fitted, &["y"]).unwrap().push(&frame()).unwrap_err().kind(), Kind::CheckFailed);
    let online = failing.online_named(&fitted, &["y"]);
    if check.needs_rows() {
        assert_eq!(online.err().unwrap().kind(), Kind::CheckNotApplicable);
    } else {
        assert!(online.is_ok());
    }
}

#[test]
fn each_check_finds_its_rows() {
    check(&Check::range(0.0..=4.0), 2, &[2, 5]);
    check(&Check::one_of([1.0, 3.0]), 2, &[2, 5]);
    check(&Check::finite(), 1, &[5]);
    check(&Check::with("odd", |value| value.as_f64() != Some(5.0)), 1, &[2]);
    check(&Check::monotonic(), 1, &[3]);
    check(&Check::unique(), 1, &[4]);
    check(&Check::null_fraction(0.1), 0, &[]);
    check(&Check::length(3..=3), 2, &[1, 5]);
    check(&Check::pattern("^ab[0-9]$"), 3, &[1, 3, 5]);
}

#[test]
fn what_is_no_pattern_is_found_when_the_graph_is_built() {
    let node = Node::row("y", ["s"], |s: String| s).with_check(Check::pattern("("));
    let error = Dataflow::builder().with(Module::new().node(node)).build().unwrap_err();
    assert_eq!(error.kind(), Kind::CheckNotApplicable);
}

#[test]
fn a_single_row_is_refused_by_a_check_that_fails_and_served_by_one_that_warns() {
    for (severity, is_served) in [(Severity::Fail, false), (Severity::Warn, true)] {
        let flow = flow(Check::pattern("^a"), severity);
        let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
        let fitted = flow.fit_named(&[RecordBatch::try_from_iter([("s", text)]).unwrap()], &["y"]).unwrap();
        let mut online = flow.online_named(&fitted, &["y"]).unwrap();
        assert!(online.call(&["ab".into()]).is_ok());
        assert_eq!(online.call(&["b".into()]).is_ok(), is_served);
    }
}
