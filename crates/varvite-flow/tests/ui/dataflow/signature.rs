//! Signatures that no node has.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use varvite_flow::{Sum, Window};

    #[node]
    pub async fn waits(x: f64) -> f64 {
        x
    }

    #[node]
    pub fn generic<T>(x: T) -> f64 {
        0.0
    }

    #[node]
    pub fn nothing(x: f64) {}

    #[node]
    pub fn pair((a, b): (f64, f64)) -> f64 {
        a + b
    }

    #[node]
    pub fn any(x: impl Into<f64>) -> f64 {
        x.into()
    }

    #[node]
    pub fn borrowed(x: &Vec<f64>) -> f64 {
        x[0]
    }

    #[cfg(test)]
    #[node]
    pub fn in_tests(x: f64) -> f64 {
        x
    }

    #[node]
    pub fn window(x: Window<Sum>) -> f64 {
        x.sum()
    }

    #[node]
    pub fn window_without_times(#[window(by(user), late = "later")] x: Window<Sum>) -> f64 {
        x.sum()
    }

    #[node]
    #[rustfmt::skip]
    pub fn many(a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64, i: f64, j: f64, k: f64, l: f64, m: f64) -> f64 {
        a + b + c + d + e + f + g + h + i + j + k + l + m
    }
}

fn main() {}
