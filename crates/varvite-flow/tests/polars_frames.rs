//! Frame nodes: joins, filters, columns as nodes, models, pushdown.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use varvite_flow::polars::prelude::{
    DataFrame, DataType, IntoLazy, JoinArgs, JoinType, SortMultipleOptions, col, df, lit,
};
use varvite_flow::{
    ColExpr, Column, Dataflow, Folded, Frame, FrameModel, Item, Kind, Module, Moments, Node, Observer, Phase, Value,
    Whole,
};

struct Orders;

impl FrameModel for Orders {
    fn columns() -> Vec<(String, Item)> {
        vec![("person".to_owned(), Item::I64), ("amount".to_owned(), Item::F64), ("note".to_owned(), Item::Any)]
    }
}

fn people() -> DataFrame {
    df!("id" => [1_i64, 2, 3, 4], "age" => [20.0, 30.0, 40.0, 50.0], "unread" => ["a", "b", "c", "d"]).unwrap()
}

fn orders() -> DataFrame {
    df!("person" => [1_i64, 1, 3, 4], "amount" => [5.0, 7.0, 1.0, 100.0], "note" => [true, true, true, false]).unwrap()
}

fn nodes() -> Module {
    let spending = Node::frame("spending", ["people", "orders"], |people: Frame, orders: Frame<Orders>| -> Frame {
        let spent = orders.lazy().group_by([col("person")]).agg([col("amount").sum().alias("spent")]);
        let joined = people.lazy().join(spent, [col("id")], [col("person")], JoinArgs::new(JoinType::Inner));
        joined.sort(["id"], SortMultipleOptions::default()).into()
    });
    Module::new()
        .node(spending.columns::<f64>(["age", "spent"]).column::<i64>("person", "id"))
        .node(Node::expr("per_year", ["age", "spent"], |age: ColExpr<f64>, spent: ColExpr<f64>| spent / age))
        .node(Node::row("score", ["per_year", "spent"], |per_year: f64, spent: f64| per_year + spent))
        .node(Node::whole("mean", ["score"], |score: Folded<Moments>| Whole(score.mean())))
        .node(Node::row("away", ["score", "mean"], |score: f64, mean: Whole<f64>| score - *mean))
}

fn flow() -> Dataflow {
    Dataflow::builder().with(nodes()).build().unwrap()
}

fn floats(made: &Value) -> Vec<Option<f64>> {
    let Value::Column(column) = made else { panic!("{made:?}") };
    Column::<f64>::from_array(column).unwrap().to_vec()
}

#[test]
fn frames_and_expressions_are_one_collect_and_rows_two_passes() {
    let flow = flow();
    let run = flow.run().input("people", people()).input("orders", orders());
    assert_eq!(
        run.explain(&["away", "person"]).unwrap(),
        [
            "call spending",
            "collect spending: express age, spent, per_year, person; keep spent, per_year, person",
            "pass over rows: load per_year, spent; compute score; fold score by Moments; keep score",
            "call mean",
            "pass over rows: load score; compute away; keep away",
        ]
    );
    let made = run.get_named(&["away", "person"]).unwrap();
    let score = [12.0 / 20.0 + 12.0, 1.0 / 40.0 + 1.0, 100.0 / 50.0 + 100.0];
    let mean = score.iter().sum::<f64>() / 3.0;
    for (away, score) in floats(made.get("away").unwrap()).into_iter().zip(score) {
        assert!((away.unwrap() - (score - mean)).abs() < 1e-12);
    }
    let Some(Value::Column(person)) = made.get("person") else { panic!() };
    assert_eq!(Column::<i64>::from_array(person).unwrap().to_vec(), [Some(1), Some(3), Some(4)]);
}

#[derive(Default)]
struct Plans(Mutex<Vec<String>>);

impl Observer for Plans {
    fn wants_plans(&self) -> bool {
        true
    }

    fn collects(&self, plan: &str) {
        self.0.lock().unwrap().push(plan.to_owned());
    }
}

