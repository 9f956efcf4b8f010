//! Operators as nodes: what the plain operator gives, however rows are cut into batches, also through storage.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;
use varvite_flow::arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use varvite_flow::arrow::compute::concat_batches;
use varvite_flow::ops::time::{Period, PeriodUnit};
use varvite_flow::ops::{
    AsofFrame, AsofMerge, AsofOptions, Bins, EmptyBins, Error, Function, Matching, RowLabel, SegmentOptions,
    SegmentedAggregation, Segments, Snapshots,
};
use varvite_flow::{Batch, Dataflow, Fitted, Kind, Module, Node, Outputs, Stream};

#[varvite_flow::dataflow]
pub mod features {
    use varvite_flow::Whole;
    use varvite_flow::ops::Segments;

    #[node]
    pub fn notional(price: f64, size: f64) -> f64 {
        price * size
    }

    /// Of rows, beside what was matched with them.
    #[node]
    pub fn spread(ask_0: f64, bid_0: f64) -> f64 {
        ask_0 - bid_0
    }

    /// Of the bins of a batch.
    #[node]
    pub fn num_bins(bars: &Segments) -> Whole<i64> {
        Whole(i64::try_from(bars.bins.num_rows()).unwrap_or_default())
    }
}

/// Seconds, with one column of values; missing where it is negative.
fn rows(name: &str, rows: &[(i64, i32)]) -> RecordBatch {
    let at = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.0 * 1_000_000));
    let values: Float64Array = rows.iter().map(|row| (row.1 >= 0).then_some(f64::from(row.1))).collect();
    let columns: [(&str, ArrayRef); 2] = [("at", Arc::new(at)), (name, Arc::new(values))];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn build(node: Node) -> Dataflow {
    Dataflow::builder().with(Module::new().node(node)).with(features::module()).build().unwrap()
}

/// Pushes batch after batch; between any two, the state is stored and read.
fn streamed(flow: &Dataflow, request: &[&str], batches: impl IntoIterator<Item = Batch>) -> Vec<Outputs> {
    let mut state = flow.unfitted();
    let push = |batch: Batch| {
        let mut stream = flow.stream_named(&state, request).unwrap();
        let made = stream.push(batch).unwrap();
        state = Fitted::from_json(&stream.state().unwrap().to_json().unwrap()).unwrap();
        made
    };
    batches.into_iter().map(push).collect()
}

fn table(outputs: &Outputs, name: &str) -> RecordBatch {
    outputs.get(name).unwrap().as_batch().unwrap().clone()
}

/// What a stream refuses of a batch, with its state as it was.
#[track_caller]
fn refused(stream: &mut Stream, batch: Batch) -> (Kind, String) {
    let before = stream.state().unwrap();
    let error = stream.push(batch).unwrap_err();
    assert_eq!(stream.state().unwrap(), before);
    (error.kind(), error.to_string())
}

mod asof {
    use super::*;

    fn options(matching: Matching, n_prev: usize) -> AsofOptions {
        let frame = AsofFrame::new(matching).with_n_prev(n_prev);
        let fill = RecordBatch::try_from_iter([("ask", Arc::new(Float64Array::from(vec![-1.0])) as ArrayRef)]).unwrap();
        AsofOptions::new("at", [frame.clone(), frame.with_fill(fill)])
    }

    fn node(options: AsofOptions) -> Node {
        Node::asof("quoted", ["bids", "asks"], options).unwrap()
    }

    fn batch(trades: &[(i64, i32)], bids: &[(i64, i32)], asks: &[(i64, i32)]) -> Batch {
        Batch::new().frame(&rows("price", trades)).input("bids", rows("bid", bids)).input("asks", rows("ask", asks))
    }

    #[test]
    fn columns_are_nodes_of_rows() {
        let node =
            node(options(Matching::Before, 1)).columns::<f64>(["ask_0", "bid_0"]).column::<f64>("earlier", "bid_1");
        let flow = build(node);
        let run = flow.run().frame(&rows("price", &[(2, 1), (4, 1), (5, 1)]));
        let run = run.input("bids", rows("bid", &[(1, 10), (4, 11)])).input("asks", rows("ask", &[(2, 15)]));
        let made = run.get_named(&["spread", "earlier"]).unwrap();
        assert_eq!(made.column::<f64>("spread").unwrap().to_vec(), [Some(-11.0), Some(5.0), Some(4.0)]);
        assert_eq!(made.column::<f64>("earlier").unwrap().to_vec(), [None, None, Some(10.0)]);
    }

