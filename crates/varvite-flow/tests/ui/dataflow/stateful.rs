//! Functions with a state that say too little of it, or too much.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use std::time::Duration;
    use varvite_flow::{Sum, Window};

    #[node(stateful)]
    pub fn nothing() -> f64 {
        0.0
    }

    #[node(stateful)]
    pub fn owned(state: f64, x: f64) -> f64 {
        state + x
    }

    #[node(stateful)]
    pub fn second(x: f64, state: &mut f64) -> f64 {
        *state + x
    }

    #[node(stateful)]
    pub fn read(#[from(y)] state: &mut f64, x: f64) -> f64 {
        *state + x
    }

    #[node]
    pub fn unsaid(state: &mut f64, x: f64) -> f64 {
        *state + x
    }

    #[node(stateful)]
    pub fn window(state: &mut f64, #[window(time = at, span = Duration::from_secs(1))] x: Window<Sum>) -> f64 {
        *state + x.sum()
    }

    #[node(stateful, value)]
    pub fn of_values(state: &mut f64, x: f64) -> f64 {
        *state + x
    }

    #[node(stateful, batchwise)]
    pub fn by_batches(state: &mut f64, x: f64) -> f64 {
        *state + x
    }
}

fn main() {}
