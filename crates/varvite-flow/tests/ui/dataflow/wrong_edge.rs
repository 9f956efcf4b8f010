//! A node reads another as a type that it has not.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use varvite_flow::{All, Each, Folded, Moments, Whole};

    #[node]
    pub fn spend(x: f64) -> f64 {
        x
    }

    #[node]
    pub fn label(spend: String) -> String {
        spend
    }

    #[node]
    pub fn other(#[from(spend)] amount: Option<i64>) -> i64 {
        amount.unwrap_or(0)
    }

    #[node]
    pub fn numbers() -> Each<i64> {
        Each(vec![])
    }

    #[node]
    pub fn joined(numbers: All<String>) -> Whole<String> {
        Whole(numbers.concat())
    }

    #[node]
    pub fn mean(label: Folded<Moments>) -> Whole<f64> {
        Whole(label.mean())
    }
}

fn main() {}
