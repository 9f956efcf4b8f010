//! Late rows of a dataflow with windows: what they touched is computed anew, and equals a computation of all rows.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch, StringArray, TimestampSecondArray};
use arrow::datatypes::{Float64Type, TimestampSecondType};
use proptest::prelude::*;
use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
use varvite_flow::{Count, Dataflow, Module, Node, Sum, Window, WindowSpec};
use varvite_pipeline::{FlowStep, Identity, InputRows, Late, Scope, State, Step, StepError, StreamJob, StreamOptions};

use crate::world::{dataset, input_options};

/// Seconds, key and value.
type Row = (i64, u8, i32);
/// Times, and what was asked for.
type Columns = Vec<Vec<Option<f64>>>;

const REQUEST: [&str; 3] = ["short", "long", "of_long"];

fn within(seconds: u64) -> WindowSpec {
    WindowSpec::new("at", Duration::from_secs(seconds))
}

/// Windows of several spans and keys, and one over another.
fn flow() -> Dataflow {
    let short = Node::row("short", ["n"], |n: Window<Sum>| n.sum()).with_window("n", within(5).by("key"));
    let long =
        Node::row("long", ["n"], |n: Window<Count>| n.count as f64).with_window("n", within(11).without_own_row());
    let of_long = Node::row("of_long", ["long", "n"], |long: Window<Sum>, n: f64| long.sum() - n)
        .with_window("long", within(4).by("key"));
    Dataflow::builder().with(Module::new().node(short).node(long).node(of_long)).build().unwrap()
}

fn batch(rows: &[Row]) -> RecordBatch {
    let at = TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.0));
    let key: StringArray = rows.iter().map(|row| Some(["a", "b", "c"][usize::from(row.1)])).collect();
    let n: Float64Array = rows.iter().map(|row| (row.2 % 5 != 0).then(|| f64::from(row.2))).collect();
    let columns: [(&str, ArrayRef, bool); 3] =
        [("at", Arc::new(at), false), ("key", Arc::new(key), false), ("n", Arc::new(n), true)];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

struct Flows {
    input: Dataset,
    output: Dataset,
}

impl Flows {
    fn new() -> Self {
        let storage = varvite_storage::MemoryStorage::new();
        Self { input: dataset(storage.clone(), "input"), output: dataset(storage, "output") }
    }

    fn write(&self, rows: &[Row]) {
        if !rows.is_empty() {
            let mut rows = rows.to_vec();
            rows.sort_by_key(|row| row.0);
            let _ = self.input.write(batch(&rows), &input_options()).unwrap();
        }
    }

    fn job(&self, rows: usize) -> StreamJob {
        let options = StreamOptions::default().with_late(Late::Recompute).with_commit_rows(rows);
        StreamJob::new("windows", "input", &self.input, &self.output, WriteOptions::ordered_on("at"))
            .with_options(options)
    }

    /// What is stored, and what a run of all rows comes to.
    fn both(&self, flow: &Dataflow) -> [Columns; 2] {
        self.output.refresh().unwrap();
        let stored = self.output.read(&ScanOptions::default()).unwrap();
        let at = |batch: &RecordBatch| {
            let values = batch["at"].as_primitive::<TimestampSecondType>().values().to_vec();
            values.into_iter().map(|value| Some(value as f64)).collect::<Vec<_>>()
        };
        let column = |batch: &RecordBatch, name: &str| batch[name].as_primitive::<Float64Type>().iter().collect();
        let all = self.input.read(&ScanOptions::default()).unwrap();
        let made = flow.run().frame(&all).get_named(&REQUEST).unwrap().batch().unwrap();
        let of = |times: &RecordBatch, values: &RecordBatch| {
            std::iter::once(at(times)).chain(REQUEST.map(|name| column(values, name))).collect()
        };
        [of(&stored, &stored), of(&all, &made)]
    }
}

fn step(flow: &Dataflow) -> FlowStep {
    FlowStep::fitted(flow, &flow.unfitted(), &["at"], &REQUEST).unwrap()
}

