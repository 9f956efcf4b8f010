//! Names of what the macro writes itself.

use varvite_flow::dataflow;

#[dataflow]
mod a_function {
    #[node]
    pub fn module(x: f64) -> f64 {
        x
    }

    #[node]
    pub fn twice(module: f64) -> f64 {
        module * 2.0
    }
}

#[dataflow]
mod a_node {
    #[node(name = "Inputs")]
    pub fn inputs(x: f64) -> f64 {
        x
    }
}

#[dataflow]
mod an_input {
    #[node]
    pub fn y(#[from(Inputs)] x: f64) -> f64 {
        x
    }
}

fn main() {}
