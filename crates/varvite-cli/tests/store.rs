//! `varvite store ls` and `varvite store intersections`, on the store that the demo leaves.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

mod common;

use std::path::PathBuf;
use std::sync::LazyLock;

use common::{TempDir, files, varvite, with_day};

/// The demo's folder, made once.
static STORE: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = common::folder();
    varvite(folder.path(), "demo weather --json").ok();
    let path = folder.path().to_owned();
    (folder, path)
});

#[test]
fn ls() {
    let out = varvite(&STORE.1, "store ls weather").ok();
    let columns = out.lines().next().unwrap().split_whitespace().collect::<Vec<_>>();
    let expected = ["origin", "resolution", "path", "rows", "row", "groups", "min", "max", "bytes", "version"];
    assert_eq!(columns, expected);
    let words: Vec<String> = out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let jfk = words.iter().find(|line| line.starts_with("JFK")).unwrap();
    assert!(jfk.starts_with("JFK 1h JFK/1h 8,706 12 2013-01-01T06:00:00Z 2013-12-30T23:00:00Z"), "{jfk}");
    // Those of the stations, the history of features and the partitions of assets, whose keys are of other types.
    let own = usize::from(cfg!(feature = "feature")) + if cfg!(feature = "asset") { 4 } else { 0 };
    assert!(out.ends_with(&format!("{} datasets\n", 3 + own)), "{out}");
}

#[test]
fn ls_with_filters() {
    let list = varvite(&STORE.1, "store ls weather --filter origin=LGA --filter resolution=1h --json").json();
    let datasets = list["datasets"].as_array().unwrap();
    assert_eq!(datasets.len(), 1);
    assert_eq!(datasets[0]["key"], serde_json::json!({"origin": "LGA", "resolution": "1h"}));
    assert_eq!((datasets[0]["rows"].clone(), datasets[0]["key_type"].clone()), (8706.into(), "Station".into()));
    let none = varvite(&STORE.1, "store ls weather --filter origin=BER --json").json();
    assert_eq!(none["datasets"].as_array().unwrap().len(), 0);
}

#[test]
fn ls_of_datasets_without_typed_keys() {
    let folder = with_day();
    let list = varvite(folder.path(), "store ls . --json").json();
    assert_eq!((list["datasets"][0]["path"].clone(), list["datasets"][0]["key_type"].is_null()), ("day".into(), true));
}

#[test]
fn ls_goes_on_after_a_damaged_dataset() {
    let folder = with_day();
    varvite(folder.path(), "dataset write other day.csv --ordered-on ts").ok();
    for (name, _) in files(folder.path()).iter().filter(|(name, _)| name.starts_with("day_opdmd/")) {
        std::fs::write(folder.path().join(name), "nonsense").unwrap();
    }
    let run = varvite(folder.path(), "store ls .");
    assert_eq!(run.code, 1);
    assert!(run.out.contains("other") && run.out.contains("cannot be opened"), "{}", run.out);
    assert!(run.err.starts_with("error[VV013") && run.err.contains("dataset  day"), "{}", run.err);
}

#[test]
fn unknown_names_come_with_a_suggestion() {
    insta::assert_snapshot!(varvite(&STORE.1, "store ls weather --filter orign=JFK").refused(), @r"
    error[VV0908]: no key below `weather` has a field `orign`: they have `origin`, `resolution`
      help     did you mean `origin`?
    ");
    insta::assert_snapshot!(varvite(&STORE.1, "store intersections weather --key JFK/1d").refused(), @r"
    error[VV0909]: there is no dataset `JFK/1d` below `weather`
      help     did you mean `JFK/1h`?
    ");
    insta::assert_snapshot!(varvite(&STORE.1, "store intersections weather --key JFK/1h --columns tmp").refused(), @r"
    error[VV0106]: there is no column `tmp`: did you mean `temp`?
      dataset  JFK/1h
    ");
    insta::assert_snapshot!(varvite(&STORE.1, "store ls wether").refused(), @r"
    error[VV0907]: `wether` is no folder with datasets: it is not there
      help     check the path, or write a dataset below it first
    ");
}

#[test]
fn intersections_by_quarter() {
    let line = "store intersections weather --key EWR/1h --key JFK/1h --every 1q --columns time_hour";
    insta::assert_snapshot!(varvite(&STORE.1, line).ok(), @r"
    2013-01-01T00:00:00Z..2013-04-01T00:00:00Z  EWR/1h   2,150  JFK/1h   2,151
    2013-04-01T00:00:00Z..2013-07-01T00:00:00Z  EWR/1h   2,184  JFK/1h   2,183
    2013-07-01T00:00:00Z..2013-10-01T00:00:00Z  EWR/1h   2,200  JFK/1h   2,202
    2013-10-01T00:00:00Z..2014-01-01T00:00:00Z  EWR/1h   2,169  JFK/1h   2,170
    4 chunks, 17,409 rows
    ");
}

#[test]
fn intersections_as_json_lines() {
    let line = "store intersections weather --key EWR/1h --key JFK/1h --start 2013-05-01 --end 2013-05-03 \
                --every 1D --n-prev 5 --json";
    let out = varvite(&STORE.1, line).ok();
    let chunks: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(chunks.len(), 2);
    assert_eq!(chunks[0]["rows"], serde_json::json!({"EWR/1h": 29, "JFK/1h": 29}));
    assert_eq!(chunks[1]["start"], "2013-05-02T00:00:00Z");
}

#[test]
fn intersections_by_rows_and_by_layout() {
    let count = |line: &str| varvite(&STORE.1, line).ok().lines().count();
    assert_eq!(count("store intersections weather --key EWR/1h --json"), 12);
    assert_eq!(count("store intersections weather --key EWR/1h --max-rows 1000 --json"), 9);
}
