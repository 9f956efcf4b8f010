//! Expression nodes: segments, types, columns, checks, partial runs.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use varvite_flow::polars::prelude::{Expr, col, lit, when};
use varvite_flow::{
    Check, ColExpr, Column, Dataflow, Folded, Kind, Module, Moments, Node, Phase, Severity, Value, Whole,
};

fn build(nodes: impl IntoIterator<Item = Node>) -> Dataflow {
    Dataflow::builder().with(Module::new().nodes(nodes)).build().unwrap()
}

fn people() -> RecordBatch {
    let age: ArrayRef = Arc::new(Float64Array::from(vec![Some(20.0), None, Some(40.0), Some(60.0)]));
    let visits: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    let name: ArrayRef = Arc::new(StringArray::from(vec![Some("ann"), Some("bo"), None, Some("di")]));
    RecordBatch::try_from_iter([("age", age), ("visits", visits), ("name", name)]).unwrap()
}

fn floats(made: &Value) -> Vec<Option<f64>> {
    let Value::Column(column) = made else { panic!("{made:?}") };
    Column::<f64>::from_array(column).unwrap().to_vec()
}

#[test]
fn expressions_read_rows_and_values_and_are_read_by_functions_of_rows() {
    let flow = build([
        Node::whole("mean", ["age"], |age: Folded<Moments>| Whole(age.mean())),
        Node::row("half", ["age"], |age: f64| age / 2.0),
        Node::expr("away", ["half", "mean"], |half: ColExpr<f64>, mean: Whole<f64>| half * 2.0 - mean),
        Node::expr("capped", ["away"], |away: ColExpr<f64>| -> ColExpr<f64> {
            when(away.clone().into_expr().gt(lit(5.0))).then(lit(5.0)).otherwise(away.into_expr()).into()
        }),
        Node::row("score", ["capped", "visits"], |capped: f64, visits: i64| capped * visits as f64),
        Node::whole("total", ["capped"], |capped: Folded<Moments>| Whole(capped.mean())),
    ]);
    let run = flow.run().frame(&people());
    assert_eq!(
        run.explain(&["score", "total"]).unwrap(),
        [
            "pass over rows: load age; compute half; fold age by Moments; keep half",
            "call mean",
            "collect rows: load half; express away, capped; keep capped",
            "pass over rows: load capped, visits; compute score; fold capped by Moments; keep score",
            "call total",
        ]
    );
    let made = run.get_named(&["score", "total"]).unwrap();
    assert_eq!(floats(made.get("score").unwrap()), [Some(-20.0), None, Some(0.0), Some(20.0)]);
    assert_eq!(made.value::<f64>("total"), Some(-5.0));
}

#[test]
fn what_lies_between_two_collects_makes_two_of_them_and_what_lies_beside_makes_one() {
    let flow = build([
        Node::expr("a", ["age"], |age: ColExpr<f64>| age + 1.0),
        Node::row("b", ["a"], |a: f64| a * 2.0),
        Node::row("b2", ["a", "b"], |a: f64, b: f64| a + b),
        Node::expr("c", ["b2", "a"], |b: ColExpr<f64>, a: ColExpr<f64>| b - a),
        Node::expr("d", ["visits"], |visits: ColExpr<i64>| visits + 1),
        Node::expr("e", ["d", "c"], |visits: ColExpr<i64>, c: ColExpr<f64>| -> ColExpr<f64> {
            ColExpr::cast(visits.into_expr()) + c
        }),
        Node::row("f", ["e", "b"], |e: f64, b: f64| e - b),
    ]);
    let lines = flow.run().frame(&people()).explain(&["f"]).unwrap();
    assert_eq!(
        lines,
        [
            "collect rows: load age; express a; keep a",
            "pass over rows: load a; compute b, b2; keep b, b2",
            // `d` is collected where it is read.
            "collect rows: load visits, b2, a; express d, c, e; keep e",
            "pass over rows: load e, b; compute f; keep f",
        ]
    );
    let made = flow.run().frame(&people()).get_named(&["f"]).unwrap();
    // a = age + 1, b2 = 3 a, c = 2 a, e = visits + 1 + 2 a, f = visits + 1.
    assert_eq!(floats(made.get("f").unwrap()), [Some(2.0), None, Some(4.0), Some(5.0)]);
}

