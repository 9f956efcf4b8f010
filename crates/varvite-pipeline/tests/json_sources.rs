//! Files of JSON lines as sources: types, and where a file cannot be read.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fmt::Write;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use varvite_flow::{Dataflow, Module, Node};
use varvite_pipeline::{Error, Job, JobReport, Result, Sink, Source, Types};

/// What a job says that loads a file of this text, and what it saves as JSON lines.
fn load(text: &str, types: Types, columns: &[&str]) -> Result<(JobReport, String)> {
    let folder = tempfile::tempdir().unwrap();
    let (path, saved) = (folder.path().join("people.jsonl"), folder.path().join("saved.jsonl"));
    std::fs::write(&path, text).unwrap();
    let half = Dataflow::builder().with(Module::new().node(Node::row("half", ["age"], |age: f64| age / 2.0)));
    let job = Job::new(&half.build().unwrap()).load("people", Source::json_lines(&path, types));
    let done = job.save(columns, &["half"], Sink::json_lines(&saved)).run()?;
    Ok((done, std::fs::read_to_string(&saved).unwrap()))
}

fn people() -> Types {
    let fields = vec![Field::new("at", DataType::Int64, false), Field::new("age", DataType::Float64, true)];
    Types::Declared(Arc::new(Schema::new(fields)))
}

#[track_caller]
fn wrong(text: &str, types: Types) -> (u64, Option<String>, String) {
    let error = load(text, types, &["at"]).unwrap_err();
    let Error::FileRow { line, column, reason, .. } = error else { panic!("{error:?}") };
    (line, column, reason)
}

#[test]
fn types_are_inferred_from_all_rows_and_told() {
    let mut text = String::new();
    for at in 0..10_000 {
        writeln!(text, "{{\"at\":{at},\"age\":{at}}}").unwrap();
    }
    text += "{\"age\":0.5,\"tags\":[\"a\"]}";
    let (done, saved) = load(&text, Types::Inferred, &["at", "tags"]).unwrap();
    let told = done.to_string();
    assert!(told.starts_with("`people`: 10001 rows, types inferred: age Float64, at Int64, tags List("), "{told}");
    assert_eq!(saved.lines().nth(3).unwrap(), r#"{"at":3,"half":1.5}"#);
    assert_eq!(saved.lines().last().unwrap(), r#"{"tags":["a"],"half":0.25}"#, "what is absent is null");
}

#[test]
fn declared_columns_are_taken_and_others_left_out() {
    let text = "{\"name\":\"Eva\",\"at\":1,\"age\":3}\n\n{\"at\":2}\n";
    let (done, saved) = load(text, people(), &["at"]).unwrap();
    assert_eq!(done.to_string(), "`people`: 2 rows\nsaved half: 2 rows");
    assert_eq!(saved, "{\"at\":1,\"half\":1.5}\n{\"at\":2}\n");
}

#[test]
fn a_value_of_another_type_is_found_by_line_and_column() {
    let (line, column, reason) = wrong("{\"at\":1,\"age\":2}\n\n{\"at\":2,\"age\":\"old\"}\n", people());
    assert_eq!((line, column.as_deref()), (3, Some("age")), "{reason}");
    assert!(reason.contains("old"), "{reason}");
    let (line, column, reason) = wrong("{\"at\":1}\n{\"age\":2}\n", people());
    assert_eq!((line, column.as_deref()), (2, Some("at")), "{reason}");
    for bad_row in [0, 8_191, 8_192, 9_999] {
        let row = |at| if at == bad_row { "{\"at\":\"x\"}\n" } else { "{\"at\":1,\"age\":1.5}\n" };
        let text: String = (0..10_000).map(row).collect();
        let (line, column, reason) = wrong(&text, people());
        assert_eq!((line, column.as_deref()), (bad_row + 1, Some("at")), "{reason}");
    }
}

#[test]
fn what_is_no_json_is_found_by_line() {
    for types in [people(), Types::Inferred] {
        for broken in ["{\"at\":2,\"age\":}", "{\"at\":2,", "at", "[1,2]"] {
            let (line, column, reason) = wrong(&format!("{{\"at\":1,\"age\":2}}\n{broken}\n"), types.clone());
            assert_eq!((line, column), (2, None), "{broken}: {reason}");
        }
    }
}
