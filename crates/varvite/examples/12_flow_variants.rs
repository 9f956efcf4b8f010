//! One graph for several settings: variants of nodes, several nodes of one function, a module that is mounted twice.

use std::error::Error;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite::flow::{Dataflow, wire};
use varvite::{Fields, dataflow};

#[derive(Debug, Clone, Copy)]
enum Season {
    Summer,
    Winter,
    Between,
}

#[dataflow(config = Season)]
mod heating {
    use super::{Fields, Season};
    use varvite::flow::{Folded, MinMax, Moments, Whole};

    // Leave a season out, or name one twice: neither compiles.
    #[node(name = "target", when = Season::Winter)]
    pub fn target_in_winter() -> Whole<f64> {
        Whole(21.0)
    }

    #[node(name = "target", when = Season::Summer | Season::Between)]
    pub fn target_else(#[default(18.0)] comfort: Whole<f64>) -> Whole<f64> {
        comfort
    }

    /// How much a room is too cold. A node for each room.
    #[node(each(kitchen_lacks(room = kitchen), attic_lacks(room = attic)))]
    pub fn lacks(room: f64, target: Whole<f64>) -> f64 {
        (*target - room).max(0.0)
    }

    #[node]
    pub fn power(kitchen_lacks: f64, attic_lacks: f64, #[default(0.5)] per_degree: Whole<f64>) -> f64 {
        (kitchen_lacks + attic_lacks) * *per_degree
    }

    /// Two nodes, `mean` and `most`, of one call.
    #[derive(Debug, Clone, PartialEq, Fields)]
    pub struct Summary {
        pub mean: Whole<f64>,
        pub most: Whole<Option<f64>>,
    }

    #[node]
    pub fn summary(#[from(power)] spread: Folded<Moments>, #[from(power)] range: Folded<MinMax>) -> Summary {
        Summary { mean: Whole(spread.mean()), most: Whole(range.max()) }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let column = |values: [f64; 3]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    let rooms = RecordBatch::try_from_iter([
        ("kitchen", column([17.0, 19.5, 22.0])),
        ("attic", column([14.0, 18.0, 25.0])),
        ("cellar", column([11.0, 12.0, 13.0])),
    ])?;

    for season in [Season::Winter, Season::Between, Season::Summer] {
        let flow = Dataflow::builder().with(heating::module(&season)).build()?;
        let (power, mean) = flow.run().frame(&rooms).get::<(heating::power, heating::mean)>()?;
        println!("{season:?}: {:?}, {:.2} on average", power.to_vec(), mean.0);
    }

    // What has a default is an input like any other; what is no input, or a node, is an error that says so.
    let flow = Dataflow::builder().with(heating::module(&Season::Between)).build()?;
    let warm = flow.run().frame(&rooms).input("comfort", 20.0).get::<heating::power>()?;
    println!("between seasons, at 20 degrees: {:?}", warm.to_vec());
    let error = flow.run().frame(&rooms).input("confort", 20.0).get::<heating::power>().err();
    println!("misspelt: {}", error.ok_or("it was taken")?);

    // The same module once more, with its own target, reading another room.
    let cellar = wire! { attic = cellar, comfort = 12.0 };
    let flow = Dataflow::builder()
        .with(heating::module(&Season::Winter))
        .mount("below", heating::module(&Season::Summer), cellar)
        .build()?;
    let made = flow.run().frame(&rooms).get_named(&["attic_lacks", "below.attic_lacks"])?;
    println!("{:?}", made.batch()?.columns());
    Ok(())
}
