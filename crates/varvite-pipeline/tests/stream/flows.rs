//! Dataflows as steps.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch};
use arrow::datatypes::Float64Type;
use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
use varvite_flow::{Dataflow, Folded, Module, Moments, Node, Whole};
use varvite_pipeline::{FlowStep, Late, Scope, Step, StreamJob, StreamOptions};

use crate::world::dataset;

fn flow(version: u32) -> Dataflow {
    let module = Module::new().node(Node::whole("age_mean", ["age"], |age: Folded<Moments>| Whole(age.mean()))).node(
        Node::row("score", ["age", "age_mean", "spend"], |age: f64, mean: Whole<f64>, spend: f64| {
            (age - *mean) * spend
        })
        .with_version(version),
    );
    Dataflow::builder().with(module).build().unwrap()
}

fn people(from: i64, count: i64) -> RecordBatch {
    let at: Vec<i64> = (from..from + count).collect();
    let age = at.iter().map(|&at| (at % 7 != 3).then_some((at * 37 % 80) as f64)).collect::<Float64Array>();
    let spend = Float64Array::from_iter_values(at.iter().map(|&at| (at % 11) as f64 / 3.0));
    let columns =
        [("at", Arc::new(Int64Array::from(at)) as ArrayRef), ("age", Arc::new(age)), ("spend", Arc::new(spend))];
    RecordBatch::try_from_iter(columns).unwrap()
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

    fn append(&self, rows: RecordBatch) {
        let _ = self.input.write(rows, &WriteOptions::ordered_on("at")).unwrap();
    }

    fn job(&self, rows: usize) -> StreamJob {
        let options = StreamOptions::default().with_commit_rows(rows).with_late(Late::Recompute);
        StreamJob::new("scores", "people", &self.input, &self.output, WriteOptions::ordered_on("at"))
            .with_options(options)
    }

    fn scores(&self) -> Vec<Option<u64>> {
        let stored = self.output.read(&ScanOptions::default().with_columns(["score"])).unwrap();
        bits(stored.column(0))
    }
}

fn bits(column: &ArrayRef) -> Vec<Option<u64>> {
    column.as_primitive::<Float64Type>().iter().map(|value| value.map(f64::to_bits)).collect()
}

fn offline(flow: &Dataflow, fitted: &varvite_flow::Fitted, rows: &RecordBatch) -> Vec<Option<u64>> {
    let mean: f64 = fitted
        .get("age_mean")
        .and_then(|value| if let varvite_flow::Value::F64(mean) = value { Some(mean) } else { None })
        .unwrap();
    let made = flow.run().frame(rows).replace_named("age_mean", mean).get_named(&["score"]).unwrap();
    bits(made.batch().unwrap().column(0))
}

#[test]
fn a_fitted_flow_over_a_dataset_is_the_flow_offline() {
    let flows = Flows::new();
    let flow = flow(1);
    let fitted = flow.fit_named(&[people(0, 50)], &["score"]).unwrap();
    let step = || FlowStep::fitted(&flow, &fitted, &["at"], &["score"]).unwrap();
    assert_eq!(step().scope(), Scope::Row);
    flows.append(people(0, 100));
    let report = flows.job(13).run(step()).unwrap();
    assert_eq!((report.rows_in, report.rows_out), (100, 100));
    flows.append(people(100, 50));
    let _ = flows.job(13).run(step()).unwrap();
    // A late row is computed anew with its value.
    flows.append(people(10, 1));
    let report = flows.job(13).run(step()).unwrap();
    assert_eq!(report.recomputed, ["10..11"]);
    let all = flows.input.read(&ScanOptions::default()).unwrap();
    assert_eq!(all.num_rows(), 151);
    assert_eq!(flows.scores(), offline(&flow, &fitted, &all));
    assert!(flows.scores().iter().any(Option::is_none), "nulls stay");
}

#[test]
fn a_flow_whose_folds_run_along_goes_on_with_them() {
    let (one, many) = (Flows::new(), Flows::new());
    let flow = flow(1);
    let begun = flow.fit_named(&[people(0, 1)], &["score"]).unwrap();
    let step = || FlowStep::running(&flow, &begun, &["at"], &["score"]).unwrap();
    assert_eq!(step().scope(), Scope::History);
    // Batches of ten rows each: by one run, and by a run a batch.
    for batch in 0..10 {
        one.append(people(10 * batch, 10));
        many.append(people(10 * batch, 10));
        let _ = many.job(10).run(step()).unwrap();
    }
    let report = one.job(10).run(step()).unwrap();
    assert_eq!(report.commits, 10);
    assert_eq!(one.scores(), many.scores());
    let checkpoint = |flows: &Flows| flows.job(10).checkpoint().unwrap().unwrap();
    let state = |flows: &Flows| checkpoint(flows).state().unwrap().decode::<varvite_flow::Fitted>().unwrap();
    assert_eq!(state(&one), state(&many));
}

#[test]
fn another_graph_request_or_fit_is_another_step() {
    let flows = Flows::new();
    let (first, second) = (flow(1), flow(2));
    let fit = |flow: &Dataflow, rows: i64| flow.fit_named(&[people(0, rows)], &["score"]).unwrap();
    flows.append(people(0, 10));
    let _ = flows.job(100).run(FlowStep::fitted(&first, &fit(&first, 10), &["at"], &["score"]).unwrap()).unwrap();
    let others = [
        FlowStep::fitted(&second, &fit(&second, 10), &["at"], &["score"]),
        FlowStep::fitted(&first, &fit(&first, 9), &["at"], &["score"]),
        FlowStep::fitted(&first, &fit(&first, 10), &["at", "age"], &["score"]),
        FlowStep::running(&first, &fit(&first, 10), &["at"], &["score"]),
    ];
    let differs = ["`score`, fitted values", "fitted values", "kept columns", "kind of flow"];
    for (other, differs) in others.into_iter().zip(differs) {
        let error = flows.job(100).run(other.unwrap()).unwrap_err();
        assert_eq!(error.code(), "VV1003");
        assert!(error.to_string().ends_with(&format!(": other {differs}")), "{error}");
    }
    let refused = FlowStep::fitted(&second, &fit(&first, 10), &["at"], &["score"]).err().unwrap();
    assert_eq!(refused.code(), "VV1022", "values of another graph: {refused}");
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.ends_with(": `score` changed"), "{why}");
}

#[test]
fn a_column_that_is_to_be_kept_must_be_there() {
    let flows = Flows::new();
    let flow = flow(1);
    let fitted = flow.fit_named(&[people(0, 5)], &["score"]).unwrap();
    flows.append(people(0, 10));
    let error = flows.job(100).run(FlowStep::fitted(&flow, &fitted, &["when"], &["score"]).unwrap()).unwrap_err();
    assert_eq!(error.code(), "VV1012");
    assert!(!flows.output.exists());
}
