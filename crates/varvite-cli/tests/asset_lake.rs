//! Dated files: `varvite asset write --lake`, listed and taken out by `fetch`.
#![cfg(feature = "asset")]

mod common;

use common::assets::{WEATHER_CSV, with_catalog};
use common::varvite;

#[test]
fn files_are_listed_by_date() {
    let folder = with_catalog();
    insta::assert_snapshot!(varvite(folder.path(), "asset fetch c exports").ok(), @r"
    date                  format  bytes  path
    ────────────────────  ──────  ─────  ────────────────────────────────────────────────────────────────
    2024-01-31T00:00:00Z  csv      31 B  lake/exports/date=2024-01-31T00:00:00Z/v1.1-2866ea1ecf8cd020.csv
    2024-02-29T00:00:00Z  csv     238 B  lake/exports/date=2024-02-29T00:00:00Z/v1.1-21a016826b2b71d5.csv
    2 files
    ");
    let json = varvite(folder.path(), "asset fetch c exports --range 2024-02-01..2024-03-01 --json").json();
    assert_eq!((json["files"].as_array().unwrap().len(), &json["files"][0]["bytes"]), (1, &WEATHER_CSV.len().into()));
}

#[test]
fn a_file_comes_back_as_it_was() {
    let folder = with_catalog();
    assert_eq!(varvite(folder.path(), "asset fetch c exports --latest -o -").ok(), WEATHER_CSV);
    varvite(folder.path(), "asset fetch c exports --latest -o back.csv").ok();
    assert_eq!(std::fs::read_to_string(folder.path().join("back.csv")).unwrap(), WEATHER_CSV);
    let run = varvite(folder.path(), "asset fetch c exports -o back.csv");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.err, @r"
    error[VV0900]: -o writes one file, and there are 2: name it by --range or --latest
      asset    exports@v1
      help     see `varvite help`
    ");
}

#[test]
fn a_file_of_the_same_date_replaces_the_one_before() {
    let folder = with_catalog();
    std::fs::write(folder.path().join("new.zip"), "bytes").unwrap();
    let json = varvite(folder.path(), "asset write c exports new.zip --lake --date 2024-02-29 --json").json();
    assert_eq!((&json["format"], &json["bytes"]), (&"zip".into(), &5.into()));
    assert_eq!(varvite(folder.path(), "asset fetch c exports --latest -o -").ok(), "bytes");
    assert_eq!(varvite(folder.path(), "asset fetch c exports --json").json()["files"].as_array().unwrap().len(), 2);
}

#[test]
fn files_have_no_columns() {
    let folder = with_catalog();
    insta::assert_snapshot!(varvite(folder.path(), "asset fetch c exports --columns name").refused(), @r"
    error[VV0604]: option `columns` cannot be used: files are taken as they are
      asset    exports@v1
    ");
}