#[test]
fn a_shared_expression_is_computed_once_however_deep_the_graph_is() {
    let mut nodes = vec![Node::expr("n0", ["age"], |age: ColExpr<f64>| age + 0.0)];
    for at in 1..200 {
        let before = format!("n{}", at - 1);
        // Each reads the one before twice: written out, that would be 2^199 terms.
        let node =
            Node::expr(format!("n{at}"), ["one", "two"], |one: ColExpr<f64>, two: ColExpr<f64>| one + two - 20.0);
        let from = varvite_flow::Binding::source(&before);
        nodes.push(node.with_binding("one", from.clone()).with_binding("two", from));
    }
    let flow = build(nodes);
    let run = flow.run().frame(&people());
    // Polars goes through plans by recursion: deep ones are cut.
    assert_eq!(run.explain(&["n199"]).unwrap().len(), 13);
    let made = run.get_named(&["n199"]).unwrap();
    assert_eq!(floats(made.get("n199").unwrap())[0], Some(20.0));
}

#[test]
fn an_expression_of_another_type_is_refused_before_anything_runs() {
    let flow = build([
        Node::expr("age_in_days", ["age"], |age: ColExpr<f64>| -> ColExpr<i64> {
            (age.into_expr() * lit(365.0)).into()
        }),
        Node::expr("cast", ["age"], |age: ColExpr<f64>| -> ColExpr<i64> {
            ColExpr::cast(age.into_expr() * lit(365.0))
        }),
    ]);
    let error = flow.run().frame(&people()).get_named(&["age_in_days"]).unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::TypeMismatch));
    assert!(error.to_string().starts_with("`age_in_days` makes f64, and says that it makes i64"), "{error}");
    let made = flow.run().frame(&people()).get_named(&["cast"]).unwrap();
    let Some(Value::Column(days)) = made.get("cast") else { panic!() };
    assert_eq!(Column::<i64>::from_array(days).unwrap().to_vec(), [Some(7300), None, Some(14600), Some(21900)]);
}

#[test]
fn an_expression_reads_its_parameters_and_nothing_else() {
    let stranger = |expr: Expr| -> ColExpr<f64> { expr.into() };
    let flow = build([
        Node::expr("stranger", ["age", "visits"], move |age: ColExpr<f64>, _visits: ColExpr<i64>| {
            stranger(age.into_expr() + col("nmae"))
        }),
        Node::expr("pattern", ["age"], |_age: ColExpr<f64>| {
            ColExpr::<f64>::new(varvite_flow::polars::prelude::all().as_expr())
        }),
        Node::row("lost", ["age"], |age: ColExpr<f64>| -> f64 {
            drop(age);
            0.0
        }),
    ]);
    let error = flow.run().frame(&people()).get_named(&["stranger"]).unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::NoColumn));
    assert_eq!(error.problems[0].names, ["stranger", "nmae"]);
    let error = flow.run().frame(&people()).get_named(&["pattern"]).unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::TypeMismatch));
    let error = flow.run().frame(&people()).get_named(&["lost"]).unwrap_err();
    assert!(error.to_string().contains("let it return a `ColExpr`"), "{error}");
}

#[test]
fn checks_are_made_of_expressions_also_inside_of_a_plan() {
    let flow = build([
        Node::expr("a", ["age"], |age: ColExpr<f64>| age + 1.0)
            .with_check(Check::range(0.0..=50.0).with_severity(Severity::Fail)),
        Node::expr("b", ["a"], |a: ColExpr<f64>| a * 2.0),
        Node::expr("c", ["age"], |age: ColExpr<f64>| age * 3.0),
    ]);
    let error = flow.run().frame(&people()).get_named(&["b"]).unwrap_err();
    assert_eq!((error.phase, error.kind(), error.problems[0].row), (Phase::Run, Kind::CheckFailed, Some(3)));
    let made = flow.run().frame(&people()).get_partial(&["b", "c"]).unwrap();
    assert_eq!(made.get("b").unwrap().unwrap_err().kind, Kind::CheckFailed);
    assert_eq!(floats(made.get("c").unwrap().unwrap())[0], Some(60.0));
}

