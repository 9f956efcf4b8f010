//! `varvite feature write`, `delete`, `stats`, `health` (S06, S08, S09, S13).
#![cfg(feature = "feature")]

mod common;

use common::features::{USERS_CSV, with_store, with_users};
use common::{TempDir, files, varvite, with_input};

/// The rows of the history as CSV, without what the store adds.
fn stored(folder: &TempDir) -> String {
    varvite(folder.path(), "dataset scan f/groups/users@1 --columns user_id,at,age,score -o - --format csv").ok()
}

#[test]
fn a_report_of_each_mode() {
    let folder = with_store();
    let write = |line: &str| with_input(folder.path(), line, USERS_CSV.as_bytes()).ok();
    assert_eq!(write("feature write f users -"), "users@v1: 3 rows, 3 written; commit 0\n");
    let again = write("feature write f users - --mode upsert");
    assert_eq!(again, "users@v1: 3 rows, 0 written, 3 identical; nothing changed, nothing committed\n");
    let all = write("feature write f users@v1 - --mode overwrite");
    assert!(all.starts_with("users@v1: 3 rows, 3 written; 3 stored rows deleted"), "{all}");
    let json = with_input(folder.path(), "feature write f users - --json", USERS_CSV.as_bytes()).json();
    assert_eq!(
        (json["written"].clone(), json["store"].clone(), json["commit"].clone()),
        (3.into(), "f".into(), 2.into())
    );
}

