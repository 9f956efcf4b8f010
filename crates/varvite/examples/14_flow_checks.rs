//! Checks of what nodes make, in the pass that makes it: reported, or in the way of readers, in all three contexts.

use std::error::Error;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use varvite::dataflow;
use varvite::flow::{Dataflow, Kind};

fn is_even(number: f64) -> bool {
    number % 2.0 == 0.0
}

#[dataflow]
mod orders {
    /// A check of rows that warns, and one of the whole that fails.
    #[node(check(range = 0.0..=100.0, severity = "warn"), check(null_fraction = 0.5))]
    pub fn price(paid: f64, discount: Option<f64>) -> f64 {
        paid - discount.unwrap_or(0.0)
    }

    #[node(check(pattern = "^[A-Z]{3}$", length = 3..=3))]
    pub fn currency(code: &str) -> String {
        code.to_uppercase()
    }

    #[node(check(with = super::is_even, severity = "warn"))]
    pub fn cents(price: f64) -> f64 {
        (price * 100.0).round()
    }

    #[node]
    pub fn label(cents: f64, currency: &str) -> String {
        format!("{cents} {currency}")
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let orders = |paid: [f64; 3], codes: [&str; 3]| {
        let paid = Arc::new(Float64Array::from(paid.to_vec())) as ArrayRef;
        let discount = Arc::new(Float64Array::from(vec![None, Some(0.5), None])) as ArrayRef;
        let code = Arc::new(StringArray::from(codes.to_vec())) as ArrayRef;
        RecordBatch::try_from_iter_with_nullable([
            ("paid", paid, true),
            ("discount", discount, true),
            ("code", code, true),
        ])
    };
    let flow = Dataflow::builder().with(orders::module()).build()?;

    // What only warns is in the report.
    let dear = orders([12.0, 150.0, 7.35], ["eur", "usd", "eur"])?;
    let (labels, report) = flow.run().frame(&dear).get_with_report::<orders::label>()?;
    println!("{:?}", labels.to_vec());
    for check in &report.checks {
        let verdict = if check.passed { "passed" } else { &check.message };
        println!("- {} of `{}`: {verdict}, rows {:?}", check.check, check.node, check.first_rows);
    }

    // What fails is an error, and keeps its readers from running.
    let odd = orders([1.0, 2.0, 3.0], ["eur", "euros", "usd"])?;
    let error = flow.run().frame(&odd).get::<orders::label>().err().ok_or("the check found nothing")?;
    assert_eq!(error.kind(), Kind::CheckFailed);
    println!("{}: {error}", error.code());

    // A partial run gives what does not depend on it.
    let made = flow.run().frame(&odd).get_partial(&["price", "label"])?;
    for (name, value) in made.iter() {
        println!("- {name}: {}", value.map_or_else(ToString::to_string, |value| format!("{value:?}")));
    }

    // In a stream, too: a refused batch changes nothing.
    let mut stream = flow.stream::<orders::label>(&flow.unfitted())?;
    println!("batch: {}", stream.push(&odd).err().ok_or("the check found nothing")?);

    // Of single rows those that say something about a row. What needs many cannot be kept, and is refused beforehand.
    let mut online = flow.online::<orders::currency>(&flow.unfitted())?;
    let row = orders::Inputs { paid: 3.0, discount: None, code: "e".into() };
    println!("row: {}", online.call(&row).err().ok_or("the check found nothing")?);
    println!("single rows: {}", flow.online::<orders::label>(&flow.unfitted()).err().ok_or("it was taken")?);
    Ok(())
}