    #[test]
    fn what_comes_late_is_named() {
        let flow = build(node(options(Matching::AtOrBefore, 0)));
        let mut stream = flow.stream_named(&flow.unfitted(), &["quoted"]).unwrap();
        stream.push(batch(&[(5, 1)], &[(4, 1), (6, 1)], &[])).unwrap();
        let mut check = |batch: Batch, expected: &str| {
            assert_eq!(refused(&mut stream, batch), (Kind::NodeFailed, format!("node `quoted` failed: {expected}")));
        };
        check(
            batch(&[(9, 1)], &[(7, 1), (8, 1), (7, 1)], &[]),
            "column `at` of `bids` descends at row 2: 1970-01-01T00:00:07Z after 1970-01-01T00:00:08Z",
        );
        check(
            batch(&[(9, 1)], &[(5, 1)], &[]),
            "column `at` of `bids` descends at row 0: 1970-01-01T00:00:05Z after 1970-01-01T00:00:06Z",
        );
        check(
            batch(&[(9, 1), (8, 1)], &[], &[]),
            "column `at` of targets descends at row 1: 1970-01-01T00:00:08Z after 1970-01-01T00:00:09Z",
        );
        check(
            batch(&[(5, 1)], &[], &[]),
            "target row 0 is at 1970-01-01T00:00:05Z, but `bids` had a row at 1970-01-01T00:00:06Z in an earlier call",
        );
    }

    #[test]
    fn times_of_tables_go_into_microseconds_as_those_of_rows_do() {
        let frame = AsofFrame::new(Matching::AtOrBefore);
        let flow = build(Node::asof("quoted", ["bids"], AsofOptions::new("at", [frame])).unwrap());
        let run = |at: ArrayRef| {
            let bids =
                RecordBatch::try_from_iter([("at", at), ("bid", rows("bid", &[(2, 7)])["bid"].clone())]).unwrap();
            flow.run().frame(&rows("price", &[(2, 1)])).input("bids", bids).get_named(&["quoted"])
        };
        let made = run(Arc::new(TimestampNanosecondArray::from(vec![2_000_000_001]))).unwrap();
        assert_eq!(table(&made, "quoted"), rows("bid", &[(2, 7)]));
        let error = run(Arc::new(Int64Array::from(vec![2]))).unwrap_err().to_string();
        assert!(error.contains("column `at` of `bids` is Int64: that of targets is"), "{error}");
    }

    #[test]
    fn single_rows_have_none() {
        let flow =
            build(node(options(Matching::Before, 0)).column::<f64>("ask_0", "ask").column::<f64>("bid_0", "bid"));
        let error = flow.online_named(&flow.unfitted(), &["spread"]).unwrap_err();
        let expected = "`quoted` has a state that goes from batch to batch, and there are single rows: replace it";
        assert!(error.kind() == Kind::NeedsFitted && error.to_string().contains(expected), "{error}");
        let mut given = flow.online_given(&flow.unfitted(), &["spread"], &["ask_0", "bid_0"]).unwrap();
        assert_eq!(given.call(&[2.5.into(), 1.0.into()]).unwrap(), [1.5.into()]);
    }

    #[test]
    fn other_options_are_another_graph() {
        let one = build(node(options(Matching::Before, 0)));
        let other = build(node(options(Matching::AtOrBefore, 0)));
        let error = other.stream_named(&one.unfitted(), &["quoted"]).unwrap_err();
        assert_eq!(error.kind(), Kind::OtherGraph);
    }

    #[test]
    fn options_that_no_node_can_have_are_refused() {
        let check = |tables: &[&str], options: AsofOptions, expected: &str| {
            let error = Node::asof("a", tables.iter().copied(), options).unwrap_err();
            assert!(matches!(error, Error::InvalidOption { .. }) && error.to_string().contains(expected), "{error}");
        };
        check(&["bids"], options(Matching::Before, 0), "1 tables are named for 2 frames");
        check(&["bids", "bids"], options(Matching::Before, 0), "two parameters would be named `bids`");
        check(&["bids", "at"], options(Matching::Before, 0), "two parameters would be named `at`");
        let both = options(Matching::Before, 0).with_prefixes([["a", "b"], ["c", "d"]]);
        check(&["bids", "asks"], both, "a node has one join position, and these are 2");
    }

