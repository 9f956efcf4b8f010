//! `varvite dataset scan`: tables, ranges, files.

mod common;

use common::{files, folder, varvite, with_day};

#[test]
fn a_table() {
    insta::assert_snapshot!(varvite(with_day().path(), "dataset scan day").ok(), @r#"
    ts                    symbol  price  volume
    ────────────────────  ──────  ─────  ──────
    2024-03-01T00:00:00Z  A         1.5      10
    2024-03-01T03:00:00Z  B         2.5      20
    2024-03-01T06:00:00Z  A        3.25       -
    2024-03-01T09:00:00Z  C, "D"    4.0      40
    2024-03-01T12:00:00Z  A         5.0      50
    2024-03-01T15:00:00Z  B         6.0      60
    2024-03-01T18:00:00Z  A         7.0      70
    2024-03-01T21:00:00Z  -         8.0      80
    2024-03-02T00:00:00Z  A       9.125      90
    9 rows
    "#);
}

#[test]
fn a_range_with_rows_before_it() {
    let line =
        "dataset scan day --start 2024-03-01T12:00 --end 2024-03-01T21:00 --n-prev 1 --columns price,ts --limit 3";
    insta::assert_snapshot!(varvite(with_day().path(), line).ok(), @r"
    price  ts
    ─────  ────────────────────
      4.0  2024-03-01T09:00:00Z
      5.0  2024-03-01T12:00:00Z
      6.0  2024-03-01T15:00:00Z
    3 of 4 rows: --limit shows more, -o writes them
    ");
}

#[test]
fn rows_as_json_lines() {
    let out = varvite(with_day().path(), "dataset scan day --limit 3 --json").ok();
    let rows: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows[2],
        serde_json::json!({"ts": "2024-03-01T06:00:00Z", "symbol": "A", "price": 3.25, "volume": null})
    );
}

#[test]
fn negative_bounds() {
    let folder = folder();
    common::with_input(folder.path(), "dataset write d - --ordered-on n", b"n\n-2\n-1\n0\n").ok();
    assert_eq!(varvite(folder.path(), "dataset scan d --start -1 --json").ok(), "{\"n\":-1}\n{\"n\":0}\n");
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let folder = with_day();
    let report = varvite(folder.path(), "dataset scan day -o out.csv --limit 2 --json").json();
    assert_eq!((report["rows"].clone(), report["file"].clone()), (2.into(), "out.csv".into()));
    let before = files(folder.path());
    let error = varvite(folder.path(), "dataset scan day -o none/out.csv").refused();
    assert!(error.starts_with("error[VV0905]: cannot write `none/out.csv`"), "{error}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn damage_leaves_no_half_a_file() {
    let folder = with_day();
    let (name, bytes) = files(folder.path()).into_iter().find(|(name, _)| name.ends_with(".parquet")).unwrap();
    std::fs::write(folder.path().join(name), &bytes[..bytes.len() / 2]).unwrap();
    std::fs::write(folder.path().join("out.csv"), "old").unwrap();
    let error = varvite(folder.path(), "dataset scan day -o out.csv").refused();
    assert!(error.starts_with("error[VV0130]") && error.contains("varvite dataset check"), "{error}");
    assert_eq!(std::fs::read_to_string(folder.path().join("out.csv")).unwrap(), "old");
    assert!(!files(folder.path()).iter().any(|(name, _)| name.contains(".varvite-")));
}
