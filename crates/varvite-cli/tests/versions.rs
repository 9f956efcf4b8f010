//! Older versions: `--version`, `--as-of`, `--tag`, `varvite dataset tag` and `vacuum`.

mod common;

use common::{TempDir, files, redact, varvite, with_day};

/// The dataset `day` after two deletions: versions 0, 1 and 2 with 9, 7 and 4 rows.
fn with_versions() -> TempDir {
    let folder = with_day();
    varvite(folder.path(), "dataset delete day --end 2024-03-01T06:00").ok();
    varvite(folder.path(), "dataset delete day --end 2024-03-01T15:00").ok();
    folder
}

fn rows(folder: &TempDir, which: &str) -> usize {
    varvite(folder.path(), &format!("dataset scan day {which} --json")).ok().lines().count()
}

#[test]
fn an_older_version_is_read() {
    let folder = with_versions();
    assert_eq!(["", "--version 1", "--version 0"].map(|which| rows(&folder, which)), [4, 7, 9]);
    let info = varvite(folder.path(), "dataset info day --version 1 --json").json();
    assert_eq!((info["version"].clone(), info["num_rows"].clone()), (1.into(), 7.into()));
    let text = varvite(folder.path(), "dataset scan day --version 0 --limit 2").ok();
    assert!(text.ends_with("2 of 9 rows: --limit shows more, -o writes them\n"), "{text}");
}

#[test]
fn a_time_is_a_version() {
    let folder = with_versions();
    let log = varvite(folder.path(), "dataset log day --json").json();
    let at_ms = log["commits"][2]["at_ms"].as_i64().unwrap();
    let at = varvite::time::format_instant(at_ms, varvite::time::TimeUnit::Millisecond);
    assert_eq!([format!("--as-of {at}"), "--as-of 2999-01-01".to_owned()].map(|at| rows(&folder, &at)), [4, 4]);
    insta::assert_snapshot!(varvite(folder.path(), "dataset scan day --as-of 2013-01-01").refused(), @r"
    error[VV0118]: no version is as old as 1356998400000 ms since 1970
      dataset  day
      help     `varvite dataset log` tells when each was committed
    ");
    assert_eq!(varvite(folder.path(), "dataset scan day --as-of soon").code, 2);
    assert_eq!(varvite(folder.path(), "dataset scan day --as-of 2013-01-01 --version 1").code, 2);
}

#[test]
fn a_version_has_a_name() {
    let folder = with_versions();
    assert_eq!(varvite(folder.path(), "dataset tag day first --version 0").ok(), "first is version 0\n");
    assert_eq!(varvite(folder.path(), "dataset tag day newest").ok(), "newest is version 3\n");
    assert_eq!([rows(&folder, "--tag first"), rows(&folder, "--tag newest")], [9, 4]);
    insta::assert_snapshot!(varvite(folder.path(), "dataset tag day").ok(), @r"
    name    version
    ──────  ───────
    first         0
    newest        3
    2 tags
    ");
    let info = varvite(folder.path(), "dataset info day --tag first").ok();
    assert!(info.contains("version       0\n  tags          first (0), newest (3)\n"), "{info}");
    assert_eq!(varvite(folder.path(), "dataset tag day newest --remove").ok(), "newest is no name any more\n");
    let tags = varvite(folder.path(), "dataset tag day --json").json();
    assert_eq!(tags["tags"], serde_json::json!({"first": 0}));
    insta::assert_snapshot!(varvite(folder.path(), "dataset scan day --tag frist").refused(), @r"
    error[VV0119]: no version is tagged `frist`: did you mean `first`?
      dataset  day
      help     `varvite dataset tag` lists the names
    ");
    insta::assert_snapshot!(varvite(folder.path(), "dataset tag day late --version 99").refused(), @r"
    error[VV0116]: there is no version 99: the newest is 5
      dataset  day   (unchanged)
      help     `varvite dataset log` lists the versions
    ");
    assert_eq!(varvite(folder.path(), "dataset tag day --remove").code, 2);
}

#[test]
fn the_log_tells_of_names_and_of_what_can_be_read() {
    let folder = with_versions();
    varvite(folder.path(), "dataset tag day first --version 0").ok();
    varvite(folder.path(), "dataset tag day other --version 1").ok();
    varvite(folder.path(), "dataset tag day other --remove").ok();
    let _ = varvite(folder.path(), "dataset vacuum day --retain-versions 1 --retain-age 0").ok();
    insta::assert_snapshot!(redact(&varvite(folder.path(), "dataset log day").ok()));
    let log = varvite(folder.path(), "dataset log day --json").json();
    assert_eq!((log["readable_from"].clone(), log["tags"]["first"].clone()), (5.into(), 0.into()));
    let commits = log["commits"].as_array().unwrap();
    let ops: Vec<&str> = commits.iter().map(|commit| commit["op"].as_str().unwrap()).collect();
    assert_eq!(ops, ["merge", "delete", "delete", "tag", "tag", "tag", "vacuum"]);
    assert_eq!(commits[5]["tags_removed"], serde_json::json!(["other"]));
}

#[test]
fn vacuum_removes_what_no_version_needs() {
    let folder = with_versions();
    let before = files(folder.path());
    let plan = varvite(folder.path(), "dataset vacuum day --retain-versions 2 --retain-age 0 --dry-run --json").json();
    assert_eq!((plan["files_deleted"].clone(), plan["readable_from"].clone()), (1.into(), 1.into()));
    let nothing = varvite(folder.path(), "dataset vacuum day --dry-run").ok();
    assert!(nothing.starts_with("0 files deleted") && nothing.ends_with("nothing was removed\n"), "{nothing}");
    assert_eq!(files(folder.path()), before);
    let report = varvite(folder.path(), "dataset vacuum day --retain-versions 2 --retain-age 0 --json").json();
    assert_eq!((report["files_deleted"].clone(), report["dry_run"].clone()), (1.into(), false.into()));
    assert_eq!([rows(&folder, "--version 1"), rows(&folder, "")], [7, 4]);
    insta::assert_snapshot!(varvite(folder.path(), "dataset info day --version 0").refused(), @r"
    error[VV0117]: version 0 is not kept any more: the oldest is 1
      dataset  day
      help     read a newer version; tag versions that must stay, or keep them for longer
    ");
}

#[test]
fn old_records_go_if_that_is_said() {
    let folder = with_versions();
    let line = "dataset vacuum day --retain-versions 1 --retain-age 0s --expire-log --json";
    assert_eq!(varvite(folder.path(), line).json()["records_deleted"], 2);
    let log = varvite(folder.path(), "dataset log day --json").json();
    assert_eq!(log["commits"][0]["version"], 2);
    assert_eq!(varvite(folder.path(), "dataset check day --deep --json").json()["ok"], true);
}

#[test]
fn a_dataset_remembers_what_it_keeps() {
    let folder = with_day();
    varvite(folder.path(), "dataset write day --retain-versions 5").ok();
    let info = varvite(folder.path(), "dataset info day").ok();
    assert!(info.contains("kept          5 versions, and all of the last 1h\n"), "{info}");
    varvite(folder.path(), "dataset write day --retain-age 7d").ok();
    let info = varvite(folder.path(), "dataset info day --json").json();
    assert_eq!(info["settings"]["retention"], serde_json::json!({"versions": 5, "age_ms": 604_800_000}));
    assert_eq!(varvite(folder.path(), "dataset write day --retain-age 1mo").code, 2);
    assert_eq!(varvite(folder.path(), "dataset write day --retain-versions 0").code, 2);
}