#[test]
fn a_back_fill_replaces_a_range() {
    let folder = with_users();
    let row = b"user_id,at,age,score\n2,2024-03-01T12:00:00Z,41,9\n";
    let out = with_input(folder.path(), "feature write f users - --range 2024-03-01..2024-03-02", row).ok();
    assert!(out.contains("1 written; 2 stored rows deleted"), "{out}");
    let rows = "user_id,at,age,score\n2,2024-03-01T12:00:00Z,41,9.0\n1,2024-03-02T00:00:00Z,31,0.75\n";
    assert_eq!(stored(&folder), rows);
    let outside = with_input(folder.path(), "feature write f users - --range 2024-03-05..2024-03-06", row).refused();
    insta::assert_snapshot!(outside, @r"
    error[VV0410]: rows of `users@v1` are refused
      group    users   (unchanged)
      column   `at` lies outside the range that is replaced (1 row: 0)
      help     mend these rows; nothing was written
    ");
    assert_eq!(stored(&folder), rows);
    let usage = with_input(folder.path(), "feature write f users - --range 2024-03-05", row);
    assert_eq!(usage.code, 2);
}

#[test]
fn a_refused_batch_is_told_by_column_and_row() {
    let folder = with_users();
    let before = files(folder.path());
    let bad = b"user_id,at,age,score,extra\n1,2024-03-01T00:00:00Z,-3,0.5,1\n,2024-03-01T06:00:00Z,40,,1\n";
    insta::assert_snapshot!(with_input(folder.path(), "feature write f users -", bad).refused(), @r"
    error[VV0410]: rows of `users@v1` are refused
      group    users   (unchanged)
      column   `extra` is not one of the group, which has user_id, at, known_at, age, score
      column   `user_id` is null, but it is an entity key (1 row: 1)
      column   `age` is -3, but must be at least 0 (1 row: 0)
      help     mend these rows; nothing was written
    ");
    let json = with_input(folder.path(), "feature write f users - --json", bad);
    let error: serde_json::Value = serde_json::from_str(&json.err).unwrap();
    let refusals = error["error"]["report"]["refusals"].as_array().unwrap();
    assert_eq!(refusals.len(), 3);
    assert_eq!((refusals[1]["kind"].clone(), refusals[1]["rows"].clone()), ("NullKey".into(), serde_json::json!([1])));
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_value_that_is_none_of_its_type_names_the_file() {
    let folder = with_users();
    std::fs::write(folder.path().join("bad.csv"), "user_id,at,age,score\n1,yesterday,3,0.5\n").unwrap();
    insta::assert_snapshot!(varvite(folder.path(), "feature write f users bad.csv").refused(), @r#"
    error[VV0904]: column `at` of `bad.csv`: yesterday at line 2 is no Timestamp(µs, "UTC"): `yesterday` is no instant: a year has at least four digits; write it like `2013-01-31`, `2013-01-31T10:00` or `2013-01-31T10:00:05.25+01:00`
      group    users   (unchanged)
      help     correct the value, or define the column with another type
    "#);
}

#[test]
fn a_dry_run_compares_and_writes_nothing() {
    let folder = with_users();
    let before = files(folder.path());
    let rows = b"user_id,at,known_at,age,score\n1,2024-03-01T00:00:00Z,2024-03-01T00:00:00Z,30,0.5\n9,2024-03-09,2024-03-09,1,1\n";
    let out = with_input(folder.path(), "feature write f users - --mode upsert --dry-run", rows).ok();
    assert_eq!(out, "users@v1: 2 rows fit, 1 would be written, 1 identical\ndry run: nothing was written\n");
    let bad = b"user_id,at,age\n1,2024-03-01,200\n";
    let error = with_input(folder.path(), "feature write f users - --dry-run", bad).refused();
    assert!(error.contains("`age` is 200, but must be at most 150 (1 row: 0)"), "{error}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn entities_are_deleted() {
    let folder = with_users();
    let out = with_input(folder.path(), "feature delete f users --entities -", b"user_id\n1\n").ok();
    assert!(out.contains("2 stored rows deleted"), "{out}");
    assert_eq!(stored(&folder), "user_id,at,age,score\n2,2024-03-01T06:00:00Z,40,\n");
    let error = with_input(folder.path(), "feature delete f users --entities -", b"id\n1\n").refused();
    insta::assert_snapshot!(error, @r"
    error[VV0420]: the entity table has no column `user_id`, which `users@v1` needs: it has `id`
      group    users   (unchanged)
      help     add the column
    ");
}

#[test]
fn statistics_of_rows_and_of_commits() {
    let folder = with_users();
    let more = b"user_id,at,age,score\n3,2024-03-09T00:00:00Z,60,2.5\n4,2024-03-09T00:00:00Z,70,\n";
    with_input(folder.path(), "feature write f users -", more).ok();
    insta::assert_snapshot!(varvite(folder.path(), "feature stats f users").ok(), @r"
    feature  rows  null  distinct  min  max     mean      std
    ───────  ────  ────  ────────  ───  ───  ───────  ───────
    age         5     0         5  30   70   46.2000  17.9499
    score       5     2         3  0.5  2.5   1.2500   1.0897
    ");
    insta::assert_snapshot!(varvite(folder.path(), "feature stats f users --compare 0..1").ok(), @r"
    feature  null              mean                     shift  distinct
    ───────  ────────────────  ──────────────────  ──────────  ────────
    age      0.0 % -> 0.0 %    33.6667 -> 65.0000   +5.69 std  3 -> 2
    score    33.3 % -> 50.0 %  0.6250 -> 2.5000    +10.61 std  2 -> 1
    users@v1, commit 0 -> 1
    ");
    insta::assert_snapshot!(varvite(folder.path(), "feature stats f users --commit 9").refused(), @r"
    error[VV0424]: option `commit` is not usable: `users@v1` has no commit 9: the newest is 1
      group    users
    ");
    let json = varvite(folder.path(), "feature stats f users --commit 1 --json").json();
    assert_eq!((json["features"][0]["rows"].clone(), json["features"][0]["min"].clone()), (2.into(), "60".into()));
}

#[test]
fn health_is_an_exit_code() {
    let folder = with_users();
    let sound = varvite(folder.path(), "feature health f --json").json();
    assert_eq!(sound["healthy"], true);
    let data = files(&folder.path().join("f/groups")).into_iter().find(|(name, _)| name.ends_with(".parquet")).unwrap();
    std::fs::remove_file(folder.path().join("f/groups").join(data.0)).unwrap();
    let broken = varvite(folder.path(), "feature health f");
    assert_eq!(broken.code, 1);
    assert!(broken.out.contains("failed   group users@v1"), "{}", broken.out);
}
