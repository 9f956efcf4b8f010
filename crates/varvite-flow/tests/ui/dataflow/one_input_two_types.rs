//! One input is read as two types.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use varvite_flow::Whole;

    #[node]
    pub fn a(x: f64, y: Option<f64>) -> f64 {
        x + y.unwrap_or(0.0)
    }

    #[node]
    pub fn b(x: i64) -> i64 {
        x
    }

    #[node]
    pub fn c(y: Whole<f64>) -> Whole<f64> {
        y
    }
}

fn main() {}
