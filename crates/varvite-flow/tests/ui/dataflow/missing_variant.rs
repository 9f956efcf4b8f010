//! A config that no variant is for.

use varvite_flow::dataflow;

pub enum Mode {
    Online,
    Batch,
    Stream,
}

#[dataflow(config = super::Mode)]
mod features {
    use super::Mode;

    #[node(name = "rate", when = Mode::Online)]
    pub fn rate_online(x: f64) -> f64 {
        x
    }

    #[node(name = "rate", when = Mode::Batch)]
    pub fn rate_batch(x: f64) -> f64 {
        x
    }
}

fn main() {}
