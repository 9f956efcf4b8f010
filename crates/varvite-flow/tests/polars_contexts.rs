//! Expressions and frames in three contexts: a data set, batches, single rows.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use proptest::prelude::*;
use varvite_flow::polars::prelude::{DataFrame, JoinArgs, JoinType, SortOptions, col, df, lit, when};
use varvite_flow::{
    Batch, ColExpr, Column, Dataflow, Folded, Frame, Kind, Module, Moments, Node, Phase, Value, Whole, assert_agreement,
};

fn build(nodes: impl IntoIterator<Item = Node>) -> Dataflow {
    Dataflow::builder().with(Module::new().nodes(nodes)).build().unwrap()
}

fn batch(values: &[(Option<f64>, i64)]) -> RecordBatch {
    let x: ArrayRef = Arc::new(values.iter().map(|(x, _)| *x).collect::<Float64Array>());
    let n: ArrayRef = Arc::new(values.iter().map(|(_, n)| *n).collect::<Int64Array>());
    RecordBatch::try_from_iter_with_nullable([("x", x, true), ("n", n, true)]).unwrap()
}

fn standard() -> Dataflow {
    build([
        Node::whole("mean", ["x"], |x: Folded<Moments>| Whole(x.mean())),
        Node::whole("std", ["x"], |x: Folded<Moments>| Whole(x.std())),
        Node::expr("z", ["x", "mean", "std"], |x: ColExpr<f64>, mean: Whole<f64>, std: Whole<f64>| (x - mean) / std),
        Node::row("scaled", ["z", "n"], |z: f64, n: i64| z * n as f64),
        Node::expr("kept", ["scaled", "x"], |scaled: ColExpr<f64>, x: ColExpr<f64>| -> ColExpr<f64> {
            let (scaled, x) = (scaled.into_expr(), x.into_expr());
            when(scaled.clone().is_null())
                .then(lit(-1.0))
                .when(scaled.clone().gt(x.clone()))
                .then(x)
                .otherwise(scaled)
                .into()
        }),
        Node::row("last", ["kept"], |kept: f64| kept + 0.5),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions_that_go_row_by_row_agree(
        rows in prop::collection::vec((prop::option::of(-1e3..1e3), -5_i64..5), 2..40),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len())).chain([0, rows.len()]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let batches: Vec<RecordBatch> = cuts.windows(2).map(|cut| batch(&rows[cut[0]..cut[1]])).collect();
        assert_agreement(&standard(), &["z", "kept", "last"], &batches);
    }
}

type Across = fn(ColExpr<f64>) -> ColExpr<f64>;

/// What looks at other rows, each in another way.
fn across() -> Vec<(&'static str, Across)> {
    vec![
        ("mean", |x| (x.clone().into_expr() - x.into_expr().mean()).into()),
        ("sum", |x| x.into_expr().sum().into()),
        ("shift", |x| x.into_expr().shift(lit(1)).into()),
        ("over", |x| x.clone().into_expr().max().over([x.into_expr()]).unwrap().into()),
        ("sort", |x| x.into_expr().sort(SortOptions::default()).into()),
        ("reverse", |x| x.into_expr().reverse().into()),
        ("first", |x| x.into_expr().first().into()),
        ("slice", |x| x.into_expr().slice(lit(0), lit(2)).into()),
        ("fill", |x| {
            x.into_expr().fill_null_with_strategy(varvite_flow::polars::prelude::FillNullStrategy::Forward(None)).into()
        }),
    ]
}

#[test]
fn expressions_that_look_at_other_rows_are_refused_in_parts() {
    for (name, f) in across() {
        let flow = build([Node::expr(name, ["x"], f)]);
        let rows = batch(&[(Some(1.0), 1), (Some(2.0), 1)]);
        let fitted = flow.fit_named(&[rows], &[name]).unwrap();
        let error = flow.stream_named(&fitted, &[name]).err().unwrap_or_else(|| panic!("{name} was not found"));
        assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::AcrossRows), "{name}");
        let error = flow.online_named(&fitted, &[name]).err().unwrap_or_else(|| panic!("{name} was not found"));
        assert_eq!(error.kind(), Kind::AcrossRows, "{name}");
    }
}

