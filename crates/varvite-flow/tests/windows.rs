//! Windows: which rows they have, against a naive scan, and the same answer however rows are cut.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use varvite_flow::chrono::DateTime;
use varvite_flow::{
    Column, Count, Dataflow, Fitted, Kind, LateRows, MinMax, Module, Node, Sum, Value, Window, WindowSpec,
    assert_agreement,
};

type Row = (i64, Option<&'static str>, Option<f64>);

fn batch(rows: &[Row]) -> RecordBatch {
    let time = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.0)).with_timezone("UTC");
    let user: StringArray = rows.iter().map(|row| row.1).collect();
    let spend: Float64Array = rows.iter().map(|row| row.2).collect();
    let columns: [(&str, ArrayRef); 3] =
        [("time", Arc::new(time)), ("user", Arc::new(user)), ("spend", Arc::new(spend))];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn within(micros: u64) -> WindowSpec {
    WindowSpec::new("time", Duration::from_micros(micros)).by("user")
}

fn summed(spec: WindowSpec) -> Dataflow {
    let node = Node::row("sum", ["spend"], |spend: Window<Sum>| spend.sum()).with_window("spend", spec);
    Dataflow::builder().with(Module::new().node(node)).build().unwrap()
}

fn nothing(flow: &Dataflow, request: &[&str]) -> Fitted {
    flow.fit_named(&[batch(&[])], request).unwrap()
}

#[track_caller]
fn check(spec: WindowSpec, rows: &[Row], expected: &[f64]) {
    let made = summed(spec).run().frame(&batch(rows)).get_named(&["sum"]).unwrap();
    assert_eq!(made.column::<f64>("sum").unwrap().to_vec(), expected.iter().map(|&sum| Some(sum)).collect::<Vec<_>>());
}

#[test]
fn the_right_end_is_in_and_the_left_is_not() {
    let (a, b) = (Some("a"), Some("b"));
    let rows = [(0, a, Some(1.0)), (3, b, Some(2.0)), (9, a, Some(4.0)), (10, a, Some(8.0)), (10, a, Some(16.0))];
    check(within(10), &rows, &[1.0, 2.0, 5.0, 12.0, 28.0]);
    check(within(10).without_own_row(), &rows, &[0.0, 0.0, 1.0, 4.0, 12.0]);
    check(WindowSpec::new("time", Duration::from_micros(10)), &rows, &[1.0, 3.0, 7.0, 14.0, 30.0]);
}

#[test]
fn a_row_without_a_value_or_a_key_is_in_no_window() {
    let a = Some("a");
    check(
        within(10),
        &[(0, a, Some(1.0)), (1, None, Some(2.0)), (2, a, None), (3, a, Some(4.0))],
        &[1.0, 0.0, 1.0, 5.0],
    );
}

#[test]
fn late_rows_are_refused_or_dropped() {
    let rows = [(5, Some("a"), Some(1.0)), (4, Some("a"), Some(2.0)), (6, Some("a"), Some(4.0))];
    let error = summed(within(10)).run().frame(&batch(&rows)).get_named(&["sum"]).unwrap_err();
    assert_eq!((error.kind(), error.problems[0].row), (Kind::LateRow, Some(1)));
    check(within(10).late_rows(LateRows::Drop), &rows, &[1.0, 0.0, 5.0]);
}

#[test]
fn a_plan_says_which_windows_it_has() {
    let plan = summed(within(10)).run().frame(&batch(&[])).explain(&["sum"]).unwrap();
    assert_eq!(plan, ["window spend by Sum within 10µs of time by user", "pass over rows: compute sum; keep sum"]);
}

#[test]
fn a_window_of_which_nothing_is_told_is_refused() {
    let node = Node::row("sum", ["spend"], |spend: Window<Sum>| spend.sum());
    let error = Dataflow::builder().with(Module::new().node(node)).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "parameter `spend` of `sum` is a window, and `with_window` does not say over which times"
    );
}

#[test]
fn a_batch_that_fails_leaves_the_windows_alone() {
    let flow = summed(within(10));
    let mut stream = flow.stream_named(&nothing(&flow, &["sum"]), &["sum"]).unwrap();
    let a = Some("a");
    stream.push(&batch(&[(0, a, Some(1.0)), (8, a, Some(2.0))])).unwrap();
    let before = stream.state().unwrap();
    let error = stream.push(&batch(&[(11, a, Some(4.0)), (12, Some("b"), None), (9, a, Some(8.0))])).err().unwrap();
    assert_eq!(error.kind(), Kind::LateRow);
    assert_eq!(stream.state().unwrap(), before);
    let made = stream.push(&batch(&[(11, a, Some(4.0))])).unwrap();
    assert_eq!(made.column::<f64>("sum").unwrap().to_vec(), [Some(6.0)]);
}

