//! Functions that are features: fitted on a data set, computed for all of it, for a batch, and for one row.

use std::error::Error;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite::dataflow;
use varvite::flow::{Dataflow, Whole};

#[dataflow]
mod features {
    use varvite::flow::{Folded, Moments, Whole};

    /// Mean age of the training population.
    #[node(tags(owner = "risk"))]
    pub fn age_mean(age: Folded<Moments>) -> Whole<f64> {
        Whole(age.mean())
    }

    #[node]
    pub fn age_std(age: Folded<Moments>) -> Whole<f64> {
        Whole(age.std())
    }

    /// How far from the mean, in deviations. A null age gives a null.
    #[node(check(range = -1.2..=1.2, severity = "warn"))]
    pub fn age_z(age: f64, age_mean: Whole<f64>, age_std: Whole<f64>) -> f64 {
        (age - *age_mean) / *age_std
    }

    #[node]
    pub fn spend_per_signup(spend: f64, signups: f64) -> Option<f64> {
        (signups > 0.0).then(|| spend / signups)
    }

    #[node]
    pub fn score(age_z: f64, spend_per_signup: f64) -> f64 {
        age_z + spend_per_signup
    }
}

fn people(age: Vec<f64>, spend: Vec<f64>, signups: Vec<f64>) -> Result<RecordBatch, Box<dyn Error>> {
    let column = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let columns = [("age", column(age)), ("spend", column(spend)), ("signups", column(signups))];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    // A node is a function, and is tested as one.
    assert!((features::age_z(33.0, Whole(38.0), Whole(5.0)) + 1.0).abs() < f64::EPSILON);

    let flow = Dataflow::builder().with(features::module()).build()?;
    let training = people(vec![20.0, 30.0, 40.0, 70.0], vec![10.0, 90.0, 40.0, 8.0], vec![1.0, 3.0, 0.0, 2.0])?;

    println!("What a request runs:");
    flow.run().frame(&training).explain(&["score"])?.iter().for_each(|line| println!("- {line}"));

    // Offline: each row, and a value of the data set.
    let (score, mean) = flow.run().frame(&training).get::<(features::score, features::age_mean)>()?;
    println!("scores {:?} around an age of {}", score.to_vec(), mean.0);

    // By name there is a report, too.
    let made = flow.run().frame(&training).get_named(&["age_z"])?;
    for check in made.report().failed_checks() {
        println!("{} of `{}`: rows {:?}", check.check, check.node, check.first_rows);
    }

    // What rows need of the data set is computed once, and kept.
    let fitted = flow.fit::<features::score>(&[training])?;
    println!("fitted: {}", fitted.names().collect::<Vec<_>>().join(", "));

    // Streaming: the same functions, batch by batch.
    let mut stream = flow.stream::<(features::score,)>(&fitted)?;
    let (streamed,) = stream.push(&people(vec![20.0], vec![10.0], vec![1.0])?)?;

    // Online: compiled once, then one row a call.
    let mut online = flow.online::<(features::score,)>(&fitted)?;
    let (served,) = online.call(&features::Inputs { age: 20.0, spend: 10.0, signups: 1.0 })?;
    let offline = score.to_vec().first().copied().flatten();
    println!("the first row: {offline:?} offline, {:?} streamed, {served:?} online", streamed.to_vec());
    assert!(served == offline && streamed.to_vec() == [offline]);

    // A node is replaced by its type: a value of another does not compile.
    let young = people(vec![18.0], vec![10.0], vec![1.0])?;
    let run = flow.run().frame(&young).replace::<features::age_mean>(Whole(18.0));
    let score = run.replace::<features::age_std>(Whole(1.0)).get::<features::score>()?;
    println!("among eighteen-year-olds: {:?}", score.to_vec());

    println!("{}", flow.view().to_mermaid());
    Ok(())
}
