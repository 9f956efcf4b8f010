//! Options that there are not, or that do not fit.

use varvite_flow::dataflow;

#[dataflow(confg = Mode)]
mod features {
    #[node(nam = "x")]
    pub fn a(x: f64) -> f64 {
        x
    }

    #[node(check(rnge = 0.0..=1.0))]
    #[node(check(pattern = "("))]
    pub fn b(x: f64) -> f64 {
        x
    }

    #[node(check(range = 0.0..1.0), check(finite, severity = "loud"))]
    pub fn c(x: f64) -> f64 {
        x
    }

    #[node(name = "two words")]
    pub fn d(x: f64) -> f64 {
        x
    }

    #[node(version = 0, tags(owner = 3))]
    pub fn e(x: f64) -> f64 {
        x
    }

    #[node(each(one(y = z)))]
    pub fn f(x: f64) -> f64 {
        x
    }

    #[node(version = 1, version = 2)]
    pub fn g(x: f64) -> f64 {
        x
    }

    #[node(fields(first))]
    pub fn h(x: f64) -> f64 {
        x
    }
}

fn main() {}