#[test]
fn a_single_row_sees_what_a_stream_has_left() {
    let flow = summed(within(10));
    let mut stream = flow.stream_named(&nothing(&flow, &["sum"]), &["sum"]).unwrap();
    stream.push(&batch(&[(0, Some("a"), Some(1.0)), (8, Some("a"), Some(2.0))])).unwrap();
    let state = Fitted::from_json(&stream.state().unwrap().to_json().unwrap()).unwrap();
    let mut online = flow.online_named(&state, &["sum"]).unwrap();
    assert_eq!(online.required_inputs().map(|(name, _)| name).collect::<Vec<_>>(), ["spend", "time", "user"]);
    let row = |time: i64, spend: f64| [spend.into(), DateTime::from_timestamp_micros(time).unwrap().into(), "a".into()];
    assert_eq!(online.call(&row(9, 4.0)).unwrap(), [Value::F64(7.0)]);
    assert_eq!(online.call(&row(9, 4.0)).unwrap(), [Value::F64(7.0)]);
    assert_eq!(online.take_in(&row(9, 4.0)).unwrap(), [Value::F64(7.0)]);
    assert_eq!(online.call(&row(12, 8.0)).unwrap(), [Value::F64(14.0)]);
    assert_eq!(online.call(&row(8, 8.0)).unwrap_err().kind(), Kind::LateRow);
}

#[test]
fn a_fit_of_another_value_in_its_place() {
    let flow = summed(within(10));
    let mut online = flow.online_given(&nothing(&flow, &["sum"]), &["sum"], &["sum"]).unwrap();
    assert_eq!(online.call(&[Value::F64(3.0)]).unwrap(), [Value::F64(3.0)]);
}

fn naive(rows: &[Row], at: usize, span: i64) -> (f64, u64, Option<f64>) {
    let (now, key, _) = rows[at];
    let seen = rows[..=at].iter().filter(|row| key.is_some() && row.1 == key && row.0 > now - span && row.2.is_some());
    let values: Vec<f64> = seen.filter_map(|row| row.2).collect();
    (values.iter().sum(), values.len() as u64, values.iter().copied().reduce(f64::max))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_are_what_a_naive_scan_finds_in_every_context(
        steps in prop::collection::vec((0i64..4, prop::option::of(prop::sample::select(vec!["a", "b", "c"])), prop::option::of(-9i32..9)), 0..60),
        span in 1u64..12,
        cuts in prop::collection::vec(1usize..9, 1..6),
    ) {
        let mut time = 0;
        let rows: Vec<Row> = steps.iter().map(|&(step, user, spend)| { time += step; (time, user, spend.map(f64::from)) }).collect();
        #[expect(clippy::cast_precision_loss, reason = "few rows")]
        let count = |spend: Window<Count>| spend.count as f64;
        let module = Module::new()
            .node(Node::row("sum", ["spend"], |spend: Window<Sum>| spend.sum()).with_window("spend", within(span)))
            .node(Node::row("count", ["spend"], count).with_window("spend", within(span)))
            .node(Node::row("max", ["spend"], |spend: Window<MinMax>| spend.max()).with_window("spend", within(span)))
            .node(Node::row("share", ["spend", "sum"], |spend: f64, sum: f64| spend / sum))
            .node(Node::row("of_share", ["share"], |share: Window<Sum>| share.sum()).with_window("share", within(span)));
        let flow = Dataflow::builder().with(module).build().unwrap();
        let made = flow.run().frame(&batch(&rows)).get_named(&["sum", "count", "max"]).unwrap();
        let column = |name: &str| made.column::<f64>(name).unwrap().to_vec();
        let (sums, counts, largest) = (column("sum"), column("count"), column("max"));
        for at in 0..rows.len() {
            let (sum, count, max) = naive(&rows, at, i64::try_from(span).unwrap());
            #[expect(clippy::cast_precision_loss, reason = "few rows")]
            let count = count as f64;
            prop_assert_eq!((sums[at], counts[at], largest[at]), (Some(sum), Some(count), max), "row {}", at);
        }
        let mut batches = Vec::new();
        let mut rest = &rows[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() { break; }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            batches.push(batch(now));
            rest = later;
        }
        batches.push(batch(&[]));
        assert_agreement(&flow, &["sum", "count", "max", "share", "of_share"], &batches);
    }
}

