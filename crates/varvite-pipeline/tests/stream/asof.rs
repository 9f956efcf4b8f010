//! As-of merges as a job: any split, stop and order of arrival comes to what one merge of all rows comes to.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampSecondArray};
use proptest::prelude::*;
use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
use varvite_ops::{AsofFrame, AsofMerge, AsofOptions, Matching, Tolerance};
use varvite_pipeline::{AsofStep, HoldBack, InputRows, Late, Scope, State, Step, StepError, StreamJob, StreamOptions};
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

    /// All rows of the inputs as they are by now.
    fn read(&self) -> [RecordBatch; 3] {
        self.inputs.each_ref().map(|input| input.read(&ScanOptions::default()).unwrap())
    }

    fn stored(&self) -> RecordBatch {
        self.output.refresh().unwrap();
        self.output.read(&ScanOptions::default()).unwrap()
    }
}

fn recompute(rows: usize) -> StreamOptions {
    StreamOptions::default().with_late(Late::Recompute).with_commit_rows(rows)
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

    fn scope_of(&self, input: &str, ordered_on: &str) -> Scope {
        self.0.scope_of(input, ordered_on)
    }

    fn state(&self) -> Result<State, StepError> {
        self.0.state()
    }
}

#[test]
fn a_late_row_changes_targets_until_enough_rows_follow_it() {
    let three = Three::new();
    let tens = || numbered((0..20).map(|at| 10 * at));
    for input in 0..3 {
        three.write(input, &tens());
    }
    let job = |rows| three.job(HoldBack::Nothing, rows).with_options(recompute(rows));
    let _ = job(7).run(step()).unwrap();
    let anew = |report: varvite_pipeline::StreamReport| report.recomputed;
    let at = |from: i64, to: i64| {
        format!("1970-01-01T00:{:02}:{:02}Z..1970-01-01T00:{:02}:{:02}Z", from / 60, from % 60, to / 60, to % 60)
    };
    three.write(0, &[(15, 1)]);
    assert_eq!(anew(job(7).run(step()).unwrap()), [at(15, 16)], "a target: its own row");
    three.write(1, &[(15, 2)]);
    let plan = job(7).plan(&step()).unwrap();
    assert!(matches!(plan.late, varvite_pipeline::LatePlan::Recomputed(_)), "{plan}");
    assert_eq!(anew(job(7).run(step()).unwrap()), [at(15, 41)], "a quote: until the third one after it");
    three.write(2, &[(20, 3)]);
    assert_eq!(anew(job(7).run(step()).unwrap()), [at(20, 31)], "news: until the next ones");
    let rows = [(0, 15, 1), (1, 15, 2), (2, 20, 3)];
    let mut all = [tens(), tens(), tens()];
    for (input, at, n) in rows {
        all[input].push((at, n));
        all[input].sort_by_key(|row| row.0);
    }
    assert_eq!(three.stored(), at_once(&all));
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

/// Whether a row of the same value is matched must not depend on when it came.
#[test]
fn rows_that_come_to_the_watermark_are_late_where_others_were_matched_there() {
    let three = Three::new();
    for input in 0..3 {
        three.write(input, &[(10, 1), (20, 2)]);
    }
    let job = || three.job(HoldBack::Nothing, 100);
    let _ = job().run(step()).unwrap();
    three.write(1, &[(20, 7)]);
    assert_eq!(job().run(step()).unwrap_err().code(), "VV1005");
    three.write(0, &[(20, 8)]);
    let report = job().with_options(recompute(100)).run(step()).unwrap();
    assert_eq!((report.recomputed.len(), report.inputs[1].late_rows), (1, 1), "{report}");
    assert_eq!(
        three.stored(),
        at_once(&[vec![(10, 1), (20, 2), (20, 8)], vec![(10, 1), (20, 2), (20, 7)], vec![(10, 1), (20, 2)]])
    );
    assert_eq!(job().run(step()).unwrap().rows_in, 0);
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

    /// Rows come to and go from any input behind the watermark, at any time, also where it stands.
    #[test]
    fn late_rows_come_to_what_a_merge_of_all_rows_comes_to(
        begin in proptest::collection::vec((0_usize..3, 0_i64..60), 3..40),
        changes in proptest::collection::vec(
            (proptest::collection::vec((0_usize..3, 0_i64..70), 0..4), (0_usize..3, 0_i64..60, 0_i64..4), 1_usize..9, 0_usize..12),
            1..5,
        ),
    ) {
        let three = Three::new();
        let write = |rows: &[(usize, i64)]| for input in 0..3 {
            let mut of: Vec<Row> = rows.iter().filter(|row| row.0 == input).map(|&(_, at)| (at, at * 7 % 31)).collect();
            of.sort_unstable();
            if !of.is_empty() {
                three.write(input, &of);
            }
        };
        write(&[(0, 1), (1, 0), (2, 0)]);
        write(&begin);
        // Targets that wait: what comes where the watermark stands is not late, and would be missed.
        let job = |rows| three.job(HoldBack::Nothing, rows).with_options(recompute(rows).with_hold_back(HoldBack::Newest));
        for (rows, (input, from, len), commit, lives) in changes {
            write(&rows);
            let _ = three.inputs[input].delete_range(from + 1..from + 1 + len, &input_options()).unwrap();
            match job(commit).run(Mortal(step(), lives)) {
                Ok(_) => {}
                Err(error) => prop_assert_eq!(error.code(), "VV1012", "{:?}", error),
            }
        }
        // Beyond all, so that nothing waits but these.
        write(&[(0, 100), (1, 100), (2, 100)]);
        let _ = job(5).run(step()).unwrap();
        let [orders, quotes, news] = three.read();
        let all = AsofMerge::try_new(options()).unwrap().push(&orders, &[quotes, news]).unwrap();
        prop_assert_eq!(three.stored(), all.slice(0, all.num_rows() - 1));
    }
}
