//! Variants without a config.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    #[node(name = "rate", when = true)]
    pub fn rate(x: f64) -> f64 {
        x
    }
}

fn main() {}
