//! `#[node(stateful)]`: loops over rows and functions of batches with a state, in the words of `#[dataflow]`.
#![allow(clippy::unwrap_used, clippy::missing_errors_doc, missing_docs, reason = "tests")]

use std::sync::Arc;

use proptest::prelude::*;
use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use varvite_flow::{Batch, Column, Dataflow, Fitted, Kind, Module, Node, Value, Whole, Window, WindowSpec, dataflow};

#[dataflow]
pub mod features {
    use serde::{Deserialize, Serialize};
    use varvite_flow::{Column, Folded, Moments, Whole};

    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    pub struct Seen {
        rows: i64,
        longest: String,
    }

    /// Smoothed, with the state that the option says.
    #[node(stateful = 100.0, check(finite))]
    pub fn smooth(last: &mut f64, x: f64, weight: Whole<f64>) -> f64 {
        *last += (x - *last) * *weight;
        *last
    }

    /// Text and nulls are seen as everywhere.
    #[node(stateful)]
    pub fn longest(seen: &mut Seen, name: &str, x: Option<f64>) -> Result<Option<String>, String> {
        seen.rows += 1;
        if name.len() > seen.longest.len() {
            name.clone_into(&mut seen.longest);
        }
        match x {
            Some(x) if x < -1e6 => Err(format!("{x} is too small")),
            x => Ok(x.map(|_| format!("{} of {}", seen.longest, seen.rows))),
        }
    }

    /// The highest so far; of what reads it nothing is said.
    #[node(stateful = f64::NEG_INFINITY, each(high(x = smooth), higher(x = high, step = 1.0)))]
    pub fn highest(so_far: &mut f64, x: f64, #[default(0.0)] step: f64) -> f64 {
        *so_far = so_far.max(x + step);
        *so_far
    }

    #[node]
    pub fn below(high: f64, x: f64, mean: Whole<f64>) -> f64 {
        (high - x) / *mean
    }

    #[node]
    pub fn mean(x: Folded<Moments>) -> Whole<f64> {
        Whole(x.mean())
    }

    /// Called once a batch.
    #[node(stateful)]
    pub fn batches(count: &mut i64, x: Column<f64>) -> Whole<i64> {
        *count += i64::from(!x.is_empty());
        Whole(*count)
    }
}

const ROWS: [&str; 4] = ["smooth", "longest", "higher", "below"];