#[test]
fn only_columns_that_are_needed_are_read() {
    let plans = Arc::new(Plans::default());
    let flow = flow();
    let run = flow.run().input("people", people()).input("orders", orders());
    run.observe(plans.clone()).get_named(&["per_year"]).unwrap();
    let plans = plans.0.lock().unwrap();
    let [plan] = &plans[..] else { panic!("{plans:?}") };
    // Of people the key and the age, of orders the key and the amount.
    assert!(plan.contains(r#"DF ["id", "age", "unread"]; PROJECT["id", "age"] 2/3 COLUMNS"#), "{plan}");
    assert!(plan.contains(r#"DF ["person", "amount", "note"]; PROJECT["person", "amount"] 2/3 COLUMNS"#), "{plan}");
}

#[test]
fn absent_columns_are_found_when_the_plan_is_made() {
    let flow = flow();
    let without = people().lazy().select([col("id"), col("unread")]);
    let error = flow.run().input("people", without).input("orders", orders()).explain(&["per_year"]).unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::NoColumn));
    assert_eq!(error.problems[0].names, ["age", "age"]);
    assert!(error.to_string().contains("`age` reads the column `age`, which its frame lacks"), "{error}");

    let wrong = people().lazy().with_column(col("age").cast(DataType::Int64));
    let error = flow.run().input("people", wrong).input("orders", orders()).get_named(&["per_year"]).unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::TypeMismatch));
    assert!(error.to_string().starts_with("`age` makes i64, and says that it makes f64"), "{error}");
}

#[test]
fn a_model_says_which_columns_a_frame_has() {
    let flow = flow();
    let without = orders().lazy().select([col("person"), col("amount").cast(DataType::Int64)]);
    let error = flow.run().input("people", people()).input("orders", without).get_named(&["per_year"]).unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::TypeMismatch));
    let text = error.to_string();
    assert!(text.contains("node `spending` failed: column `amount` of its frame is i64, wanted is f64"), "{text}");
    assert!(text.contains("its frame lacks the column `note`: it has `person`, `amount`"), "{text}");

    let broken = Node::frame("broken", ["orders"], |orders: Frame| -> Frame<Orders> {
        orders.lazy().select([col("person")]).into()
    });
    let flow = Dataflow::builder().with(Module::new().node(broken)).build().unwrap();
    let error = flow.run().input("orders", orders()).get_named(&["broken"]).unwrap_err();
    assert!(error.to_string().contains("`broken` failed: its frame lacks the column `amount`"), "{error}");
    assert_eq!(error.phase, Phase::Plan);
}

#[test]
fn a_frame_is_given_as_rows_and_asked_for_lazily() {
    let id: ArrayRef = Arc::new(Int64Array::from(vec![4, 3]));
    let age: ArrayRef = Arc::new(Float64Array::from(vec![10.0, 20.0]));
    let people = RecordBatch::try_from_iter([("id", id), ("age", age)]).unwrap();
    let flow = flow();
    let made = flow.run().input("people", people).input("orders", orders()).get_named(&["spending", "spent"]).unwrap();
    let frame = made.value::<Frame>("spending").unwrap();
    let batch = frame.to_batch().unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (2, 3));
    assert_eq!(floats(made.get("spent").unwrap()), [Some(1.0), Some(100.0)]);
}

#[test]
fn a_function_takes_columns_of_its_frame_by_name() {
    let late = Node::expr("late", ["orders"], |orders: Frame<Orders>| -> ColExpr<bool> {
        orders.column::<f64>("amount").into_expr().gt(lit(6.0)).and(col("note")).into()
    });
    let flow = Dataflow::builder().with(Module::new().node(late)).build().unwrap();
    let made = flow.run().input("orders", orders()).get_named(&["late"]).unwrap();
    let Some(Value::Column(late)) = made.get("late") else { panic!() };
    assert_eq!(Column::<bool>::from_array(late).unwrap().to_vec(), [Some(false), Some(true), Some(false), Some(false)]);
}

