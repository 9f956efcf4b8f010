//! Checks: what each finds, what comes of it, and where it holds.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use varvite_flow::{All, Check, Column, Dataflow, Each, Fitted, Kind, Module, Node, Severity, Whole};

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
    let fitted = failing.fit_named(&[frame()], &["y"]).unwrap();
    match failing.stream_named(&fitted, &["y"]) {
        Ok(mut stream) => assert_eq!(stream.push(&frame()).unwrap_err().kind(), Kind::CheckFailed),
        Err(error) => assert_eq!((check.name().as_str(), error.kind()), ("unique", Kind::CheckNotApplicable)),
    }
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

/// `x` and `y`, of which `y` is checked as a whole.
fn checked(check: Check) -> Dataflow {
    let node = Node::row("y", ["x"], |x: Option<f64>| x).with_check(check);
    let reader = Node::row("twice", ["y"], |y: f64| y * 2.0).with_check(Check::range(0.0..=100.0));
    Dataflow::builder().with(Module::new().node(node).node(reader)).build().unwrap()
}

#[test]
fn single_rows_skip_what_only_warns_of_a_data_set_and_say_so() {
    let fitted = |flow: &Dataflow| flow.fit_named(&[frame()], &["twice"]).unwrap();
    for check in [Check::unique(), Check::monotonic(), Check::mean(0.0..=1.0), Check::null_fraction(0.1)] {
        let name = check.name();
        let flow = checked(check.clone().with_severity(Severity::Warn));
        let mut online = flow.online_named(&fitted(&flow), &["twice"]).unwrap();
        assert_eq!(online.skipped_checks().collect::<Vec<_>>(), [("y", &*name)]);
        assert_eq!(online.call(&[7.0.into()]).unwrap(), [14.0.into()]);
        assert_eq!(online.call(&[7.0.into()]).unwrap(), [14.0.into()], "a row knows of none before it");
        assert_eq!(online.call(&[77.0.into()]).unwrap_err().kind(), Kind::CheckFailed, "others are asked");
        // What fails is a promise, unless it is said to be of data sets.
        let flow = checked(check.clone());
        let error = flow.online_named(&fitted(&flow), &["twice"]).unwrap_err();
        assert_eq!(error.kind(), Kind::CheckNotApplicable);
        assert!(error.to_string().contains("let it be `offline`, or of severity `warn`"), "{error}");
        let flow = checked(check.offline());
        let mut online = flow.online_named(&fitted(&flow), &["twice"]).unwrap();
        assert_eq!(online.skipped_checks().collect::<Vec<_>>(), [("y", &*name)]);
        assert_eq!(online.call(&[7.0.into()]).unwrap(), [14.0.into()]);
    }
}

/// Pushes the values of each batch, going through a stored state between them; which batches found something.
fn by_batches(check: Check, batches: &[&[Option<f64>]]) -> Vec<bool> {
    let flow = flow(check, Severity::Warn);
    let mut state = flow.unfitted();
    let mut push = |values: &&[Option<f64>]| {
        let x: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
        let s: ArrayRef = Arc::new(StringArray::from(vec!["a"; values.len()]));
        let mut stream = flow.stream_named(&state, &["y"]).unwrap();
        let made = stream.push(&RecordBatch::try_from_iter([("x", x), ("s", s)]).unwrap()).unwrap();
        state = Fitted::from_json(&stream.state().unwrap().to_json().unwrap()).unwrap();
        made.report().failed_checks().next().is_some()
    };
    batches.iter().map(&mut push).collect()
}

#[test]
fn a_check_of_all_rows_goes_on_from_batch_to_batch() {
    let some = |values: &[f64]| values.iter().map(|&value| Some(value)).collect::<Vec<_>>();
    let (low, high, mixed) = (some(&[1.0, 2.0]), some(&[2.0, 9.0]), vec![None, Some(9.0), Some(9.0)]);
    assert_eq!(by_batches(Check::monotonic(), &[&low, &high, &high, &low]), [false, false, true, true]);
    assert_eq!(by_batches(Check::monotonic(), &[&high, &[None], &low]), [false, false, true], "nulls are passed over");
    assert_eq!(by_batches(Check::mean(1.0..=5.0), &[&low, &high, &mixed]), [false, false, true]);
    assert_eq!(by_batches(Check::mean(1.0..=3.0), &[&low, &high, &low]), [false, true, false], "1.5, 3.5, 2.83");
    assert_eq!(by_batches(Check::deviation(0.0..=1.0), &[&low, &[Some(1.0)], &high]), [false, false, true]);
    assert_eq!(by_batches(Check::null_fraction(0.2), &[&low, &mixed, &[None]]), [false, false, true]);
}

