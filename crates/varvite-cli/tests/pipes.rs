//! A reader that leaves early, as `head` does, ends the program quietly.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

mod common;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use common::{command, folder, with_input};

/// Reads one line of what `line` prints, then leaves.
#[track_caller]
fn check(line: &str) {
    let folder = folder();
    let mut rows = String::from("n,text\n");
    for row in 0..50_000 {
        let _ = writeln!(rows, "{row},some text to fill the pipe with");
    }
    with_input(folder.path(), "dataset write d - --ordered-on n", rows.as_bytes()).ok();
    let mut child = command(folder.path(), line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = Vec::new();
    BufReader::new(child.stdout.take().unwrap()).read_until(b'\n', &mut first).unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    let code = child.wait().unwrap().code();
    assert_eq!((code, errors.as_str(), first.is_empty()), (Some(0), "", false));
}

#[test]
fn rows_as_json_lines() {
    check("dataset scan d --json");
}

#[test]
fn rows_as_csv() {
    check("dataset scan d -o - --format csv");
}

#[test]
fn rows_as_parquet() {
    check("dataset scan d -o - --format parquet");
}

#[test]
fn rows_as_arrow() {
    check("dataset scan d -o - --format arrow");
}

#[test]
fn a_long_table() {
    check("dataset scan d --limit 50000");
}

#[test]
fn chunks() {
    check("store intersections . --key d --max-rows 2");
}
