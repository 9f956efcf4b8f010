//! Variants make values of different types.

use varvite_flow::dataflow;

pub enum Mode {
    Online,
    Batch,
}

#[dataflow(config = super::Mode)]
mod features {
    use super::Mode;
    use varvite_flow::Whole;

    #[node(name = "rate", when = Mode::Online)]
    pub fn rate_online(x: f64) -> f64 {
        x
    }

    #[node(name = "rate", when = Mode::Batch)]
    pub fn rate_batch() -> Whole<f64> {
        Whole(1.0)
    }
}

fn main() {}
