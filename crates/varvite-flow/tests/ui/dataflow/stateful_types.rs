//! States and results of types that they cannot have, and `batchwise` where it says nothing.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use serde::{Deserialize, Serialize};
    use varvite_flow::{Fields, Whole};

    #[derive(Clone, Serialize, Deserialize)]
    pub struct NoDefault(f64);

    #[derive(Clone, Default)]
    pub struct NotStored(f64);

    #[node(stateful)]
    pub fn without_beginning(state: &mut NoDefault, x: f64) -> f64 {
        state.0 + x
    }

    #[node(stateful)]
    pub fn without_storage(state: &mut NotStored, x: f64) -> f64 {
        state.0 + x
    }

    #[node(stateful = "nothing")]
    pub fn begun_otherwise(state: &mut f64, x: f64) -> f64 {
        *state + x
    }

    #[node(stateful)]
    pub fn no_outcome(state: &mut f64, x: f64) -> (f64, f64) {
        (*state, x)
    }

    #[node(batchwise)]
    pub fn of_its_row(x: f64) -> f64 {
        x
    }

    #[node]
    pub fn wrong_edge(of_its_row: Whole<f64>) -> Whole<f64> {
        of_its_row
    }

    #[derive(Clone, Fields)]
    pub struct Two {
        pub one: Whole<f64>,
        pub two: Whole<f64>,
    }

    #[node(stateful)]
    pub fn two(state: &mut f64, x: Whole<f64>) -> Two {
        *state += *x;
        Two { one: Whole(*state), two: x }
    }
}

fn main() {}
