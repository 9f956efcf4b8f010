//! `#[dataflow]` tells expressions and frames by the types of functions.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_flow::polars::prelude::{JoinArgs, JoinType, col, df, lit};
use varvite_flow::{ColExpr, Dataflow, Folded, Frame, Moments, Whole, dataflow};

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