    /// Rows from one time up to another.
    fn within(rows: &[(i64, i32)], times: &Range<i64>) -> Vec<(i64, i32)> {
        rows.iter().copied().filter(|row| times.contains(&row.0)).collect()
    }

    fn ordered() -> impl Strategy<Value = Vec<(i64, i32)>> {
        prop::collection::vec((0_i64..30, -2_i32..20), 0..25).prop_map(|mut rows| {
            rows.sort_by_key(|row| row.0);
            rows
        })
    }

    proptest! {
        #[test]
        fn any_cut_gives_what_the_plain_operator_gives(
            (trades, bids, asks) in (ordered(), ordered(), ordered()),
            cuts in prop::collection::btree_set(1_i64..30, 0..5),
            at_or_before in any::<bool>(),
            n_prev in 0_usize..3,
        ) {
            let matching = if at_or_before { Matching::AtOrBefore } else { Matching::Before };
            let options = options(matching, n_prev);
            let flow = build(node(options.clone()));
            let all = rows("price", &trades);
            let plain = AsofMerge::try_new(options).unwrap()
                .push(&all.project(&[0]).unwrap(), &[rows("bid", &bids), rows("ask", &asks)]).unwrap();
            let offline = flow.run().frame(&all).input("bids", rows("bid", &bids)).input("asks", rows("ask", &asks));
            prop_assert_eq!(&table(&offline.get_named(&["quoted"]).unwrap(), "quoted"), &plain);

            let edges: Vec<i64> = [0].into_iter().chain(cuts).chain([30]).collect();
            let batches = edges.windows(2).map(|edge| {
                let times = edge[0]..edge[1];
                batch(&within(&trades, &times), &within(&bids, &times), &within(&asks, &times))
            });
            let made: Vec<RecordBatch> =
                streamed(&flow, &["quoted"], batches).iter().map(|made| table(made, "quoted")).collect();
            prop_assert_eq!(concat_batches(plain.schema_ref(), &made).unwrap(), plain);
        }
    }
}

mod segments {
    use super::*;

    fn options(bins: impl Into<Bins>) -> SegmentOptions {
        let functions = [Function::First.of("price"), Function::Sum.of("notional"), Function::Std.of("notional")];
        SegmentOptions::new("at", bins, functions)
    }

    fn node(options: SegmentOptions) -> Node {
        let node = Node::segments("bars", options).unwrap();
        node.field("bins", |made: &Segments| made.bins.clone())
            .field("running", |made: &Segments| made.snapshots.clone())
    }

    /// Prices, with a size that makes notionals inexact.
    fn priced(prices: &[(i64, i32)]) -> RecordBatch {
        let frame = rows("price", prices);
        let size: ArrayRef = Arc::new(Float64Array::from(vec![0.1; prices.len()]));
        let columns =
            [("at", frame["at"].clone(), true), ("price", frame["price"].clone(), true), ("size", size, true)];
        RecordBatch::try_from_iter_with_nullable(columns).unwrap()
    }

    fn push(stream: &mut Stream, prices: &[(i64, i32)]) -> (usize, i64) {
        let made = stream.push(&priced(prices)).unwrap();
        (table(&made, "bins").num_rows(), made.value::<i64>("num_bins").unwrap())
    }

    #[test]
    fn the_open_bin_comes_again() {
        let flow = build(node(options(Bins::every(Period::MINUTE))));
        let mut stream = flow.stream_named(&flow.unfitted(), &["bins", "num_bins"]).unwrap();
        assert_eq!(push(&mut stream, &[(0, 1), (70, 2)]), (2, 2));
        assert_eq!(push(&mut stream, &[(80, 3)]), (1, 1));
        assert_eq!(push(&mut stream, &[(130, 3)]), (2, 2));
        assert_eq!(push(&mut stream, &[]), (1, 1));
    }

    #[test]
    fn what_comes_late_is_named() {
        let flow = build(node(options(Bins::every(Period::MINUTE))));
        let mut stream = flow.stream_named(&flow.unfitted(), &["bins"]).unwrap();
        stream.push(&priced(&[(10, 1), (20, 2)])).unwrap();
        let mut check = |prices: &[(i64, i32)], expected: &str| {
            let expected = format!("node `bars` failed: column `at` of rows descends at row {expected}");
            assert_eq!(refused(&mut stream, (&priced(prices)).into()), (Kind::NodeFailed, expected));
        };
        check(&[(19, 1)], "0: 1970-01-01T00:00:19Z after 1970-01-01T00:00:20Z");
        check(&[(21, 1), (30, 1), (29, 1)], "2: 1970-01-01T00:00:29Z after 1970-01-01T00:00:30Z");
    }

