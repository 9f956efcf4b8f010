//! `varvite dataset write`: reports, modes, metadata, dry runs.

mod common;

use common::{files, folder, varvite, with_day, with_input};

#[test]
fn a_new_dataset() {
    let folder = folder();
    std::fs::write(folder.path().join("day.csv"), common::DAY_CSV).unwrap();
    let report = varvite(folder.path(), "dataset write a/b/day day.csv --ordered-on ts --json").json();
    let of = |name: &str| report[name].clone();
    assert_eq!((of("dataset"), of("rows_in"), of("inserted")), ("a/b/day".into(), 9.into(), 9.into()));
    assert_eq!((of("committed"), of("dry_run"), of("version_after")), (true.into(), false.into(), 0.into()));
}

#[test]
fn the_same_rows_again_change_nothing() {
    let folder = with_day();
    let before = files(folder.path());
    let report = varvite(folder.path(), "dataset write day day.csv").ok();
    assert!(report.contains("9 identical") && report.contains("nothing committed"), "{report}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn late_and_corrected_rows() {
    let folder = with_day();
    let late = b"ts,symbol,price,volume\n2024-03-01T01:00:00Z,A,1,1\n2024-03-01T03:00:00Z,B,9.5,20\n";
    let report = with_input(folder.path(), "dataset write day -", late).ok();
    assert!(report.starts_with("2 rows: 1 inserted, 1 updated, 0 identical, 0 dropped as duplicates (2 late)"));
    let rows = varvite(folder.path(), "dataset scan day --end 2024-03-01T06:00 -o - --format csv").ok();
    let expected = "ts,symbol,price,volume\n2024-03-01T00:00:00Z,A,1.5,10\n2024-03-01T01:00:00Z,A,1.0,1\n\
                    2024-03-01T03:00:00Z,B,9.5,20\n";
    assert_eq!(rows, expected);
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = with_day();
    let before = files(folder.path());
    let late = b"ts,symbol,price,volume\n2024-03-01T01:00:00Z,A,1,1\n";
    let plan = with_input(folder.path(), "dataset write day - --dry-run", late).ok();
    assert!(plan.contains("at most 1 inserted") && plan.ends_with("dry run: nothing was written\n"), "{plan}");
    let new = with_input(folder.path(), "dataset write new - --ordered-on ts --dry-run --json", late).json();
    assert_eq!((new["rows_in"].clone(), new["committed"].clone()), (1.into(), false.into()));
    assert_eq!(files(folder.path()), before);
}

#[test]
fn modes() {
    let folder = with_day();
    let rows = b"ts,symbol,price,volume\n2024-03-05,A,1,1\n";
    let appended = with_input(folder.path(), "dataset write day - --mode append", rows).ok();
    assert!(appended.contains("1 inserted"), "{appended}");
    let replaced = with_input(folder.path(), "dataset write day - --mode overwrite --json", rows).json();
    assert_eq!(replaced["version_after"], 2);
    let rows = varvite(folder.path(), "dataset scan day --json").ok();
    assert_eq!(rows.lines().count(), 1, "{rows}");
}

#[test]
fn row_groups_by_period_and_settings_are_remembered() {
    let folder = folder();
    std::fs::write(folder.path().join("day.csv"), common::DAY_CSV).unwrap();
    let line = "dataset write day day.csv --ordered-on ts --row-group-target-size 1D --compression lz4 \
                --duplicates-on ts,symbol --max-n-off-target-rgs 2 --json";
    assert_eq!(varvite(folder.path(), line).json()["row_groups_new"], 2);
    let info = varvite(folder.path(), "dataset info day --json").json();
    let settings = &info["settings"];
    assert_eq!(
        (settings["row_group_target_size"].as_str(), settings["compression"].as_str()),
        (Some("1d"), Some("lz4"))
    );
    assert_eq!(settings["max_n_off_target_rgs"], 2);
    assert_eq!(settings["duplicates_on"]["columns"], serde_json::json!([["ts"], ["symbol"]]));
}

#[test]
fn metadata_needs_no_rows() {
    let folder = with_day();
    varvite(folder.path(), "dataset write day --set owner=ann --set unit=usd").ok();
    varvite(folder.path(), "dataset write day --unset unit").ok();
    let info = varvite(folder.path(), "dataset info day --json").json();
    assert_eq!(info["key_value_metadata"], serde_json::json!({"owner": "ann"}));
    assert_eq!(info["num_rows"], 9);
}

#[test]
fn rows_are_sorted_if_asked() {
    let folder = folder();
    let rows = b"n,x\n3,a\n1,b\n2,c\n";
    with_input(folder.path(), "dataset write d - --ordered-on n --sort", rows).ok();
    assert_eq!(varvite(folder.path(), "dataset scan d -o - --format csv").ok(), "n,x\n1,b\n2,c\n3,a\n");
}

#[test]
fn a_nested_ordered_column() {
    let folder = folder();
    let rows = b"{\"event\":{\"n\":1,\"what\":\"a\"}}\n{\"event\":{\"n\":2,\"what\":\"b\"}}\n";
    with_input(folder.path(), "dataset write d - --ordered-on event.n --duplicates-on event.what", rows).ok();
    let again = with_input(folder.path(), "dataset write d - --ordered-on event.n", rows).ok();
    assert!(again.contains("2 identical"), "{again}");
    let scanned = varvite(folder.path(), "dataset scan d --start 2 --json").ok();
    assert_eq!(scanned, "{\"event\":{\"n\":2,\"what\":\"b\"}}\n");
}

#[test]
fn a_top_column_with_a_dot_in_its_name() {
    let folder = folder();
    with_input(folder.path(), "dataset write d - --ordered-on a.b", b"a.b,x\n1,1\n2,2\n").ok();
    let info = varvite(folder.path(), "dataset info d --json").json();
    assert_eq!(info["settings"]["ordered_on"], serde_json::json!(["a.b"]));
}

#[test]
fn several_inputs_in_one_write() {
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("one.csv", "n,x\n1,a\n2,b\n");
    write("two.jsonl", "{\"x\":\"c\",\"n\":3}\n{\"n\":4,\"x\":null}\n");
    let report = varvite(folder.path(), "dataset write d one.csv two.jsonl --ordered-on n --json").json();
    assert_eq!((report["inserted"].clone(), report["version_after"].clone()), (4.into(), 0.into()));
    assert_eq!(varvite(folder.path(), "dataset scan d -o - --format csv").ok(), "n,x\n1,a\n2,b\n3,c\n4,\n");
}