#[test]
fn a_partial_run_keeps_what_does_not_need_the_failure() {
    let flow = build([
        Node::whole("limit", ["age"], |_age: Folded<Moments>| -> Result<Whole<f64>, String> { Err("none".to_owned()) }),
        Node::expr("a", ["age", "limit"], |age: ColExpr<f64>, limit: Whole<f64>| age + limit),
        Node::expr("b", ["a"], |a: ColExpr<f64>| a * 2.0),
        Node::expr("c", ["age"], |age: ColExpr<f64>| age * 3.0),
    ]);
    let made = flow.run().frame(&people()).get_partial(&["b", "c"]).unwrap();
    assert_eq!(made.get("b").unwrap().unwrap_err().names, ["limit"]);
    assert_eq!(floats(made.get("c").unwrap().unwrap())[0], Some(60.0));
}

#[test]
fn all_types_of_rows_go_in_and_out_unchanged() {
    use varvite_flow::chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
    fn check<T: varvite_flow::Element>(values: Vec<Option<T>>) {
        let flow = build([
            Node::expr("same", ["x"], |x: ColExpr<T>| x),
            Node::expr("again", ["same"], |x: ColExpr<T>| {
                ColExpr::<T>::new(when(lit(true)).then(x.clone().into_expr()).otherwise(x.into_expr()))
            }),
        ]);
        let column = Column::<T>::new(values.clone());
        let batch = RecordBatch::try_from_iter_with_nullable([("x", column.as_array().clone(), true)]).unwrap();
        let made = flow.run().frame(&batch).get_named(&["again"]).unwrap();
        let Some(Value::Column(made)) = made.get("again") else { panic!() };
        assert_eq!(Column::<T>::from_array(made).unwrap().to_vec(), values);
        // And as one value each.
        let single = values.into_iter().flatten().next().unwrap().into_value();
        let made = flow.run().input("x", single.clone()).get_named(&["again"]).unwrap();
        assert_eq!(made.get("again"), Some(&single));
    }
    check(vec![Some(1.5), None]);
    check(vec![Some(1.5_f32), None]);
    check(vec![Some(i64::MIN), None]);
    check(vec![Some(7_i32), None]);
    check(vec![Some(7_u32), None]);
    check(vec![Some(true), None]);
    check(vec![Some("x".to_owned()), None]);
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    check(vec![Some(day), None]);
    check::<NaiveDateTime>(vec![day.and_hms_micro_opt(1, 2, 3, 456_789), None]);
    check::<DateTime<Utc>>(vec![day.and_hms_micro_opt(1, 2, 3, 456_789).map(|time| time.and_utc()), None]);
}

#[test]
fn a_failure_of_the_engine_names_the_nodes_of_its_plan() {
    let flow = build([Node::expr("number", ["name"], |name: ColExpr<String>| -> ColExpr<i64> {
        name.into_expr().strict_cast(varvite_flow::polars::prelude::DataType::Int64).into()
    })]);
    let error = flow.run().frame(&people()).get_named(&["number"]).unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Run, Kind::NodeFailed));
    assert!(error.to_string().starts_with("the lazy plan of `number` failed"), "{error}");
}

/// What has one value and what has one a row stand in one graph, and each is read as what it is.
#[test]
fn an_expression_of_one_value_stays_one_beside_expressions_of_rows() {
    let flow = build([
        Node::expr("double", ["w"], |w: ColExpr<f64>| w * 2.0),
        Node::row("next", ["double"], |double: f64| double + 1.0),
        Node::expr("older", ["age", "double"], |age: ColExpr<f64>, double: ColExpr<f64>| age + double),
        Node::expr("two", [], || ColExpr::<f64>::new(lit(2.0))),
        Node::row("three", ["two"], |two: f64| two + 1.0),
    ]);
    let run = flow.run().frame(&people()).input("w", 5.0);
    let beside = run.get_named(&["next", "older", "double", "three", "two"]).unwrap();
    let alone = flow.run().input("w", 5.0).get_named(&["next", "double", "three", "two"]).unwrap();
    for (name, value) in [("next", 11.0), ("double", 10.0), ("three", 3.0), ("two", 2.0)] {
        assert_eq!((name, alone.get(name)), (name, Some(&Value::F64(value))));
        // Where there are rows, it is that of each.
        assert_eq!((name, floats(beside.get(name).unwrap())), (name, vec![Some(value); 4]));
    }
    assert_eq!(floats(beside.get("older").unwrap()), [Some(30.0), None, Some(50.0), Some(70.0)]);
}

