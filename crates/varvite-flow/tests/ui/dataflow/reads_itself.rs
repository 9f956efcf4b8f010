//! A parameter named like its own function.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    #[node]
    pub fn age(age: f64) -> f64 {
        age
    }

    #[node]
    pub fn height(#[from(height)] raw: f64) -> f64 {
        raw
    }

    #[node(each(one(x = one), two(x = y)))]
    pub fn made(x: f64) -> f64 {
        x
    }
}

fn main() {}
