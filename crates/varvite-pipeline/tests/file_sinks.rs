//! Files as sinks: what comes back, and that a file is there whole or as it was.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Float64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
use varvite_flow::{Dataflow, Module, Node};
use varvite_pipeline::{CsvOptions, Job, Sink, Source, Types};

fn people(ages: &[f64]) -> RecordBatch {
    let at = Arc::new(Int64Array::from_iter_values((1..).take(ages.len()))) as ArrayRef;
    let names = (0..ages.len()).map(|n| (n % 2 == 0).then(|| format!("\"{n}\", a\nb")));
    let name = Arc::new(names.collect::<StringArray>());
    RecordBatch::try_from_iter([("at", at), ("name", name), ("age", Arc::new(Float64Array::from(ages.to_vec())))])
        .unwrap()
}

fn flow() -> Dataflow {
    let module = Module::new().node(Node::row("score", ["age"], |age: f64| age / 10.0));
    Dataflow::builder().with(module).build().unwrap()
}

fn job(rows: RecordBatch) -> Job {
    Job::new(&flow()).load("people", Source::rows([rows]))
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn what_is_saved_comes_back_from_each_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let rows = people(&[10.0, 0.1, -5.0]);
    let written = |sink| job(rows.clone()).save(&["at", "name", "age"], &["score"], sink).run().unwrap();
    for (sink, source) in [
        (Sink::parquet(path("a")), Source::parquet(path("a"))),
        (Sink::csv(path("b")), Source::csv(path("b"), CsvOptions::default())),
        (Sink::csv(path("b")), Source::csv(path("b"), CsvOptions::default().with_types(rows.schema()))),
        (Sink::json_lines(path("c")), Source::json_lines(path("c"), Types::Inferred)),
        (Sink::json_lines(path("c")), Source::json_lines(path("c"), rows.schema().into())),
    ] {
        let done = written(sink);
        assert_eq!((done.saved[0].num_rows, done.saved[0].version), (3, None));
        let back = path("back");
        let again =
            Job::new(&flow()).load("people", source).save(&["at", "name", "age"], &["score"], Sink::parquet(&back));
        let _ = again.run().unwrap();
        let read = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&back).unwrap()).unwrap();
        let read = read.build().unwrap().next().unwrap().unwrap();
        for (name, column) in rows.schema().fields().iter().zip(rows.columns()) {
            assert_eq!(&read[name.name().as_str()], column, "{name}");
        }
        assert_eq!(read["score"].as_primitive::<Float64Type>().values(), &[1.0, 0.1 / 10.0, -0.5]);
    }
    assert_eq!(files(folder.path()), ["a", "b", "back", "c"], "nothing else is left");
}

#[test]
fn a_parquet_file_knows_the_versions_it_was_made_from() {
    let folder = tempfile::tempdir().unwrap();
    let input = Dataset::open_or_new(folder.path().join("people")).unwrap();
    let _ = input.write(people(&[1.0, 2.0]), &WriteOptions::ordered_on("at")).unwrap();
    let path = folder.path().join("scores.parquet");
    let job = Job::new(&flow()).load("people", Source::dataset(&input, ScanOptions::default()));
    let done = job.save(&["at"], &["score"], Sink::parquet(&path)).run().unwrap();
    let read = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&path).unwrap()).unwrap();
    let metadata = read.metadata().file_metadata().key_value_metadata().unwrap();
    let sources = metadata.iter().find(|entry| entry.key == "varvite.sources").unwrap().value.clone().unwrap();
    assert_eq!(sources, serde_json::to_string(&serde_json::json!({"people": done.sources[0].read})).unwrap());
}

#[test]
fn what_cannot_be_written_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    std::fs::write(&path, "as it was").unwrap();
    let check = |rows: RecordBatch, kept: &[&str], sink: Sink, cause: &str| {
        let error = job(rows).save(kept, &["score"], sink).run().unwrap_err();
        assert_eq!(error.code(), "VV1030", "{error}");
        let told = std::error::Error::source(&error).unwrap().to_string();
        assert!(told.contains(cause), "{told}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "as it was");
        assert_eq!(files(folder.path()), ["out"]);
    };
    for bad in [f64::NAN, f64::INFINITY] {
        check(people(&[1.0, bad]), &["at"], Sink::json_lines(&path), "column `score`: JSON has neither NaN");
    }
    let lists = ListArray::from_iter_primitive::<Float64Type, _, _>([Some([Some(1.0), Some(f64::NAN)])]);
    let columns = [("age", Arc::new(Float64Array::from(vec![1.0])) as ArrayRef), ("list", Arc::new(lists))];
    let nested = RecordBatch::try_from_iter(columns).unwrap();
    check(nested.clone(), &["list"], Sink::json_lines(&path), "column `list`: JSON has neither NaN");
    check(nested, &["list"], Sink::csv(&path), "");
    check(people(&[1.0]), &["at"], Sink::csv(path.join("below a file")), "");
}

#[test]
fn no_rows_are_a_file_with_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.csv");
    let _ = job(people(&[])).save(&["at"], &["score"], Sink::csv(&path)).run().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "at,score\n");
    let _ = job(people(&[2.0, 3.0])).save(&["at"], &["score"], Sink::csv(&path)).run().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "at,score\n1,0.2\n2,0.3\n");
}

#[cfg(unix)]
#[test]
fn a_file_may_be_read_by_whom_the_mask_lets() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (saved, plain) = (folder.path().join("saved"), folder.path().join("plain"));
    let _ = job(people(&[1.0])).save(&["at"], &["score"], Sink::parquet(&saved)).run().unwrap();
    std::fs::write(&plain, "").unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&saved), mode(&plain));
}