/// A state is told from a fit, though it has no windows; and what stood still is no part of it.
#[test]
fn a_state_without_the_windows_of_a_request_is_refused() {
    let window = |name: &str, span| {
        Node::row(name, ["spend"], |spend: Window<Sum>| spend.sum()).with_window("spend", within(span))
    };
    let total = Node::stateful(
        "total",
        ["spend"],
        || 0.0,
        |sum: &mut f64, spend: Column<f64>| {
            let sums = spend.to_vec().into_iter().map(|spend| {
                *sum += spend.unwrap_or_default();
                Some(*sum)
            });
            Column::new(sums.collect::<Vec<_>>())
        },
    );
    let plain = Node::row("plain", ["spend"], |spend: f64| spend * 2.0);
    let module = Module::new().node(window("one", 10)).node(window("two", 20)).node(total).node(plain);
    let flow = Dataflow::builder().with(module).build().unwrap();
    let rows = batch(&[(0, Some("a"), Some(1.0))]);
    let left = |from: &Fitted, request: &[&str]| {
        let mut stream = flow.stream_named(from, request).unwrap();
        stream.push(&rows).unwrap();
        Fitted::from_json(&stream.state().unwrap().to_json().unwrap()).unwrap()
    };
    let refused = |from: &Fitted, request: &[&str]| {
        let error = flow.stream_named(from, request).and_then(|mut stream| stream.push(&rows)).unwrap_err();
        assert_eq!(error.kind(), Kind::NeedsFitted, "{error}");
        error.problems[0].names.clone()
    };
    let plain = left(&flow.unfitted(), &["plain"]);
    assert_eq!(refused(&plain, &["one"]), ["one"]);
    assert_eq!(refused(&plain, &["plain", "total"]), ["total"]);
    let all = left(&flow.unfitted(), &["one", "two", "total"]);
    let one = left(&all, &["one"]);
    assert_eq!(refused(&one, &["two"]), ["two"], "it stood still meanwhile");
    assert_eq!(refused(&one, &["total"]), ["total"]);
    assert!(flow.stream_named(&one, &["one", "plain"]).is_ok());
    let nothing_yet = flow.stream_named(&flow.unfitted(), &["total"]).unwrap().state().unwrap();
    assert!(flow.stream_named(&nothing_yet, &["total"]).is_ok(), "no row has come");
}

#[test]
fn a_state_of_another_request_is_refused() {
    let node = |name: &str, micros| {
        Node::row(name, ["spend"], |spend: Window<Sum>| spend.sum()).with_window("spend", within(micros))
    };
    let module = Module::new().node(node("short", 10)).node(node("long", 20));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let mut stream = flow.stream_named(&flow.unfitted(), &["short"]).unwrap();
    // A batch that is refused leaves a state that tells the same.
    for rows in [vec![(5, Some("a"), None), (3, Some("a"), None)], vec![(0, Some("a"), Some(1.0))]] {
        let is_good = stream.push(&batch(&rows)).is_ok();
        assert_eq!(is_good, rows.len() == 1);
        let state = Fitted::from_json(&stream.state().unwrap().to_json().unwrap()).unwrap();
        let stream_error =
            flow.stream_named(&state, &["short", "long"]).and_then(|mut stream| stream.push(&batch(&rows)));
        let online_error = flow.online_named(&state, &["long"]).map(|_| ()).unwrap_err();
        for error in [stream_error.map(|_| ()).unwrap_err(), online_error] {
            assert_eq!(error.kind(), Kind::NeedsFitted);
            assert!(error.to_string().contains("no window spend by Sum within 20µs of time by user"), "{error}");
        }
        let mut same = flow.stream_named(&state, &["short"]).unwrap();
        assert!(same.push(&batch(&[(7, Some("a"), Some(1.0))])).is_ok());
    }
}

#[test]
fn a_late_row_is_told_with_its_time() {
    let flow = summed(within(10));
    let error = flow.run().frame(&batch(&[(7, Some("a"), None), (5, Some("b"), None)])).get_named(&["sum"]);
    let error = error.map(|_| ()).unwrap_err();
    assert_eq!((error.kind(), error.problems[0].row), (Kind::LateRow, Some(1)));
    let told = "its `time` is 1970-01-01T00:00:00.000005, after a row of 1970-01-01T00:00:00.000007,";
    assert!(error.to_string().contains(told), "{error}");
}
