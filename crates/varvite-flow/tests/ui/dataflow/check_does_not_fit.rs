//! Checks of values that they do not fit.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use varvite_flow::{Folded, Moments, Whole};

    #[node(check(range = 0..=1))]
    pub fn label(x: f64) -> String {
        x.to_string()
    }

    #[node(check(length = 1..=2))]
    pub fn double(x: f64) -> f64 {
        2.0 * x
    }

    #[node(check(finite))]
    pub fn count(n: i64) -> i64 {
        n
    }

    #[node(check(unique), check(mean = 0.0..=1.0))]
    pub fn mean(double: Folded<Moments>) -> Whole<f64> {
        Whole(double.mean())
    }

    #[node(check(one_of = ["a", "b"]))]
    pub fn half(double: f64) -> f64 {
        double / 2.0
    }

    #[node(check(with = is_even))]
    pub fn third(half: f64) -> f64 {
        half / 1.5
    }

    fn is_even(n: i64) -> bool {
        n % 2 == 0
    }
}

fn main() {}
