//! Requests and replacements of other types.

use varvite_flow::dataflow;

#[dataflow]
mod features {
    use varvite_flow::{Folded, Moments, Whole};

    #[node]
    pub fn mean(x: Folded<Moments>) -> Whole<f64> {
        Whole(x.mean())
    }

    #[node]
    pub fn shifted(x: f64, mean: Whole<f64>) -> f64 {
        x - *mean
    }
}

fn requests(flow: &varvite_flow::Dataflow) -> varvite_flow::Result<()> {
    let _ = flow.run().replace::<features::mean>(1.0).get::<features::shifted>()?;
    let _ = flow.run().replace::<features::shifted>("a").get::<features::shifted>()?;
    let _ = flow.run().replace::<features::x>(1.0).get::<features::shifted>()?;
    let _ = flow.run().get::<f64>()?;
    let _: varvite_flow::Column<i64> = flow.run().get::<features::shifted>()?;
    Ok(())
}

fn main() {}
