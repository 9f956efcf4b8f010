//! One config would choose two variants.

use varvite_flow::dataflow;

pub enum Mode {
    Online,
    Batch,
    Stream,
}

#[dataflow(config = super::Mode)]
mod features {
    use super::Mode;

    #[node(name = "rate", when = Mode::Online | Mode::Batch)]
    pub fn rate_online(x: f64) -> f64 {
        x
    }

    #[node(name = "rate", when = Mode::Batch | Mode::Stream)]
    pub fn rate_batch(x: f64) -> f64 {
        x
    }

    #[node(name = "label", default)]
    pub fn label(x: f64) -> f64 {
        x
    }

    #[node(name = "label", default)]
    pub fn label_again(x: f64) -> f64 {
        x
    }

    #[node(name = "half", default, when = Mode::Online)]
    pub fn half(x: f64) -> f64 {
        x
    }
}

fn main() {}