#[test]
fn a_batch_that_fails_is_no_part_of_what_a_check_has_seen() {
    let flow = flow(Check::monotonic(), Severity::Fail);
    let mut stream = flow.stream_named(&flow.unfitted(), &["y"]).unwrap();
    let mut push = |value: f64| {
        let x: ArrayRef = Arc::new(Float64Array::from(vec![value]));
        let s: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
        stream
            .push(&RecordBatch::try_from_iter([("x", x), ("s", s)]).unwrap())
            .map(|_| ())
            .map_err(|error| error.kind())
    };
    assert_eq!(
        [5.0, 9.0, 3.0, 9.0, 8.0].map(&mut push),
        [Ok(()), Ok(()), Err(Kind::CheckFailed), Ok(()), Err(Kind::CheckFailed)]
    );
}

#[test]
fn a_stream_does_not_promise_that_no_value_comes_twice() {
    let failing = flow(Check::unique(), Severity::Fail);
    let error = failing.stream_named(&failing.unfitted(), &["y"]).unwrap_err();
    assert_eq!((error.kind(), &error.problems[0].names[..]), (Kind::CheckNotApplicable, &["y".to_owned()][..]));
    let warning = flow(Check::unique(), Severity::Warn);
    let mut stream = warning.stream_named(&warning.unfitted(), &["y"]).unwrap();
    assert_eq!(stream.skipped_checks().collect::<Vec<_>>(), [("y", "unique")]);
    assert!(stream.push(&frame()).unwrap().report().checks.is_empty());
}

#[test]
fn what_is_offline_is_asked_of_data_sets_alone() {
    for check in [Check::unique(), Check::range(0.0..=4.0), Check::with("odd", |value| value.as_f64() != Some(5.0))] {
        let flow = flow(check.clone().offline(), Severity::Fail);
        assert_eq!(flow.run().frame(&frame()).get_named(&["y"]).unwrap_err().kind(), Kind::CheckFailed);
        let fitted = flow.fit_named(&[frame()], &["y"]).unwrap();
        let made = flow.stream_named(&fitted, &["y"]).unwrap().push(&frame()).unwrap();
        assert!(made.report().checks.is_empty(), "{:?}", made.report());
        let mut online = flow.online_named(&fitted, &["y"]).unwrap();
        assert_eq!(online.skipped_checks().collect::<Vec<_>>(), [("y", &*check.name())]);
        assert_eq!(online.call(&[5.0.into()]).unwrap(), [5.0.into()]);
    }
}

/// Of whole columns, of single values and of the items of a fan-out too.
#[test]
fn what_is_offline_is_asked_in_no_part_of_a_stream() {
    let bad = || Check::with("never", |_| false).offline();
    let nodes = [
        Node::stateful("column", ["x"], || 0.0, |_: &mut f64, x: Column<f64>| x).with_check(bad()),
        Node::whole("limit", [], || Whole(1.0)).with_check(bad()),
        Node::whole("each", ["limit"], |limit: Whole<f64>| Each(vec![*limit, 2.0])),
        Node::value("item", ["each"], |item: f64| item).with_check(bad()),
        Node::whole("all", ["item"], |items: All<f64>| Whole(items.0.iter().sum::<f64>())),
        Node::row("y", ["column", "all"], |x: f64, all: Whole<f64>| x + *all),
    ];
    let flow = Dataflow::builder().with(Module::new().nodes(nodes)).build().unwrap();
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let frame = RecordBatch::try_from_iter([("x", x)]).unwrap();
    let error = flow.run().frame(&frame).get_named(&["y"]).unwrap_err();
    assert_eq!(error.kind(), Kind::CheckFailed);
    let made = flow.stream_named(&flow.unfitted(), &["y"]).unwrap().push(&frame).unwrap();
    assert_eq!(made.column::<f64>("y").unwrap().to_vec(), [Some(4.0)]);
    assert!(made.report().checks.is_empty());
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
