//! Two functions make one node.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    #[node]
    pub fn age(x: f64) -> f64 {
        x
    }

    #[node(name = "age")]
    pub fn age_again(y: f64) -> f64 {
        y
    }

    #[node(each(p(x = y), age(x = z)))]
    pub fn made(x: f64) -> f64 {
        x
    }
}

fn main() {}
