//! Structs whose fields are no nodes.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use varvite_flow::{Fields, Whole};

    #[derive(Clone, Fields)]
    pub struct Mixed {
        pub row: f64,
        pub one: Whole<f64>,
    }

    #[derive(Clone, Fields)]
    pub struct Good {
        pub low: f64,
        pub high: f64,
    }

    #[node(fields(lowest = lov), check(finite))]
    pub fn good(x: f64) -> Good {
        Good { low: x, high: x }
    }

    #[node]
    pub fn reader(#[from(good)] all: f64) -> f64 {
        all
    }
}

#[derive(varvite_flow::Fields)]
pub enum Neither {
    A,
}

fn main() {}
