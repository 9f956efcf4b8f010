//! Nodes read each other in a circle.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    #[node]
    pub fn a(c: f64) -> f64 {
        c
    }

    #[node]
    pub fn b(a: f64, x: f64) -> f64 {
        a + x
    }

    #[node]
    pub fn c(#[from(b)] other: f64) -> f64 {
        other
    }

    #[node]
    pub fn outside(c: f64) -> f64 {
        c
    }
}

fn main() {}
