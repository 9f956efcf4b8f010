//! Types that no parameter and no result has.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    #[node]
    pub fn list(x: Vec<f64>) -> f64 {
        x[0]
    }

    #[node]
    pub fn both(x: f64) -> (f64, f64) {
        (x, x)
    }
}

fn main() {}