#[test]
fn an_expression_that_is_said_to_go_by_batches_does() {
    let share = |x: ColExpr<f64>| -> ColExpr<f64> { (x.clone().into_expr() / x.into_expr().sum()).into() };
    let flow = build([Node::expr("share", ["x"], share).batchwise()]);
    let rows = batch(&[(Some(1.0), 1), (Some(3.0), 1)]);
    let fitted = flow.fit_named(std::slice::from_ref(&rows), &["share"]).unwrap();
    let made = flow.stream_named(&fitted, &["share"]).unwrap().push(&rows).unwrap();
    assert_eq!(floats(made.get("share").unwrap()), [Some(0.25), Some(0.75)]);
    let mut online = flow.online_named(&fitted, &["share"]).unwrap();
    assert_eq!(online.call(&[Value::F64(3.0)]).unwrap(), [Value::F64(1.0)]);
}

/// The expression depends on a value that is known with the row alone.
#[test]
fn what_is_known_late_is_refused_late() {
    let shifted = |x: ColExpr<f64>, by: Whole<i64>| -> ColExpr<f64> { x.into_expr().shift(lit(*by)).into() };
    let flow = build([Node::expr("shifted", ["x", "by"], shifted)]);
    let rows = batch(&[(Some(1.0), 1), (Some(3.0), 1)]);
    let offline = flow.run().frame(&rows).input("by", 1_i64).get_named(&["shifted"]).unwrap();
    assert_eq!(floats(offline.get("shifted").unwrap()), [None, Some(1.0)]);
    let fitted = flow.fit_named(std::slice::from_ref(&rows), &["shifted"]).unwrap();
    let mut stream = flow.stream_named(&fitted, &["shifted"]).unwrap();
    let error = stream.push(Batch::new().frame(&rows).input("by", 1_i64)).unwrap_err();
    assert_eq!(error.kind(), Kind::AcrossRows);
}

fn floats(made: &Value) -> Vec<Option<f64>> {
    let Value::Column(column) = made else { panic!("{made:?}") };
    Column::<f64>::from_array(column).unwrap().to_vec()
}

#[test]
fn a_frame_of_a_batch_joins_a_static_table() {
    let prices: DataFrame = df!("item" => [1_i64, 2, 3], "price" => [10.0, 20.0, 30.0]).unwrap();
    let priced = Node::frame("priced", ["sales", "prices"], |sales: Frame, prices: Frame| -> Frame {
        let left = JoinArgs::new(JoinType::Left);
        sales.lazy().join(prices.lazy(), [col("item")], [col("item")], left).into()
    });
    let flow = build([
        priced.columns::<f64>(["price"]).columns::<i64>(["count"]),
        Node::expr("paid", ["price", "count"], |price: ColExpr<f64>, count: ColExpr<i64>| price * ColExpr::cast(count)),
    ]);
    let rows = |item: &[i64], count: &[i64]| {
        let item: ArrayRef = Arc::new(Int64Array::from(item.to_vec()));
        let count: ArrayRef = Arc::new(Int64Array::from(count.to_vec()));
        RecordBatch::try_from_iter([("item", item), ("count", count)]).unwrap()
    };
    let rows_of = |frame: RecordBatch| Batch::new().input("sales", frame).input("prices", prices.clone());
    let whole = flow.run().input("sales", rows(&[3, 1, 9], &[1, 2, 3])).input("prices", prices.clone());
    assert_eq!(floats(whole.get_named(&["paid"]).unwrap().get("paid").unwrap()), [Some(30.0), Some(20.0), None]);
    let fitted = flow.fit_named(&[batch(&[(None, 1)])], &[]).unwrap();
    let mut stream = flow.stream_named(&fitted, &["paid"]).unwrap();
    let one = stream.push(rows_of(rows(&[3], &[1]))).unwrap();
    let two = stream.push(rows_of(rows(&[1, 9], &[2, 3]))).unwrap();
    assert_eq!(floats(one.get("paid").unwrap()), [Some(30.0)]);
    assert_eq!(floats(two.get("paid").unwrap()), [Some(20.0), None]);
    let error = flow.online_named(&fitted, &["paid"]).err().unwrap();
    assert_eq!(error.kind(), Kind::NeedsFitted);
    assert!(error.to_string().contains("is of the rows of a frame, and there are single rows"), "{error}");
}
