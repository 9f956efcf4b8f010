//! Jobs that go through their rows batch by batch.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
use varvite_flow::{Check, Dataflow, Fitted, Folded, Module, Moments, Node, Severity, Whole};
use varvite_pipeline::{Job, Sink, Source};
use varvite_storage::{MemoryStorage, StoragePath};

fn dataset(storage: &MemoryStorage, name: &str) -> Dataset {
    Dataset::at(Arc::new(storage.clone()), StoragePath::try_new(name).unwrap(), None).unwrap()
}

fn ages(from: i32, count: i32) -> RecordBatch {
    let at = Arc::new(Int64Array::from_iter_values((from..from + count).map(i64::from))) as ArrayRef;
    let age = Arc::new(Float64Array::from_iter_values((from..from + count).map(|n| f64::from(n * n % 101))));
    RecordBatch::try_from_iter([("at", at), ("age", age)]).unwrap()
}

fn spends(from: i32, count: i32) -> RecordBatch {
    let spend = Float64Array::from_iter_values((from..from + count).map(f64::from));
    RecordBatch::try_from_iter([("spend", Arc::new(spend) as ArrayRef)]).unwrap()
}

fn flow() -> Dataflow {
    let module = Module::new()
        .node(Node::whole("age_mean", ["age"], |age: Folded<Moments>| Whole(age.mean())))
        .node(Node::row("off", ["age", "age_mean"], |age: f64, mean: Whole<f64>| age - *mean))
        .node(Node::row("score", ["off", "spend", "rate"], |off: f64, spend: f64, rate: Whole<f64>| {
            off * spend * *rate
        }));
    Dataflow::builder().with(module).build().unwrap()
}

fn fitted(count: i32) -> Fitted {
    flow().run().frame(&ages(0, count)).input("rate", 2.0).fit_named(&["off"]).unwrap()
}

fn job(people: Vec<RecordBatch>, spend: Vec<RecordBatch>) -> Job {
    Job::new(&flow()).load("people", Source::rows(people)).load("spend", Source::rows(spend)).input("rate", 2.0)
}

#[test]
fn batches_give_what_all_rows_at_once_give() {
    for cuts in [vec![0, 50], vec![0, 1, 50], vec![0, 7, 7, 20, 49, 50]] {
        let storage = MemoryStorage::new();
        let (whole, parts) = (dataset(&storage, "whole"), dataset(&storage, "parts"));
        let write = WriteOptions::ordered_on("at");
        let at_once = job(vec![ages(0, 50)], vec![spends(0, 50)]);
        let _ = at_once.save(&["at"], &["score"], Sink::dataset(&whole, write.clone())).run().unwrap();
        let cut = cuts.windows(2).map(|pair| ages(pair[0], pair[1] - pair[0])).collect();
        let others = vec![spends(0, 33), spends(33, 17), spends(50, 0)];
        let in_batches = job(cut, others).save(&["at"], &["score"], Sink::dataset(&parts, write));
        let done = in_batches.run_in_batches(&fitted(50)).unwrap();
        assert_eq!(done.to_string(), "`people`: 50 rows\n`spend`: 50 rows\nsaved score: 50 rows as version 0");
        let read = |dataset: &Dataset| dataset.read(&ScanOptions::default()).unwrap();
        assert_eq!(read(&whole), read(&parts));
    }
}

#[test]
fn the_version_that_was_read_is_told_and_kept() {
    let storage = MemoryStorage::new();
    let (input, output) = (dataset(&storage, "people"), dataset(&storage, "offs"));
    let write = WriteOptions::ordered_on("at");
    let _ = input.write(ages(0, 5), &write).unwrap();
    let _ = input.write(ages(5, 5), &write).unwrap();
    let load = Job::new(&flow()).load("people", Source::dataset(&input, ScanOptions::default()));
    let done = load.save(&["at"], &["off"], Sink::dataset(&output, write)).run_in_batches(&fitted(10)).unwrap();
    assert_eq!(done.to_string(), "`people`: 10 rows of version 1\nsaved off: 10 rows as version 0");
    let metadata = &output.snapshot().unwrap().key_value_metadata;
    assert!(metadata["varvite.sources"].contains("\"version\":1"), "{metadata:?}");
}

#[test]
fn sources_of_other_lengths_leave_the_output_as_it_was() {
    let storage = MemoryStorage::new();
    let output = dataset(&storage, "output");
    let sink = || Sink::dataset(&output, WriteOptions::ordered_on("at"));
    let run = |people, spend| job(people, spend).save(&["at"], &["score"], sink()).run_in_batches(&fitted(9));
    let error = run(vec![ages(0, 5), ages(5, 5)], vec![spends(0, 7)]).unwrap_err();
    assert_eq!(error.to_string(), "job `load` cannot go on: `spend` ends after 7 rows, and `people` goes on");
    let error = run(vec![], vec![spends(0, 1)]).unwrap_err();
    assert_eq!(error.to_string(), "job `load` cannot go on: `people` ends after 0 rows, and `spend` goes on");
    assert!(!output.exists());
}

#[test]
fn jobs_that_batches_cannot_serve_are_refused() {
    let storage = MemoryStorage::new();
    let output = dataset(&storage, "output");
    let sink = || Sink::dataset(&output, WriteOptions::ordered_on("at"));
    let load = || job(vec![ages(0, 5)], vec![spends(0, 5)]);
    let twice = load().save(&["at"], &["score"], sink()).save(&["at"], &["off"], sink());
    let error = twice.run_in_batches(&fitted(5)).unwrap_err();
    let told = "option `save` cannot be used: a job in batches has one output, and this one has 2";
    assert_eq!(error.to_string(), told);
    let nothing = Job::new(&flow()).save(&[], &["score"], sink()).run_in_batches(&fitted(5)).unwrap_err();
    assert_eq!(nothing.code(), "VV1002", "{nothing}");
    let other = Dataflow::builder().with(Module::new().node(Node::row("half", ["age"], |age: f64| age / 2.0)));
    let other = other.build().unwrap().fit_named(&[ages(0, 1)], &["half"]).unwrap();
    let error = load().save(&["at"], &["score"], sink()).run_in_batches(&other).unwrap_err();
    assert_eq!(error.code(), "VV1022", "values of another graph: {error}");
    assert!(!output.exists());
}

#[test]
fn checks_that_find_something_are_told_once() {
    let storage = MemoryStorage::new();
    let output = dataset(&storage, "output");
    let node = Node::row("half", ["age"], |age: f64| age / 2.0)
        .with_check(Check::range(0.0..=2.0).with_severity(Severity::Warn));
    let flow = Dataflow::builder().with(Module::new().node(node)).build().unwrap();
    let fitted = flow.fit_named(&[ages(0, 1)], &["half"]).unwrap();
    let load = Job::new(&flow).load("people", Source::rows([ages(0, 2), ages(2, 2), ages(4, 2)]));
    let sink = Sink::dataset(&output, WriteOptions::ordered_on("at"));
    let done = load.save(&["at"], &["half"], sink).run_in_batches(&fitted).unwrap();
    assert_eq!(done.failed_checks.len(), 1);
    assert!(done.to_string().ends_with("of `half` found something"), "{done}");
}
