//! Flows over data that is loaded as a whole, and what they make saved.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch};
use arrow::datatypes::Float64Type;
use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
use varvite_flow::{Dataflow, Folded, Module, Moments, Node, Whole};
use varvite_pipeline::{Job, Sink, Source};
use varvite_storage::{MemoryStorage, StoragePath};

fn dataset(storage: &MemoryStorage, name: &str) -> Dataset {
    Dataset::at(Arc::new(storage.clone()), StoragePath::try_new(name).unwrap(), None).unwrap()
}

fn doubles(name: &str, values: &[f64]) -> RecordBatch {
    RecordBatch::try_from_iter([(name, Arc::new(Float64Array::from(values.to_vec())) as ArrayRef)]).unwrap()
}

fn people() -> RecordBatch {
    let at = Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef;
    let age = Arc::new(Float64Array::from(vec![10.0, 20.0, 30.0, 40.0]));
    RecordBatch::try_from_iter([("at", at), ("age", age)]).unwrap()
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

fn column(dataset: &Dataset, name: &str) -> Vec<f64> {
    let read = dataset.read(&ScanOptions::default().with_columns([name])).unwrap();
    read.column(0).as_primitive::<Float64Type>().values().to_vec()
}

#[test]
fn sources_stand_side_by_side_and_outputs_know_their_versions() {
    let storage = MemoryStorage::new();
    let (input, scores, offs) = (dataset(&storage, "people"), dataset(&storage, "scores"), dataset(&storage, "offs"));
    let options = WriteOptions::ordered_on("at");
    let _ = input.write(people().slice(0, 1), &options).unwrap();
    let _ = input.write(people().slice(1, 3), &options).unwrap();
    let done = Job::new(&flow())
        .load("people", Source::dataset(&input, ScanOptions::default().with_range(2..)))
        .load("spend", Source::rows([doubles("spend", &[1.0, 2.0]), doubles("spend", &[3.0])]))
        .input("rate", 2.0)
        .save(&["at"], &["score"], Sink::dataset(&scores, options.clone()))
        .save(&["at", "age"], &["off"], Sink::dataset(&offs, options))
        .run()
        .unwrap();
    assert_eq!(column(&scores, "score"), [-20.0, 0.0, 60.0]);
    assert_eq!((column(&offs, "age"), column(&offs, "off")), (vec![20.0, 30.0, 40.0], vec![-10.0, 0.0, 10.0]));
    let read = done.sources[0].read.as_ref().unwrap();
    assert_eq!((read.version, &done.sources[1].read), (1, &None));
    let metadata = &scores.snapshot().unwrap().key_value_metadata;
    let expected = format!(r#"{{"people":{{"dataset_id":"{}","version":1}}}}"#, read.dataset_id);
    assert_eq!(metadata["varvite.sources"], expected);
}

#[test]
fn what_does_not_fit_leaves_outputs_as_they_were() {
    let storage = MemoryStorage::new();
    let output = dataset(&storage, "output");
    let sink = || Sink::dataset(&output, WriteOptions::ordered_on("at"));
    let job = || Job::new(&flow()).load("people", Source::rows([people()])).input("rate", 1.0);
    let short = job().load("spend", Source::rows([doubles("spend", &[1.0])])).save(&["at"], &["score"], sink());
    let error = short.run().unwrap_err();
    assert_eq!(error.to_string(), "job `load` cannot go on: `people` and `spend` have 4 and 1 rows");
    let twice = job().load("more", Source::rows([doubles("age", &[1.0; 4])])).save(&["at"], &["off"], sink());
    assert_eq!(twice.run().unwrap_err().code(), "VV1004");
    assert_eq!(job().save(&["at"], &["score"], sink()).run().unwrap_err().code(), "VV1022", "spend is missing");
    assert_eq!(job().save(&["at"], &["age_mean"], sink()).run().unwrap_err().code(), "VV1012", "one value");
    assert_eq!(job().save(&["when"], &["off"], sink()).run().unwrap_err().code(), "VV1012");
    let both = job().save(&["at"], &["off"], sink()).save(&["at"], &["age_mean"], sink());
    assert_eq!(both.run().unwrap_err().code(), "VV1012");
    assert!(!output.exists());
}

#[test]
fn a_parquet_file_is_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.parquet");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, people().schema(), None).unwrap();
    for rows in [people().slice(0, 3), people().slice(3, 1)] {
        writer.write(&rows).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
    let storage = MemoryStorage::new();
    let output = dataset(&storage, "output");
    let sink = || Sink::dataset(&output, WriteOptions::ordered_on("at"));
    let job = |path: &std::path::Path| {
        Job::new(&flow()).load("people", Source::parquet(path)).save(&["at"], &["off"], sink()).run()
    };
    let done = job(&path).unwrap();
    assert_eq!((done.sources[0].num_rows, &done.sources[0].read), (4, &None));
    assert_eq!(column(&output, "off"), [-15.0, -5.0, 5.0, 15.0]);

    let version = output.snapshot().unwrap().version;
    let bytes = std::fs::read(&path).unwrap();
    let mut torn: Vec<Vec<u8>> = [0, 3, 11, bytes.len() / 2, bytes.len() - 1].map(|len| bytes[..len].to_vec()).into();
    torn.push(vec![7; 1000]);
    for bytes in torn {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(job(&path).unwrap_err().code(), "VV1028");
    }
    // Whatever the bytes, it is an error at most.
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0xff;
        std::fs::write(&path, flipped).unwrap();
        let _ = Job::new(&flow()).load("people", Source::parquet(&path)).run();
    }
    let error = job(&folder.path().join("none")).unwrap_err();
    assert!(error.to_string().starts_with("source `people`: file `"), "{error}");
    assert_eq!(output.snapshot().unwrap().version, version, "nothing was written");
}

#[test]
fn two_sources_of_one_name_are_refused() {
    let rows = || Source::rows([people()]);
    let error = Job::new(&flow()).load("people", rows()).load("people", rows()).run().unwrap_err();
    assert_eq!(error.code(), "VV1001", "{error}");
}
