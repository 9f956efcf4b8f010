//! Files of comma-separated values as sources: types, and where a file cannot be read.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef};
use varvite_flow::{Dataflow, Module, Node};
use varvite_pipeline::{CsvOptions, Error, Job, JobReport, Result, Sink, Source};

/// What a job loads from a file of these bytes, its columns as they are: saved as Parquet, which loses nothing.
fn load(bytes: &[u8], options: CsvOptions, columns: &[&str]) -> Result<(JobReport, RecordBatch)> {
    let folder = tempfile::tempdir().unwrap();
    let (path, saved) = (folder.path().join("people.csv"), folder.path().join("saved.parquet"));
    std::fs::write(&path, bytes).unwrap();
    let one = Dataflow::builder().with(Module::new().node(Node::row("one", ["age"], |_: Option<f64>| 1.0)));
    let job = Job::new(&one.build().unwrap()).load("people", Source::csv(&path, options));
    let done = job.save(columns, &[], Sink::parquet(&saved)).run()?;
    Ok((done, read_parquet(&saved)))
}

fn read_parquet(path: &Path) -> RecordBatch {
    let file = std::fs::File::open(path).unwrap();
    let builder = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let schema = builder.schema().clone();
    let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

fn declared(columns: &[(&str, DataType, bool)]) -> SchemaRef {
    let fields = columns.iter().map(|(name, data_type, nullable)| Field::new(*name, data_type.clone(), *nullable));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn people() -> CsvOptions {
    CsvOptions::default().with_types(declared(&[("at", DataType::Int64, false), ("age", DataType::Float64, true)]))
}

/// The line, the column and the reason of what is wrong.
#[track_caller]
fn wrong(bytes: &[u8], options: CsvOptions) -> (u64, Option<String>, String) {
    let error = load(bytes, options, &[]).unwrap_err();
    assert_eq!(error.code(), "VV1029", "{error}");
    let Error::FileRow { name, path, line, column, reason } = error else { panic!("{error:?}") };
    assert!(name == "people" && path.ends_with("people.csv"), "{name}, {path}");
    (line, column, reason)
}

fn bad(line: u64, column: &str, reason: &str) -> (u64, Option<String>, String) {
    (line, Some(column.to_owned()), reason.to_owned())
}

#[test]
fn types_are_inferred_from_all_rows_and_told() {
    let mut text = "\u{feff}at,name,age\r\n".to_owned();
    for at in 0..20_000 {
        writeln!(text, "{at},\"a, b\",{at}\r").unwrap();
    }
    text += "20000,,0.5";
    let (done, rows) = load(text.as_bytes(), CsvOptions::default(), &["at", "name", "age"]).unwrap();
    let told = "`people`: 20001 rows, types inferred: at Int64, name Utf8, age Float64\nsaved : 20001 rows";
    assert_eq!(done.to_string(), told);
    assert_eq!(rows["at"].as_primitive::<Int64Type>().value(20_000), 20_000);
    assert_eq!(rows["age"].as_primitive::<Float64Type>().value(20_000).to_bits(), 0.5_f64.to_bits());
    let names = rows["name"].as_string::<i32>();
    assert_eq!((names.value(0), names.is_null(20_000)), ("a, b", true));
}

#[test]
fn declared_columns_are_found_by_name_and_others_left_out() {
    let (done, rows) =
        load(b"name;age;at\nEva;;7\n\nAdam;2;8\n", people().with_delimiter(b';'), &["at", "age"]).unwrap();
    assert_eq!(done.sources[0].inferred, None);
    assert_eq!(rows["at"].as_primitive::<Int64Type>().values(), &[7, 8]);
    let ages = rows["age"].as_primitive::<Float64Type>();
    assert_eq!(ages.iter().collect::<Vec<_>>(), [None, Some(2.0)]);
    let error = load(b"name,age,at\nEva,1,7\n", people(), &["name"]).unwrap_err();
    assert_eq!(error.code(), "VV1012", "the column was left out: {error}");
}

#[test]
fn a_value_of_another_type_is_found_by_line_and_column() {
    assert_eq!(wrong(b"at,age\n1,2\n2,old\n", people()), bad(3, "age", "`old` is no Float64"));
    assert_eq!(wrong(b"age,at\n1,2\n2,old", people()), bad(3, "at", "`old` is no Int64"), "no line end");
    let empty = "it is empty, and the column is declared without nulls";
    assert_eq!(wrong(b"at,age\n1,2\n,3\n", people()), bad(3, "at", empty));
    // Lines within a value, blank ones and other line ends are counted.
    let lines = b"at,note,age\r\n\r\n1,\"two\r\nlines\",2\r\n\n2,,x\r\n";
    assert_eq!(wrong(lines, people()), bad(6, "age", "`x` is no Float64"));
    let error = load(b"at,age\n1,old\n", people(), &[]).unwrap_err().to_string();
    assert!(error.starts_with("source `people`: file `/"), "{error}");
    assert!(error.ends_with("people.csv`, line 2, column `age`: `old` is no Float64"), "{error}");
}

#[test]
fn a_bad_row_is_found_wherever_it_is() {
    for bad_row in [0, 1, 8_190, 8_191, 8_192, 8_193, 19_999] {
        let mut text = "at,age\n".to_owned();
        for at in 0..20_000 {
            let age = if at == bad_row { "x" } else { "1.5" };
            writeln!(text, "{at},{age}").unwrap();
        }
        assert_eq!(wrong(text.as_bytes(), people()), bad(bad_row + 2, "age", "`x` is no Float64"));
    }
}

#[test]
fn rows_of_other_lengths_are_found() {
    for options in [people(), CsvOptions::default()] {
        for row in ["3", "3,4,5"] {
            let text = format!("at,age\n1,2\n{row}\n");
            let (line, column, reason) = wrong(text.as_bytes(), options.clone());
            assert_eq!((line, column), (3, None), "{reason}");
            assert!(reason.contains("incorrect number of fields"), "{reason}");
        }
    }
}

#[test]
fn a_header_that_does_not_fit_is_refused() {
    let absent = "the file has no such column: it has `at`, `years`";
    assert_eq!(wrong(b"at,years\n1,2\n", people()), bad(1, "age", absent));
    assert_eq!(wrong(b"at,age,at\n1,2,3\n", people()), bad(1, "at", "two columns have this name"));
}

#[test]
fn files_that_are_not_there_or_no_text_are_errors() {
    for options in [people(), CsvOptions::default()] {
        let (line, column, reason) = wrong(b"at,age\n1,2\n2,\xff\xfe\n", options);
        assert_eq!((line, column), (3, None), "{reason}");
    }
    let one = Dataflow::builder().with(Module::new().node(Node::row("one", ["age"], |_: Option<f64>| 1.0)));
    let job = Job::new(&one.build().unwrap()).load("people", Source::csv("/nowhere/at/all.csv", people()));
    let error = job.run().unwrap_err();
    assert_eq!(error.code(), "VV1028");
    assert_eq!(error.to_string(), "source `people`: file `/nowhere/at/all.csv` cannot be read");
}

#[test]
fn a_file_without_rows_has_columns() {
    let (done, rows) = load(b"at,age\n", people(), &["at", "age"]).unwrap();
    assert_eq!((done.sources[0].num_rows, rows.num_rows(), rows.num_columns()), (0, 0, 2));
}
