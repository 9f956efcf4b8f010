//! `#[dataflow]`: functions stay functions, and are a graph that is asked by type.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;

use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite_flow::{Column, Dataflow, Kind, Whole, dataflow};

/// Features of people.
#[dataflow]
pub mod features {
    use varvite_flow::{Folded, Moments, Whole};

    /// Mean age of the training population.
    #[node(tags(owner = "risk"), version = 2)]
    pub fn age_mean(age: Folded<Moments>) -> Whole<f64> {
        Whole(age.mean())
    }

    #[node]
    pub fn age_std(age: Folded<Moments>) -> Whole<f64> {
        Whole(age.std())
    }

    /// How far from the mean, in deviations.
    #[node(check(range = -6..=6, severity = "warn"), check(finite))]
    pub fn age_z(age: f64, age_mean: Whole<f64>, age_std: Whole<f64>) -> f64 {
        scaled(age - *age_mean, *age_std)
    }

    #[node]
    pub fn spend_per_signup(spend: f64, signups: f64) -> f64 {
        spend / signups
    }

    #[node]
    pub fn score(age_z: f64, spend_per_signup: f64) -> f64 {
        age_z + spend_per_signup
    }

    fn scaled(distance: f64, by: f64) -> f64 {
        distance / by
    }
}

fn flow() -> Dataflow {
    Dataflow::builder().with(features::module()).build().unwrap()
}

fn people(ages: &[f64]) -> RecordBatch {
    let column = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let ones = vec![1.0; ages.len()];
    RecordBatch::try_from_iter([
        ("age", column(ages.to_vec())),
        ("spend", column(vec![10.0; ages.len()])),
        ("signups", column(ones)),
    ])
    .unwrap()
}

#[test]
fn functions_stay_functions() {
    assert_eq!(features::age_z(33.0, Whole(38.0), Whole(5.0)).to_bits(), (-1.0_f64).to_bits());
}

#[test]
fn a_request_is_typed() {
    let (score, mean): (Column<f64>, Whole<f64>) =
        flow().run().frame(&people(&[20.0, 40.0])).get::<(features::score, features::age_mean)>().unwrap();
    assert_eq!(mean, Whole(30.0));
    let z = 10.0 / 200.0_f64.sqrt();
    assert_eq!(score.to_vec(), [Some(10.0 - z), Some(10.0 + z)]);
    let single: Column<f64> = flow().run().frame(&people(&[20.0, 40.0])).get::<features::age>().unwrap();
    assert_eq!(single.to_vec(), [Some(20.0), Some(40.0)]);
}

#[test]
fn a_typed_request_has_a_report() {
    let flow = flow();
    let run = flow.run().frame(&people(&[33.0, 93.0])).replace::<features::age_mean>(Whole(33.0));
    let run = run.replace::<features::age_std>(Whole(5.0));
    let (z, report) = run.get_with_report::<features::age_z>().unwrap();
    assert_eq!(z.to_vec(), [Some(0.0), Some(12.0)]);
    let failed: Vec<_> = report.failed_checks().map(|check| (&*check.node, &check.first_rows[..])).collect();
    assert_eq!((report.checks.len(), failed), (2, vec![("age_z", &[1][..])]));
}

#[test]
fn a_node_is_replaced_by_its_type() {
    let (score,) = flow()
        .run()
        .frame(&people(&[33.0]))
        .replace::<features::age_mean>(Whole(38.0))
        .replace::<features::age_std>(Whole(5.0))
        .get::<(features::score,)>()
        .unwrap();
    assert_eq!(score.to_vec(), [Some(9.0)]);
    let (score,) =
        flow().run().frame(&people(&[33.0])).replace::<features::age_z>(-1.0).get::<(features::score,)>().unwrap();
    assert_eq!(score.to_vec(), [Some(9.0)]);
}

#[test]
fn attributes_and_comments_are_kept() {
    let flow = flow();
    let node = |name: &str| flow.nodes().iter().find(|node| node.name() == name).unwrap();
    assert_eq!(node("age_mean").doc(), "Mean age of the training population.");
    assert_eq!(node("age_mean").tags()["owner"], "risk");
    assert_eq!(flow.nodes().len(), 5, "a helper without `#[node]` is no node");
    let run = flow.run().frame(&people(&[33.0])).replace_named("age_mean", 0.0).replace_named("age_std", 1.0);
    let made = run.get_named(&["age_z"]).unwrap();
    let failed: Vec<_> = made.report().failed_checks().map(|check| check.check.as_str()).collect();
    assert_eq!(failed, ["range -6.0..=6.0"]);
}

#[test]
fn three_contexts_are_typed() {
    let flow = flow();
    let fitted = flow.fit::<features::score>(&[people(&[20.0, 40.0])]).unwrap();
    assert_eq!(fitted.names().collect::<Vec<_>>(), ["age_mean", "age_std"]);
    let mut stream = flow.stream::<(features::age_z, features::score)>(&fitted).unwrap();
    let (z, _) = stream.push(&people(&[30.0])).unwrap();
    assert_eq!(z.to_vec(), [Some(0.0)]);
    let mut online = flow.online::<(features::score, features::age_mean)>(&fitted).unwrap();
    let row = features::Inputs { age: 30.0, spend: 6.0, signups: 3.0 };
    assert_eq!(online.call(&row).unwrap(), (Some(2.0), Whole(30.0)));
    assert_eq!(online.required_inputs().collect::<Vec<_>>(), ["age", "signups", "spend"]);
    let (score,) = flow
        .run()
        .inputs(&row)
        .replace::<features::age_mean>(Whole(30.0))
        .replace::<features::age_std>(Whole(1.0))
        .get::<(features::score,)>()
        .unwrap();
    assert_eq!(score.to_vec(), [Some(2.0)]);
}

#[test]
fn a_node_of_another_graph_is_named() {
    let other = Dataflow::builder().with(others::module()).build().unwrap();
    let error = other.run().frame(&people(&[1.0])).get::<(features::score,)>().unwrap_err();
    assert_eq!(error.kind(), Kind::UnknownNode);
    assert_eq!(error.to_string(), "there is no node `score`; did you mean `scores`?");
    let error = other.run().frame(&people(&[1.0])).get::<(features::age_mean,)>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`age_mean` is row i64 in this graph, and was asked for as f64: another module defines it"
    );
}

#[dataflow]
pub mod others {
    #[node]
    pub fn scores(age: f64) -> f64 {
        age
    }

    #[node]
    pub fn age_mean(age: f64) -> i64 {
        i64::from(age > 0.0)
    }
}

/// The same but for what the function does.
pub mod changed {
    use varvite_flow::dataflow;

    #[dataflow]
    pub mod once {
        #[node]
        pub fn score(points: f64) -> f64 {
            points + 1.0
        }
    }

    #[dataflow]
    pub mod twice {
        #[node]
        pub fn score(points: f64) -> f64 {
            // Two.
            points + 2.0
        }
    }

    #[dataflow]
    pub mod told {
        /// Otherwise told.
        #[node]
        pub fn score(points: f64) -> f64 {
            points + 1.0 // One.
        }
    }
}

#[test]
fn a_function_that_does_something_else_makes_another_graph() {
    let of = |module| Dataflow::builder().with(module).build().unwrap().fingerprint().to_owned();
    assert_ne!(of(changed::once::module()), of(changed::twice::module()));
    assert_eq!(of(changed::once::module()), of(changed::told::module()));
}
