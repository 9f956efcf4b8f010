//! A value of the data set where a row is wanted, and the reverse.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use varvite_flow::{Column, Folded, Moments, Whole};

    #[node]
    pub fn mean(x: Folded<Moments>) -> Whole<f64> {
        Whole(x.mean())
    }

    #[node]
    pub fn shifted(x: f64, mean: f64) -> f64 {
        x - mean
    }

    #[node]
    pub fn widest(shifted: Whole<f64>) -> Whole<f64> {
        shifted
    }

    #[node]
    pub fn again(mean: Folded<Moments>) -> Whole<f64> {
        Whole(mean.mean())
    }

    #[node]
    pub fn column(mean: Column<f64>) -> Column<f64> {
        mean
    }
}

fn main() {}