#[test]
fn rows_of_a_frame_do_not_go_with_other_rows() {
    let amount = |frame: Frame| frame.column::<f64>("amount");
    let both = Node::expr("both", ["amount", "x"], |amount: ColExpr<f64>, x: ColExpr<f64>| amount + x);
    let mixed =
        Node::expr("mixed", ["orders", "x"], |orders: Frame, x: ColExpr<f64>| orders.column::<f64>("amount") + x);
    let module = Module::new().node(Node::expr("amount", ["orders"], amount)).node(both).node(mixed);
    let flow = Dataflow::builder().with(module).build().unwrap();
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let two = RecordBatch::try_from_iter([("x", x)]).unwrap();
    let run = flow.run().input("orders", orders()).frame(&two);
    let error = run.clone().get_named(&["both"]).unwrap_err();
    assert!(error.to_string().contains("it has 4 rows, other columns of the run have 2"), "{error}");
    let error = run.get_named(&["mixed"]).unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::TypeMismatch));
    // One value for all rows goes with any.
    let made = flow.run().input("orders", orders()).input("x", 1.0).get_named(&["mixed", "both"]).unwrap();
    assert_eq!(floats(made.get("mixed").unwrap()), [Some(6.0), Some(8.0), Some(2.0), Some(101.0)]);
    assert_eq!(made.get("mixed"), made.get("both"));
}

/// Rows of any Arrow type are a frame, or are refused by name; none of them panics.
#[test]
fn rows_that_polars_cannot_have_are_refused_by_name() {
    use varvite_flow::arrow::array::{ArrayRef as Any, new_null_array};
    use varvite_flow::arrow::datatypes::{
        DataType as Arrow, Field, Fields, IntervalUnit, TimeUnit, UnionFields, UnionMode,
    };
    let item = || Arc::new(Field::new("item", Arrow::Int32, true));
    let entries = Fields::from(vec![Field::new("key", Arrow::Utf8, false), Field::new("value", Arrow::Int32, true)]);
    let map = Arrow::Map(Arc::new(Field::new("entries", Arrow::Struct(entries), false)), false);
    let ends = Arc::new(Field::new("run_ends", Arrow::Int32, false));
    let union = UnionFields::from_fields(vec![Field::new("a", Arrow::Int32, true)]);
    let types = [
        Arrow::Null,
        Arrow::Float16,
        Arrow::Binary,
        Arrow::FixedSizeBinary(3),
        Arrow::Date64,
        Arrow::Time32(TimeUnit::Second),
        Arrow::Time64(TimeUnit::Nanosecond),
        Arrow::Duration(TimeUnit::Second),
        Arrow::Interval(IntervalUnit::MonthDayNano),
        Arrow::Decimal128(10, 2),
        Arrow::Decimal256(10, 2),
        Arrow::Decimal32(5, 2),
        Arrow::Utf8View,
        Arrow::List(item()),
        Arrow::LargeListView(item()),
        Arrow::FixedSizeList(item(), 2),
        Arrow::Dictionary(Box::new(Arrow::Int8), Box::new(Arrow::Utf8)),
        Arrow::RunEndEncoded(ends, Arc::new(Field::new("values", Arrow::Int32, true))),
        Arrow::Union(union, UnionMode::Sparse),
        map,
    ];
    let count = Node::whole("count", ["table"], |table: Frame| table.collect().map(|all| Whole(all.height() as i64)));
    let amount = Node::expr("amount", ["table"], |table: Frame| table.column::<f64>("amount"));
    let flow = Dataflow::builder().with(Module::new().node(count).node(amount)).build().unwrap();
    for data_type in types {
        let odd: Any = new_null_array(&data_type, 2);
        let amount: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
        let rows = RecordBatch::try_from_iter_with_nullable([("odd", odd, true), ("amount", amount, true)]).unwrap();
        match flow.run().input("table", rows).get_named(&["count", "amount"]) {
            Ok(made) => assert_eq!(floats(made.get("amount").unwrap()), [Some(1.0), Some(2.0)], "{data_type}"),
            Err(error) => {
                assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::InputTypeMismatch), "{data_type}: {error}");
                assert_eq!(error.problems[0].names, ["table"], "{data_type}: {error}");
            }
        }
    }
}