    #[test]
    fn single_rows_have_none() {
        let flow = build(node(options(Bins::every(Period::MINUTE))));
        let error = flow.online_named(&flow.unfitted(), &["num_bins"]).unwrap_err();
        assert!(error.kind() == Kind::NeedsFitted && error.to_string().contains("`bars` has a state"), "{error}");
    }

    #[test]
    fn options_that_do_not_fit_together_are_refused() {
        let twice = [Function::Sum.of("price"), Function::Sum.of("price")];
        let error = Node::segments("bars", SegmentOptions::new("at", Bins::every(Period::MINUTE), twice)).unwrap_err();
        assert!(matches!(error, Error::DuplicateColumn { .. }), "{error}");
    }

    #[test]
    fn columns_of_another_type_are_refused_by_name() {
        let flow = build(node(options(Bins::every(Period::MINUTE))));
        let mut stream = flow.stream_named(&flow.unfitted(), &["bins"]).unwrap();
        stream.push(&priced(&[(10, 1)])).unwrap();
        let frame = priced(&[(20, 1)]);
        let at: ArrayRef = Arc::new(Int64Array::from(vec![20]));
        let other = [("at", at), ("price", frame["price"].clone()), ("size", frame["size"].clone())];
        let (_, told) = refused(&mut stream, (&RecordBatch::try_from_iter(other).unwrap()).into());
        assert!(told.contains("column `at` was Timestamp(µs) and is Int64"), "{told}");
    }

    /// The last row of each label.
    fn kept(tables: impl IntoIterator<Item = RecordBatch>) -> RecordBatch {
        let mut kept: Vec<RecordBatch> = Vec::new();
        let mut schema = None;
        for table in tables {
            schema = Some(table.schema());
            let first = (table.num_rows() > 0).then(|| table.column(0).slice(0, 1));
            if kept.last().is_some_and(|last| first.is_some_and(|first| *last.column(0) == first)) {
                kept.pop();
            }
            kept.extend((0..table.num_rows()).map(|row| table.slice(row, 1)));
        }
        concat_batches(&schema.unwrap(), &kept).unwrap()
    }

    fn bins() -> impl Strategy<Value = Bins> {
        let count = (1_u64..5)
            .prop_map(|count| Bins::Rows { count: NonZeroU64::new(count).unwrap(), label: RowLabel::Ordinal });
        prop_oneof![Just(Bins::every(Period::MINUTE)), count]
    }

    proptest! {
        #[test]
        fn any_cut_gives_what_the_plain_operator_gives(
            prices in prop::collection::vec((0_i64..400, -1_i32..20), 1..40),
            cuts in prop::collection::vec(0_usize..40, 0..6),
            bins in bins(),
            leaves_out in any::<bool>(),
        ) {
            let mut prices = prices;
            prices.sort_by_key(|row| row.0);
            let frame = priced(&prices);
            let empty = if leaves_out { EmptyBins::LeftOut } else { EmptyBins::Null };
            let snapshots = Snapshots::Every(Bins::every(Period::try_new(25, PeriodUnit::Second).unwrap()));
            let options = options(bins).with_empty(empty).with_snapshots(snapshots);
            let flow = build(node(options.clone()));

            let made = flow.run().frame(&frame).get_named(&["bins", "running", "notional"]).unwrap();
            let (offline, running) = (table(&made, "bins"), table(&made, "running"));
            let notional: ArrayRef = made.column::<f64>("notional").unwrap().as_array().clone();
            let columns = [("at", frame["at"].clone()), ("price", frame["price"].clone()), ("notional", notional)];
            let all = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap();
            let plain = SegmentedAggregation::try_new(options).unwrap().push(&all).unwrap();
            prop_assert_eq!((&offline, Some(&running)), (&plain.bins, plain.snapshots.as_ref()));

            let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (prices.len() + 1)).chain([prices.len()]).collect();
            ends.sort_unstable();
            let starts = [0].into_iter().chain(ends.clone());
            let batches = starts.zip(ends.clone()).map(|(start, end)| Batch::from(&frame.slice(start, end - start)));
            let made = streamed(&flow, &["bins", "running"], batches);
            prop_assert_eq!(kept(made.iter().map(|made| table(made, "bins"))), offline);
            prop_assert_eq!(kept(made.iter().map(|made| table(made, "running"))), running);
        }
    }
}
