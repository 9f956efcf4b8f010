//! Values of another type than the parameter they are given for.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use varvite_flow::{Folded, Sum, Whole};

    #[node(each(one(by = "a"), two(by = 2.5)))]
    pub fn scaled(x: f64, by: f64) -> f64 {
        x * by
    }

    #[node]
    pub fn shifted(x: f64, #[default(1)] by: Whole<f64>) -> f64 {
        x + *by
    }

    #[node]
    pub fn summed(#[default(1.0)] x: Folded<Sum>) -> Whole<f64> {
        Whole(x.sum())
    }
}

fn main() {}
