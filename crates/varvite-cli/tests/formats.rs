//! Every format goes in and comes out unchanged.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

mod common;

use common::{DAY_CSV, folder, varvite, with_day, with_input};

/// What `day.csv` says, as it is written by us.
fn day() -> String {
    DAY_CSV
        .replace(",4,40", ",4.0,40")
        .replace(",5,50", ",5.0,50")
        .replace(",6,", ",6.0,")
        .replace(",7,", ",7.0,")
        .replace(",8,", ",8.0,")
}

#[track_caller]
fn check(format: &str) {
    let folder = with_day();
    let here = folder.path();
    varvite(here, &format!("dataset scan day -o copy.{format}")).ok();
    varvite(here, &format!("dataset write copy copy.{format} --ordered-on ts")).ok();
    assert_eq!(varvite(here, "dataset scan copy -o - --format csv").ok(), day());
    let types = |dataset: &str| varvite(here, &format!("dataset info {dataset} --json")).json()["schema"].clone();
    assert_eq!(types("copy"), types("day"));

    let bytes = std::fs::read(here.join(format!("copy.{format}"))).unwrap();
    let again = with_input(here, "dataset write day -", &bytes).ok();
    assert!(again.contains("9 identical"), "from standard input: {again}");
}

#[test]
fn parquet() {
    check("parquet");
}

#[test]
fn csv() {
    check("csv");
}

#[test]
fn arrow() {
    check("arrow");
}

#[test]
fn json_lines() {
    check("jsonl");
}

#[test]
fn the_types_of_a_csv_file() {
    let folder = folder();
    let csv = b"n,when,day,naive,mixed,x,flag,none\n\
                1,2024-03-01T10:00:00+01:00,2024-03-01,2024-03-01 10:00:00,2024-03-01 10:00:00,1.5,true,\n\
                2,2024-03-01T10:00:00.25Z,2024-03-02,2024-03-01 10:00:00.000000001,then,2,false,\n";
    with_input(folder.path(), "dataset write d - --ordered-on n", csv).ok();
    let info = varvite(folder.path(), "dataset info d --json").json();
    let types: Vec<&str> =
        info["schema"].as_array().unwrap().iter().map(|column| column["type"].as_str().unwrap()).collect();
    let expected = ["Int64", "Timestamp(µs, \"UTC\")", "Date32", "Timestamp(ns)", "Utf8", "Float64", "Boolean", "Utf8"];
    assert_eq!(types, expected);
    let first = varvite(folder.path(), "dataset scan d --limit 1 --columns when,naive --json").ok();
    assert_eq!(first, "{\"when\":\"2024-03-01T09:00:00Z\",\"naive\":\"2024-03-01T10:00:00\"}\n");
}

#[test]
fn files_without_rows() {
    let folder = with_day();
    let empty = with_input(folder.path(), "dataset write day -", b"ts,symbol,price,volume\n").ok();
    assert!(empty.starts_with("0 rows"), "{empty}");
    varvite(folder.path(), "dataset scan day --start 2030-01-01 -o none.csv").ok();
    let written = std::fs::read_to_string(folder.path().join("none.csv")).unwrap();
    assert_eq!(written, "ts,symbol,price,volume\n");
}
