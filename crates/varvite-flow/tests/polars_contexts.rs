//! Expressions and frames in three contexts: a data set, batches, single rows.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use proptest::prelude::*;
use varvite_flow::polars::prelude::{
    Column as PlColumn, DataFrame, JoinArgs, JoinType, Literal, NamedFrom, PolarsResult, Series, SortOptions, col, df,
    len, lit, when,
};
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

/// The sum of two rows; nothing for the first.
fn rolling(x: PlColumn) -> PolarsResult<PlColumn> {
    let values: Vec<Option<f64>> = x.f64()?.iter().collect();
    let sums = std::iter::once(None).chain(values.windows(2).map(|pair| Some(pair[0]? + pair[1]?)));
    Ok(PlColumn::new(x.name().clone(), sums.take(values.len()).collect::<Vec<_>>()))
}

#[test]
fn a_rolling_expression_is_computed_of_a_data_set_and_refused_in_batches() {
    let sum = |x: ColExpr<f64>| -> ColExpr<f64> { x.into_expr().apply(rolling, |_, field| Ok(field.clone())).into() };
    let flow = build([Node::expr("sum", ["x"], sum), Node::expr("next", ["sum"], |sum: ColExpr<f64>| sum + 1.0)]);
    let rows = batch(&[(Some(1.0), 1), (Some(2.0), 1), (Some(4.0), 1)]);
    let made = flow.run().frame(&rows).get_named(&["next"]).unwrap();
    assert_eq!(floats(made.get("next").unwrap()), [None, Some(4.0), Some(7.0)]);
    let error = flow.stream_named(&flow.unfitted(), &["next"]).unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::AcrossRows));
    assert!(error.to_string().starts_with("`sum` looks at other rows than its own"), "{error}");
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
        ("len", |x| (x.into_expr() * len()).into()),
        ("filter", |x| x.clone().into_expr().filter(x.into_expr().gt(lit(0.0))).into()),
        ("get", |x| x.into_expr().get(lit(0), false).into()),
        ("series", |_| ColExpr::new(Series::new("s".into(), [1.0, 2.0]).lit())),
        // A window that rolls over rows: whatever is applied to a column looks at other rows.
        ("rolling", |x| x.into_expr().apply(rolling, |_, field| Ok(field.clone())).into()),
        ("rolling beside", |x| {
            let both = |columns: &mut [PlColumn]| rolling(std::mem::take(&mut columns[0]));
            (x.clone().into_expr() + x.into_expr().apply_many(both, &[], |_, fields| Ok(fields[0].clone()))).into()
        }),
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

    // Of a single row the frame is that row, looked up by the caller; the table is given with it.
    let mut online = flow.online_named(&fitted, &["paid"]).unwrap();
    assert_eq!(online.required_inputs().map(|(name, _)| name).collect::<Vec<_>>(), ["prices", "sales"]);
    let mut call = |item: &[i64], count: &[i64]| {
        let made = online.call(&[prices.clone().into(), rows(item, count).into()]);
        made.map(|made| made[0].clone())
    };
    assert_eq!(call(&[3], &[1]).unwrap(), Value::F64(30.0));
    assert_eq!(call(&[1], &[2]).unwrap(), Value::F64(20.0));
    assert_eq!(call(&[9], &[3]).unwrap(), Value::Null);
    for (items, num_rows) in [(&[][..], 0), (&[1, 3][..], 2)] {
        let error = call(items, items).unwrap_err();
        assert_eq!((error.phase, error.kind()), (Phase::Run, Kind::NodeFailed));
        assert!(error.to_string().contains(&format!("its frame has {num_rows} rows, and a single row is")), "{error}");
    }
    // Or its columns are looked up.
    let mut online = flow.online_given(&fitted, &["paid"], &["price", "count"]).unwrap();
    assert_eq!(online.required_inputs().map(|(name, _)| name).collect::<Vec<_>>(), ["count", "price"]);
    assert_eq!(online.call(&[Value::I64(2), Value::F64(5.0)]).unwrap(), [Value::F64(10.0)]);
    // Or the joined frame is.
    let mut online = flow.online_given(&fitted, &["paid"], &["priced"]).unwrap();
    let priced = df!("price" => [4.0], "count" => [3_i64]).unwrap();
    assert_eq!(online.call(&[priced.into()]).unwrap(), [Value::F64(12.0)]);
}

/// Frames, expressions, functions of rows and values that were fitted, in one graph.
fn of_frame() -> Dataflow {
    let kept = Node::frame("kept", ["table"], |table: Frame| -> Frame {
        table.lazy().with_columns([(col("x") * lit(2.0)).alias("double")]).into()
    });
    build([
        kept.columns::<f64>(["x", "double"]).columns::<i64>(["n"]),
        Node::whole("mean", ["double"], |double: Folded<Moments>| Whole(double.mean())),
        Node::expr("away", ["double", "mean"], |double: ColExpr<f64>, mean: Whole<f64>| double - mean),
        Node::row("scaled", ["away", "n"], |away: f64, n: i64| away * n as f64),
        Node::expr("sum", ["scaled", "x"], |scaled: ColExpr<f64>, x: ColExpr<f64>| scaled + x),
        Node::expr("beside", ["table", "weight"], |table: Frame, weight: ColExpr<f64>| {
            table.column::<f64>("x") * weight
        }),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_agree_row_by_row(rows in prop::collection::vec((prop::option::of(-1e3..1e3), -5_i64..5), 2..12)) {
        let (flow, request) = (of_frame(), ["x", "away", "scaled", "sum", "beside"]);
        let run = flow.run().input("table", batch(&rows)).input("weight", 0.1);
        let fitted = run.clone().fit_named(&request).unwrap();
        let offline = run.fitted(&fitted).get_named(&request).unwrap();
        let mut online = flow.online_named(&fitted, &request).unwrap();
        prop_assert_eq!(online.required_inputs().map(|(name, _)| name).collect::<Vec<_>>(), ["table", "weight"]);
        let mut served = vec![Vec::new(); request.len()];
        for row in &rows {
            let made = online.call(&[batch(&[*row]).into(), Value::F64(0.1)]).unwrap();
            made.iter().zip(&mut served).for_each(|(value, all)| all.push(value.as_f64().map(f64::to_bits)));
        }
        for (name, served) in request.iter().zip(served) {
            let offline: Vec<_> = floats(offline.get(name).unwrap()).into_iter().map(|x| x.map(f64::to_bits)).collect();
            prop_assert_eq!(offline, served, "{}", name);
        }
    }
}

#[test]
fn expressions_of_a_frame_that_look_at_other_rows_are_refused_of_a_single_row() {
    let share = |table: Frame| -> ColExpr<f64> { (col("x") / table.column::<f64>("x").into_expr().sum()).into() };
    let flow = build([Node::expr("share", ["table"], share)]);
    let table = || Value::from(df!("x" => [3.0]).unwrap());
    let error = flow.online_named(&flow.unfitted(), &["share"]).unwrap().call(&[table()]).unwrap_err();
    assert_eq!(error.kind(), Kind::AcrossRows);
    let flow = build([Node::expr("share", ["table"], share).batchwise()]);
    let mut online = flow.online_named(&flow.unfitted(), &["share"]).unwrap();
    assert_eq!(online.call(&[table()]).unwrap(), [Value::F64(1.0)]);
}