fn rows(rows: &[(Option<f64>, &str)]) -> RecordBatch {
    let x: Float64Array = rows.iter().map(|row| row.0).collect();
    let name: StringArray = rows.iter().map(|row| Some(row.1).filter(|name| !name.is_empty())).collect();
    let columns: [(&str, ArrayRef); 2] = [("x", Arc::new(x)), ("name", Arc::new(name))];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn flow() -> Dataflow {
    Dataflow::builder().with(features::module()).build().unwrap()
}

fn batch(rows: &RecordBatch) -> Batch {
    Batch::new().frame(rows).input("weight", 0.5)
}

#[test]
fn a_loop_goes_over_rows_in_their_order() {
    let frame = rows(&[(Some(50.0), "ann"), (None, "bo"), (Some(25.0), "carol"), (Some(0.0), "")]);
    let flow = flow();
    let run = flow.run().frame(&frame).input("weight", 0.5);
    let (smooth, longest) = run.clone().get::<(features::smooth, features::longest)>().unwrap();
    assert_eq!(smooth.to_vec(), [Some(75.0), None, Some(50.0), Some(25.0)], "a null leaves the state alone");
    let told = ["ann of 1", "carol of 3"].map(|told| Some(told.to_owned()));
    assert_eq!(longest.to_vec(), [told[0].clone(), None, told[1].clone(), None]);
    let (higher, below): (Column<f64>, Column<f64>) = run.get::<(features::higher, features::below)>().unwrap();
    assert_eq!(higher.to_vec(), [Some(76.0), None, Some(76.0), Some(76.0)]);
    assert_eq!(below.to_vec(), [Some(1.0), None, Some(2.0), Some(3.0)]);
}

#[test]
fn functions_stay_plain() {
    let mut last = 10.0;
    assert_eq!(features::smooth(&mut last, 20.0, Whole(0.5)).to_bits(), 15.0_f64.to_bits());
    assert_eq!(features::batches(&mut 4, Column::new([Some(1.0)])), Whole(5));
}

#[test]
fn what_is_of_batches_is_called_once_for_each() {
    let flow = flow();
    let mut stream = flow.stream::<features::batches>(&flow.unfitted()).unwrap();
    let frame = rows(&[(Some(1.0), "a"), (Some(2.0), "b")]);
    assert_eq!(stream.push(batch(&frame)).unwrap(), Whole(1));
    assert_eq!(stream.push(batch(&frame)).unwrap(), Whole(2));
}

#[test]
fn a_row_that_fails_is_named_and_the_state_is_as_it_was() {
    let flow = flow();
    let mut stream = flow.stream::<features::longest>(&flow.unfitted()).unwrap();
    stream.push(batch(&rows(&[(Some(1.0), "ann")]))).unwrap();
    let before = stream.state().unwrap();
    let error = stream.push(batch(&rows(&[(Some(1.0), "bertha"), (Some(-2e6), "cy")]))).unwrap_err();
    let expected = "node `longest` failed: -2000000 is too small (row 1: name = \"cy\", x = -2000000.0)";
    assert_eq!((error.to_string().as_str(), error.problems[0].row), (expected, Some(1)));
    assert_eq!(stream.state().unwrap(), before);
    assert_eq!(stream.push(batch(&rows(&[(Some(1.0), "x")]))).unwrap().to_vec()[0].as_deref(), Some("ann of 2"));
}

#[test]
fn single_rows_have_no_loop_unless_its_value_is_given() {
    let flow = flow();
    let fitted = flow.fit::<features::below>(&[rows(&[(Some(2.0), "a")])]).unwrap();
    let error = flow.online::<features::below>(&fitted).unwrap_err();
    let expected = "`high` has a state that goes from batch to batch, and there are single rows: replace it";
    assert!(error.kind() == Kind::NeedsFitted && error.to_string().contains(expected), "{error}");
    let mut online = flow.online_named(&fitted.replace("high", 6.0), &["below"]).unwrap();
    assert_eq!(online.call(&[Value::F64(2.0)]).unwrap(), [Value::F64(2.0)]);
}

#[test]
fn a_loop_reads_what_is_the_same_however_rows_are_cut() {
    let whole =
        Node::stateful_row("a", ["x"], || 0.0, |_: &mut f64, x: Column<f64>| x.to_vec().first().copied().flatten());
    let window = |_: &mut f64, x: Window<varvite_flow::Sum>| x.sum();
    let window = Node::stateful_row("b", ["x"], || 0.0, window)
        .with_window("x", WindowSpec::new("at", std::time::Duration::from_secs(1)));
    let error = Dataflow::builder().with(Module::new().node(whole).node(window)).build().unwrap_err();
    let told: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    let expected = [
        "parameter `x` of `b` is a window, and the node is no function of rows",
        "parameter `x` of `a` is Column<f64>, which differs from batch to batch: take a value of rows, or make it a \
         function of columns",
    ];
    assert_eq!(told, expected);
}

#[test]
fn another_state_to_begin_with_is_another_graph() {
    #[dataflow]
    mod one {
        #[node(stateful = 1.0)]
        pub fn sum(sum: &mut f64, x: f64) -> f64 {
            *sum += x;
            *sum
        }
    }
    #[dataflow]
    mod two {
        #[node(stateful = 2.0)]
        pub fn sum(sum: &mut f64, x: f64) -> f64 {
            *sum += x;
            *sum
        }
    }
    let (one, two) = (Dataflow::builder().with(one::module()), Dataflow::builder().with(two::module()));
    let fitted = one.build().unwrap().unfitted();
    let error = two.build().unwrap().stream_named(&fitted, &["sum"]).unwrap_err();
    assert_eq!(error.kind(), Kind::OtherGraph);
}

proptest! {
    #[test]
    fn any_cut_gives_what_one_run_gives_also_through_storage(
        all in prop::collection::vec((prop::option::of(-100.0..100.0), "[a-c]{0,6}"), 0..40),
        cuts in prop::collection::vec(0_usize..40, 0..6),
    ) {
        let all: Vec<(Option<f64>, &str)> = all.iter().map(|(x, name)| (*x, name.as_str())).collect();
        let frame = rows(&all);
        let flow = flow();
        let fitted = flow.fit_named(std::slice::from_ref(&frame), &ROWS).unwrap();
        let offline = flow.run().fitted(&fitted).frame(&frame).input("weight", 0.5).get_named(&ROWS).unwrap();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (all.len() + 1)).chain([all.len()]).collect();
        ends.sort_unstable();
        let (mut state, mut start) = (fitted, 0);
        let mut made: Vec<Vec<ArrayRef>> = vec![Vec::new(); ROWS.len()];
        for end in ends {
            let mut stream = flow.stream_named(&state, &ROWS).unwrap();
            let outputs = stream.push(batch(&frame.slice(start, end - start))).unwrap();
            for (made, (_, value)) in made.iter_mut().zip(outputs.iter()) {
                let Value::Column(column) = value else { panic!("{value:?}") };
                made.push(column.clone());
            }
            state = Fitted::from_json(&stream.state().unwrap().to_json().unwrap()).unwrap();
            start = end;
        }
        for ((name, value), made) in offline.iter().zip(&made) {
            let Value::Column(offline) = value else { panic!("{value:?}") };
            let parts: Vec<&dyn varvite_flow::arrow::array::Array> = made.iter().map(AsRef::as_ref).collect();
            prop_assert_eq!(offline, &varvite_flow::arrow::compute::concat(&parts).unwrap(), "{}", name);
        }
    }
}
