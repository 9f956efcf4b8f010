//! As-of merges as a job: any split, stop and order of arrival comes to what one merge of all rows comes to.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampSecondArray};
use proptest::prelude::*;
use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
use varvite_ops::{AsofFrame, AsofMerge, AsofOptions, Matching, Tolerance};
use varvite_pipeline::{AsofStep, HoldBack, InputRows, State, Step, StepError, StreamJob, StreamOptions};
use varvite_storage::MemoryStorage;

use crate::world::{Row, batch, dataset, input_options, numbered};

/// Quotes and a text: frames of different columns, windows and rules.
fn options() -> AsofOptions {
    let quotes = AsofFrame::new(Matching::AtOrBefore).with_n_prev(2);
    let news = AsofFrame::new(Matching::Before).with_tolerance(Tolerance::Units(5));
    AsofOptions::new("at", [quotes, news]).with_prefixes([["quote_", "news_"]])
}

fn step() -> AsofStep {
    AsofStep::new("orders", ["quotes", "news"], options()).unwrap()
}

fn news(rows: &[Row]) -> RecordBatch {
    let at = TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.0));
    let text: StringArray = rows.iter().map(|row| (row.1 % 3 != 0).then(|| format!("n{}", row.1))).collect();
    let columns = [("at", Arc::new(at) as ArrayRef, false), ("text", Arc::new(text), true)];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

struct Three {
    inputs: [Dataset; 3],
    output: Dataset,
}

impl Three {
    fn new() -> Self {
        let storage = MemoryStorage::new();
        let open = |name| dataset(storage.clone(), name);
        Self { inputs: [open("orders"), open("quotes"), open("news")], output: open("output") }
    }

    fn job(&self, hold_back: HoldBack, rows: usize) -> StreamJob {
        let [orders, quotes, news] = &self.inputs;
        StreamJob::new("priced", "orders", orders, &self.output, WriteOptions::ordered_on("at"))
            .with_input("quotes", quotes)
            .with_input("news", news)
            .with_options(StreamOptions::default().with_hold_back(hold_back).with_commit_rows(rows))
    }

    fn write(&self, input: usize, rows: &[Row]) {
        let rows = if input == 2 { news(rows) } else { batch(rows) };
        let _ = self.inputs[input].write(rows, &input_options()).unwrap();
    }

    fn stored(&self) -> RecordBatch {
        self.output.refresh().unwrap();
        self.output.read(&ScanOptions::default()).unwrap()
    }
}

fn at_once(rows: &[Vec<Row>; 3]) -> RecordBatch {
    let mut merge = AsofMerge::try_new(options()).unwrap();
    merge.push(&batch(&rows[0]), &[batch(&rows[1]), news(&rows[2])]).unwrap()
}

/// A step that dies when it has been given so many batches.
struct Mortal(AsofStep, usize);

impl Step for Mortal {
    fn identity(&self) -> varvite_pipeline::Identity {
        self.0.identity()
    }

    fn begin(&mut self, state: Option<&State>) -> Result<(), StepError> {
        self.0.begin(state)
    }

    fn push(&mut self, rows: &InputRows) -> Result<RecordBatch, StepError> {
        self.1 = self.1.checked_sub(1).ok_or("dead")?;
        self.0.push(rows)
    }

    fn state(&self) -> Result<State, StepError> {
        self.0.state()
    }
}

#[test]
fn options_and_inputs_that_do_not_fit_are_refused() {
    let code = |step: varvite_pipeline::Result<AsofStep>| step.unwrap_err().code();
    assert_eq!(code(AsofStep::new("orders", ["quotes"], options())), "VV1002");
    let two = AsofOptions::new("at", [AsofFrame::new(Matching::Before)]).with_prefixes([["a"], ["b"]]);
    assert_eq!(code(AsofStep::new("orders", ["quotes"], two)), "VV1002");
    let none: [&str; 0] = [];
    assert_eq!(code(AsofStep::new("orders", none, AsofOptions::new("at", []))), "VV1025");

    let other = AsofStep::new("orders", ["news", "quotes"], options()).unwrap();
    assert_ne!(step().identity(), other.identity());
    let wider = AsofOptions::new("at", [AsofFrame::new(Matching::Before), AsofFrame::new(Matching::Before)]);
    assert_ne!(step().identity(), AsofStep::new("orders", ["quotes", "news"], wider).unwrap().identity());
}

#[test]
fn an_input_whose_columns_are_not_known_is_named_and_nothing_is_written() {
    let three = Three::new();
    three.write(0, &numbered(0..3));
    three.write(1, &numbered(0..3));
    let error = three.job(HoldBack::Nothing, 10).run(step()).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.starts_with("nothing is stored in input `news`"), "{source}");
    assert!(!three.output.exists());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_job_is_the_merge_of_all_rows(
        steps in proptest::collection::vec((0_i64..4, 0_i64..4, 0_i64..6), 2..50),
        cuts in proptest::collection::vec(((0_usize..50, 0_usize..50, 0_usize..50), 1_usize..9, 0_usize..8), 0..6),
    ) {
        let times = |of: fn(&(i64, i64, i64)) -> i64| -> Vec<Row> {
            let add = |at: &mut i64, step: i64| { *at += step; Some(*at) };
            numbered(steps.iter().map(of).scan(0, add))
        };
        let rows = [times(|step| step.0), times(|step| step.1), times(|step| step.2)];
        let three = Three::new();
        let mut done = [1, 1, 1];
        for (input, rows) in rows.iter().enumerate() {
            three.write(input, &rows[..1]);
        }
        for ((orders, quotes, news), commit, lives) in cuts {
            for (input, until) in [orders, quotes, news].into_iter().enumerate() {
                let until = until.clamp(done[input], rows[input].len());
                if until > done[input] {
                    three.write(input, &rows[input][done[input]..until]);
                }
                done[input] = until;
            }
            match three.job(HoldBack::Newest, commit).run(Mortal(step(), lives)) {
                Ok(_) => {}
                Err(error) => prop_assert_eq!(error.code(), "VV1012", "{:?}", error),
            }
        }
        for (input, rows) in rows.iter().enumerate() {
            if done[input] < rows.len() {
                three.write(input, &rows[done[input]..]);
            }
        }
        let _ = three.job(HoldBack::Nothing, 7).run(step()).unwrap();
        prop_assert_eq!(three.stored(), at_once(&rows));
    }
}
