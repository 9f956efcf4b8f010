//! `#[dataflow]` tells expressions and frames by the types of functions.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite_flow::polars::prelude::{JoinArgs, JoinType, col, df, lit};
use varvite_flow::{ColExpr, Dataflow, Folded, Frame, FrameModel, Item, Kind, Moments, Whole, dataflow};

#[dataflow]
#[allow(missing_docs, reason = "a test")]
pub mod spending {
    use super::*;

    /// Orders with what is known of who made them.
    #[node]
    pub fn joined(orders: Frame, people: Frame) -> Frame {
        orders.lazy().join(people.lazy(), [col("person")], [col("id")], JoinArgs::new(JoinType::Inner)).into()
    }

    #[node]
    pub fn age(joined: Frame) -> ColExpr<f64> {
        joined.column("age")
    }

    #[node]
    pub fn amount(joined: Frame) -> ColExpr<f64> {
        joined.column("amount")
    }

    #[node]
    pub fn mean_age(age: Folded<Moments>) -> Whole<f64> {
        Whole(age.mean())
    }

    #[node(check(range = -100.0..=100.0))]
    pub fn younger(age: ColExpr<f64>, mean_age: Whole<f64>) -> ColExpr<f64> {
        (age - mean_age) * -1.0
    }

    #[node]
    pub fn score(younger: f64, amount: f64, #[default(2.0)] factor: f64) -> f64 {
        younger + amount * factor
    }
}

#[test]
fn a_module_of_frames_expressions_and_rows_runs() {
    let flow = Dataflow::builder().with(spending::module()).build().unwrap();
    let orders = df!("person" => [1_i64, 2, 9], "amount" => [1.0, 2.0, 3.0]).unwrap();
    let people = df!("id" => [1_i64, 2], "age" => [20.0, 40.0]).unwrap();
    let run = flow.run().input("orders", orders).input("people", people);
    let (score, joined) = run.clone().get::<(spending::score, spending::joined)>().unwrap();
    assert_eq!(score.to_vec(), [Some(12.0), Some(-6.0)]);
    assert_eq!(joined.0.collect().unwrap().height(), 2);
    let (younger,) = run.replace::<spending::mean_age>(Whole(0.0)).get::<(spending::younger,)>().unwrap();
    assert_eq!(younger.to_vec(), [Some(-20.0), Some(-40.0)]);
}

#[test]
fn functions_stay_plain() {
    let made = spending::younger(ColExpr::new(col("age")), Whole(30.0));
    assert_eq!(format!("{made:?}"), format!("{:?}", (col("age") - lit(30.0)) * lit(-1.0)));
}

/// What is promised of orders.
#[derive(Debug)]
pub struct Orders;

impl FrameModel for Orders {
    fn columns() -> Vec<(String, Item)> {
        vec![("amount".to_owned(), Item::F64)]
    }
}

#[dataflow]
#[allow(missing_docs, reason = "a test")]
pub mod models {
    use super::*;

    #[node]
    pub fn amount(orders: Frame<Orders>) -> ColExpr<f64> {
        orders.column("amount")
    }

    #[node]
    pub fn large(orders: Frame<Orders>) -> Frame<Orders> {
        Frame::new(orders.lazy().filter(col("amount").gt(lit(1.5))))
    }

    #[node]
    pub fn large_amount(large: Frame<Orders>) -> ColExpr<f64> {
        large.column("amount")
    }
}

#[test]
fn a_model_says_which_columns_a_frame_has() {
    let flow = Dataflow::builder().with(models::module()).build().unwrap();
    let orders = df!("amount" => [1.0, 2.0], "person" => [7_i64, 8]).unwrap();
    let run = flow.run().input("orders", orders);
    assert_eq!(run.clone().get::<models::amount>().unwrap().to_vec(), [Some(1.0), Some(2.0)]);
    assert_eq!(run.get::<models::large_amount>().unwrap().to_vec(), [Some(2.0)]);
    let error = flow.run().input("orders", df!("cost" => [1.0]).unwrap()).get::<models::amount>().unwrap_err();
    assert!(error.to_string().contains("its frame lacks the column `amount`: it has `cost`"), "{error}");
}

#[dataflow]
#[allow(missing_docs, reason = "a test")]
pub mod shares {
    use super::*;

    #[node(batchwise, check(range = 0.0..=1.0))]
    pub fn of_batch(amount: ColExpr<f64>) -> ColExpr<f64> {
        (amount.clone().into_expr() / amount.into_expr().sum()).into()
    }

    #[node]
    pub fn of_all(amount: ColExpr<f64>) -> Result<ColExpr<f64>, String> {
        Ok((amount.clone().into_expr() / amount.into_expr().sum()).into())
    }
}

#[test]
fn an_expression_across_rows_is_of_a_batch_if_it_says_so() {
    let flow = Dataflow::builder().with(shares::module()).build().unwrap();
    let batch = |amounts: &[f64]| {
        let column: ArrayRef = Arc::new(Float64Array::from(amounts.to_vec()));
        RecordBatch::try_from_iter([("amount", column)]).unwrap()
    };
    let mut stream = flow.stream::<shares::of_batch>(&flow.unfitted()).unwrap();
    assert_eq!(stream.push(&batch(&[1.0, 3.0])).unwrap().to_vec(), [Some(0.25), Some(0.75)]);
    assert_eq!(stream.push(&batch(&[5.0])).unwrap().to_vec(), [Some(1.0)]);
    let error = flow.stream::<shares::of_all>(&flow.unfitted()).unwrap_err();
    assert_eq!(error.kind(), Kind::AcrossRows, "{error}");
}