/// A step that dies when it has been given so many batches.
struct Mortal(FlowStep, usize);

impl Step for Mortal {
    fn identity(&self) -> Identity {
        self.0.identity()
    }

    fn scope_of(&self, input: &str, ordered_on: &str) -> Scope {
        self.0.scope_of(input, ordered_on)
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
fn a_window_over_the_ordered_column_says_how_far_it_reaches() {
    let flow = flow();
    let scope = |request: &[&str], on| {
        FlowStep::fitted(&flow, &flow.unfitted(), &["at"], request).unwrap().scope_of("input", on)
    };
    assert_eq!(scope(&["short"], "at"), Scope::Span(Duration::from_secs(5)));
    assert_eq!(scope(&REQUEST, "at"), Scope::Span(Duration::from_secs(15)), "windows over windows add up");
    assert_eq!(scope(&["short"], "seen"), Scope::History, "times are not in order where rows are ordered on others");
    let running = FlowStep::running(&flow, &flow.unfitted(), &["at"], &["short"]).unwrap();
    assert_eq!(running.scope_of("input", "at"), Scope::History);
    let sums = Node::stateful(
        "sums",
        ["short"],
        || 0.0,
        |sum: &mut f64, n: varvite_flow::Column<f64>| {
            let sums = n.to_vec().into_iter().map(|n| {
                *sum += n.unwrap_or_default();
                Some(*sum)
            });
            varvite_flow::Column::new(sums.collect::<Vec<_>>())
        },
    );
    let short = Node::row("short", ["n"], |n: Window<Sum>| n.sum()).with_window("n", within(5));
    let flow = Dataflow::builder().with(Module::new().node(short).node(sums)).build().unwrap();
    let stateful = FlowStep::fitted(&flow, &flow.unfitted(), &["at"], &["sums"]).unwrap();
    assert_eq!(stateful.scope_of("input", "at"), Scope::History, "a state has no span");
}

#[test]
fn only_the_span_after_a_late_row_is_computed_anew() {
    let (flows, flow) = (Flows::new(), flow());
    flows.write(&(0..200_u8).map(|at| (at.into(), [0, 1, 2][usize::from(at) % 3], at.into())).collect::<Vec<_>>());
    let _ = flows.job(17).run(step(&flow)).unwrap();
    flows.write(&[(50, 1, 1000), (300, 0, 1)]);
    let report = flows.job(17).run(step(&flow)).unwrap();
    assert_eq!(report.recomputed, ["1970-01-01T00:00:50Z..1970-01-01T00:01:05Z"], "{report}");
    assert_eq!((report.rows_in, report.rows_out), (1, 1 + 16), "{report}");
    let [stored, all] = flows.both(&flow);
    assert_eq!(stored, all);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rows come and go anywhere, also at the watermark and at the edges of batches, and runs end anywhere.
    #[test]
    fn late_rows_come_to_what_a_run_of_all_rows_comes_to(
        begin in proptest::collection::vec((0_i64..80, 0_u8..3, -9_i32..10), 1..40),
        changes in proptest::collection::vec((
            proptest::collection::vec((0_i64..100, 0_u8..3, -9_i32..10), 0..4),
            (0_i64..80, 0_i64..4), 1_usize..9, 0_usize..14,
        ), 1..6),
    ) {
        let (flows, flow) = (Flows::new(), flow());
        flows.write(&begin);
        for (rows, (from, len), commit, lives) in changes {
            flows.write(&rows);
            let _ = flows.input.delete_range(from..from + len, &input_options()).unwrap();
            match flows.job(commit).run(Mortal(step(&flow), lives)) {
                Ok(_) => {}
                Err(error) => prop_assert_eq!(error.code(), "VV1012", "{:?}", error),
            }
        }
        flows.write(&[(99, 0, 1)]);
        let _ = flows.job(7).run(step(&flow)).unwrap();
        let [stored, all] = flows.both(&flow);
        prop_assert_eq!(stored, all);
    }
}
