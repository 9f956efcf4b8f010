//! What is no module.

use varvite_flow::dataflow;

#[dataflow]
struct Features {
    x: f64,
}

mod outside {
    use varvite_flow::dataflow;

    #[dataflow]
    pub mod elsewhere;
}

fn main() {}