#[test]
fn a_partial_run_keeps_what_is_collected_beside_a_failure() {
    let strict = |name: ColExpr<String>| -> ColExpr<i64> {
        name.into_expr().strict_cast(varvite_flow::polars::prelude::DataType::Int64).into()
    };
    let flow = build([
        Node::expr("number", ["name"], strict),
        Node::expr("next", ["number"], |number: ColExpr<i64>| number + 1),
        Node::expr("older", ["age"], |age: ColExpr<f64>| age + 1.0),
    ]);
    let made = flow.run().frame(&people()).get_partial(&["next", "older"]).unwrap();
    let problem = made.get("next").unwrap().unwrap_err();
    assert_eq!((problem.kind, &problem.names[..]), (Kind::NodeFailed, &["number".to_owned(), "next".to_owned()][..]));
    assert_eq!(floats(made.get("older").unwrap().unwrap())[0], Some(21.0));
}

/// Whether a stranger is found does not depend on what else is asked for.
#[test]
fn an_expression_does_not_read_what_its_parameters_are_made_of() {
    let flow = build([
        Node::expr("a", ["age"], |age: ColExpr<f64>| age * 2.0),
        Node::expr("b", ["a"], |a: ColExpr<f64>| -> ColExpr<f64> { (a.into_expr() + col("age")).into() }),
    ]);
    for request in [&["b"][..], &["a", "b"]] {
        let error = flow.run().frame(&people()).get_named(request).unwrap_err();
        assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::NoColumn), "{request:?}");
        assert_eq!(error.problems[0].names, ["b", "age"]);
    }
}

#[test]
fn names_that_look_like_those_of_a_plan_do_no_harm() {
    let flow = build([
        Node::row("b: x", ["age"], |age: f64| age * 2.0),
        Node::expr("b", ["b: x", "x"], |one: ColExpr<f64>, x: ColExpr<f64>| one + x).with_default("x", 1.0),
        Node::expr("age'", ["b"], |b: ColExpr<f64>| b + 1.0),
        Node::expr("len()", ["age'"], |b: ColExpr<f64>| b + 1.0),
        Node::expr("^.*$", ["len()"], |b: ColExpr<f64>| b + 1.0),
        Node::expr("*", ["^.*$"], |b: ColExpr<f64>| b + 1.0),
    ]);
    let run = flow.run().frame(&people());
    assert_eq!(
        floats(run.clone().get_named(&["*"]).unwrap().get("*").unwrap()),
        [Some(45.0), None, Some(85.0), Some(125.0)]
    );
    let all = ["b", "age'", "len()", "^.*$", "*"];
    let made = run.get_named(&all).unwrap();
    for (name, value) in all.into_iter().zip([41.0, 42.0, 43.0, 44.0, 45.0]) {
        assert_eq!(floats(made.get(name).unwrap())[0], Some(value), "{name}");
    }
}

/// Polars asks functions of users for their types, too.
#[test]
fn a_panic_while_types_are_asked_for_is_an_error() {
    let broken = |x: ColExpr<f64>| -> ColExpr<f64> { x.into_expr().map(Ok, |_, _| panic!("no type")).into() };
    let flow = build([Node::expr("broken", ["age"], broken)]);
    let error = flow.run().frame(&people()).get_named(&["broken"]).unwrap_err();
    assert!(error.to_string().contains("no type"), "{error}");
    assert_eq!(error.problems[0].names, ["broken"]);
    assert_eq!(flow.leaf_columns("broken").unwrap().into_iter().collect::<Vec<_>>(), ["age"]);
}
