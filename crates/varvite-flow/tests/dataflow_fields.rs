//! Functions whose result is a struct: each field is a node, of rows or of the data set.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;

use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use varvite_flow::{Dataflow, Whole, dataflow};

#[dataflow]
pub mod features {
    use varvite_flow::{Fields, Folded, Moments, Whole};

    /// What is known of a column.
    #[derive(Debug, Clone, Fields)]
    pub struct Spread {
        pub mean: Whole<f64>,
        pub std: Whole<f64>,
    }

    #[derive(Debug, Clone, PartialEq, Fields)]
    pub struct Name {
        pub first: String,
        pub last: Option<String>,
    }

    #[node(fields(age_mean = mean, age_std = std))]
    pub fn age_spread(age: Folded<Moments>) -> Spread {
        Spread { mean: Whole(age.mean()), std: Whole(age.std()) }
    }

    #[node(tags(owner = "crm"))]
    pub fn split(name: &str, #[default(" ")] gap: &str) -> Name {
        let (first, last) = name.split_once(gap).map_or((name, None), |(first, last)| (first, Some(last)));
        Name { first: first.to_owned(), last: last.map(str::to_owned) }
    }

    #[node]
    pub fn age_z(age: f64, age_mean: Whole<f64>, age_std: Whole<f64>) -> f64 {
        (age - *age_mean) / *age_std
    }

    #[node]
    pub fn greeting(first: &str, last: Option<&str>) -> String {
        last.map_or_else(|| first.to_owned(), |last| format!("{first} of the {last}s"))
    }

    #[node]
    pub fn width(age_spread: &Spread) -> Whole<f64> {
        Whole(2.0 * *age_spread.std)
    }
}

#[test]
fn fields_are_nodes() {
    let flow = Dataflow::builder().with(features::module()).build().unwrap();
    let names: Vec<_> = flow.nodes().iter().map(varvite_flow::Node::name).collect();
    assert_eq!(names, ["age_spread", "age_mean", "age_std", "first", "last", "age_z", "greeting", "width"]);
    let age: ArrayRef = Arc::new(Float64Array::from(vec![20.0, 40.0]));
    let name: ArrayRef = Arc::new(StringArray::from(vec!["ann lee", "bo"]));
    let frame = RecordBatch::try_from_iter([("age", age), ("name", name)]).unwrap();
    let run = flow.run().frame(&frame);
    let (mean, z, greeting, last, width) = run
        .clone()
        .get::<(features::age_mean, features::age_z, features::greeting, features::last, features::width)>()
        .unwrap();
    assert_eq!(mean, Whole(30.0));
    assert_eq!(z.to_vec().len(), 2);
    assert_eq!(greeting.to_vec(), [Some("ann of the lees".to_owned()), Some("bo".to_owned())]);
    assert_eq!(last.to_vec(), [Some("lee".to_owned()), None]);
    assert!((width.0 - 2.0 * 200.0_f64.sqrt()).abs() < 1e-12);
    let z = run.replace::<features::age_mean>(Whole(20.0)).replace::<features::age_std>(Whole(1.0));
    assert_eq!(z.get::<features::age_z>().unwrap().to_vec(), [Some(0.0), Some(20.0)]);
    assert_eq!(features::split("ann lee", " ").first, "ann");
    assert_eq!(flow.tagged("owner", Some("crm")), ["first", "last"]);
}

#[test]
fn fields_are_fitted_and_served() {
    let flow = Dataflow::builder().with(features::module()).build().unwrap();
    let age: ArrayRef = Arc::new(Float64Array::from(vec![20.0, 40.0]));
    let fitted = flow.fit::<features::age_z>(&[RecordBatch::try_from_iter([("age", age)]).unwrap()]).unwrap();
    assert_eq!(fitted.names().collect::<Vec<_>>(), ["age_mean", "age_std"]);
    let mut online = flow.online::<(features::age_z, features::first)>(&fitted).unwrap();
    let row = features::Inputs { age: 30.0, name: "cy".into() };
    assert_eq!(online.call(&row).unwrap(), (Some(0.0), Some("cy".to_owned())));
}
