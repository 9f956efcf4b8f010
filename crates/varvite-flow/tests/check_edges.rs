//! Checks where blocks of rows meet, of what is not a number, and inside fan-outs.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite_flow::{All, Check, CheckOutcome, Dataflow, Each, Kind, Module, Node, Severity, Whole};

/// Rows that one thread takes at once.
const BLOCK: u32 = 65_536;

fn outcome(check: Check, values: impl IntoIterator<Item = Option<f64>>) -> CheckOutcome {
    let node = Node::row("y", ["x"], |x: f64| x).with_check(check.with_severity(Severity::Warn));
    let flow = Dataflow::builder().with(Module::new().node(node)).build().unwrap();
    let values: ArrayRef = Arc::new(values.into_iter().collect::<Float64Array>());
    let frame = RecordBatch::try_from_iter([("x", values)]).unwrap();
    flow.run().frame(&frame).get_named(&["y"]).unwrap().report().checks[0].clone()
}

#[test]
fn what_comes_twice_is_told_though_the_first_is_in_another_block() {
    let twice = |row: u32| if row == BLOCK + 7 { 3 } else { row };
    let found = outcome(Check::unique(), (0..BLOCK + 100).map(|row| Some(f64::from(twice(row)))));
    assert_eq!((found.num_failed, found.first_rows), (1, vec![u64::from(BLOCK) + 7]));
}

#[test]
fn a_descent_between_blocks_is_told_where_the_value_is() {
    let value = |row: u32| (!(BLOCK..BLOCK + 4).contains(&row)).then(|| f64::from(row % BLOCK));
    let found = outcome(Check::monotonic(), (0..BLOCK + 100).map(value));
    assert_eq!((found.num_failed, found.first_rows), (1, vec![u64::from(BLOCK) + 4]));
}

#[test]
fn a_descent_is_seen_through_what_is_not_a_number() {
    let found = outcome(Check::monotonic(), [Some(5.0), Some(f64::NAN), None, Some(3.0)]);
    assert_eq!(found.first_rows, [3]);
}

#[test]
fn a_mean_that_is_not_a_number_lies_in_no_range() {
    let with_nan = || [Some(0.5), Some(f64::NAN)];
    assert!(!outcome(Check::mean(0.0..=1.0), with_nan()).passed);
    assert!(!outcome(Check::deviation(0.0..=1.0), with_nan()).passed);
    assert!(outcome(Check::mean(0.0..=1.0), [None]).passed);
    assert!(outcome(Check::deviation(0.0..=1.0), [Some(5.0)]).passed);
}

#[test]
fn checks_inside_a_fan_out_are_of_all_items() {
    let flow = |severity| {
        let module = Module::new()
            .node(Node::whole("items", [], || Each(vec![1.0, 2.0, 300.0])))
            .node(
                Node::value("twice", ["items"], |x: f64| x * 2.0)
                    .with_check(Check::range(0.0..=10.0).with_severity(severity)),
            )
            .node(Node::whole("total", ["twice"], |x: All<f64>| Whole(x.iter().sum::<f64>())));
        Dataflow::builder().with(module).build().unwrap()
    };
    let error = flow(Severity::Fail).run().get_named(&["total"]).unwrap_err();
    assert_eq!((error.kind(), error.problems[0].row), (Kind::CheckFailed, Some(2)));
    let made = flow(Severity::Warn).run().get_named(&["total"]).unwrap();
    let found = &made.report().checks[0];
    assert_eq!((found.num_rows, found.num_failed, &found.first_rows[..]), (3, 1, &[2][..]));
    assert_eq!(made.value::<f64>("total"), Some(606.0));
}
