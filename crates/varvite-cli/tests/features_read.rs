//! `varvite feature get`, `join`, `explain`, `leak-check` (S01, S02, S05, S06, S08, S10, S12).
#![cfg(feature = "feature")]

mod common;

use common::features::with_users;
use common::{varvite, with_input};

#[test]
fn a_row_for_each_entity_row() {
    let folder = with_users();
    let line = "feature join f users.score --entities labels.csv --time at";
    insta::assert_snapshot!(varvite(folder.path(), line).ok(), @r"
    user_id  at                    label  score
    ───────  ────────────────────  ─────  ─────
          1  2024-03-01T12:00:00Z  a        0.5
          1  2024-03-03T00:00:00Z  b       0.75
          2  2024-03-20T12:00:00Z  c          -
          3  2024-03-20T12:00:00Z  d          -
          -  2024-03-20T12:00:00Z  e          -
    5 rows, 1 without a key of `users`
      score: 2 values (40 %)
    ");
    let lines = varvite(folder.path(), &format!("{line} --json")).ok();
    let rows: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!((rows[1]["label"].clone(), rows[1]["score"].clone()), ("b".into(), 0.75.into()));
}

#[test]
fn what_became_known_later_is_not_seen() {
    let folder = with_users();
    let csv = |options: &str| {
        let line = format!("feature join f users.score --entities labels.csv --time at -o - --format csv {options}");
        let out = varvite(folder.path(), &line).ok();
        out.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(csv(""), "0.5 0.75   ");
    assert_eq!(csv("--known-as-of"), "0.5 0.5   ");
    assert_eq!(csv("--tolerance 12h"), "0.5    ");
    let error = varvite(folder.path(), "feature join f users.score --entities labels.csv --time at --strict").refused();
    assert!(error.starts_with("error[VV0423]"), "{error}");
}

#[test]
fn the_very_time_counts_unless_it_must_not() {
    let folder = with_users();
    let entities = b"user_id,at\n1,2024-03-02\n";
    let score = |options: &str| {
        let line = format!("feature join f users.score --entities - --time at --json {options}");
        let out = with_input(folder.path(), &line, entities).ok();
        serde_json::from_str::<serde_json::Value>(&out).unwrap()["score"].clone()
    };
    assert_eq!((score(""), score("--strict-before")), (0.75.into(), 0.5.into()));
}

#[test]
fn a_file_and_a_report() {
    let folder = with_users();
    let line =
        "feature join f users.score users.age --full-names --entities labels.csv --time at -o out.parquet --json";
    let json = varvite(folder.path(), line).json();
    assert_eq!((json["rows"].clone(), json["file"].clone()), (5.into(), "out.parquet".into()));
    assert_eq!(json["report"]["found"], serde_json::json!([["users__score", 2], ["users__age", 2]]));
    assert!(folder.path().join("out.parquet").is_file());
}

#[test]
fn keys_of_other_columns_and_aliases() {
    let folder = with_users();
    std::fs::write(folder.path().join("sales.csv"), "seller,buyer,at\n1,2,2024-03-03\n").unwrap();
    let mut command = common::command(folder.path(), "feature join f");
    command.args(["users as s.age", "users as b.age"]);
    command.args("--full-names --entities sales.csv --time at -o - --format csv".split(' '));
    let output = command.args(["--key-map", "s:user_id=seller", "--key-map", "b:user_id=buyer"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text, "seller,buyer,at,s__age,b__age\n1,2,2024-03-03T00:00:00Z,31,40\n");
}

#[test]
fn entities_as_of_one_time() {
    let folder = with_users();
    let get = |line: &str| varvite(folder.path(), line).ok();
    insta::assert_snapshot!(get("feature get f service:churn --key user_id=2,1,2 --at 2024-03-03"), @r"
    user_id  score  age
    ───────  ─────  ───
          2      -   40
          1   0.75   31
          2      -   40
    3 rows
      score: 1 value (33 %)
      age: 3 values (100 %)
    ");
    let now = get("feature get f users.score --key user_id=1 --json");
    assert_eq!(now, "{\"user_id\":1,\"score\":null}\n");
    let file =
        with_input(folder.path(), "feature get f users.age --entities - --at 2024-03-03 --json", b"user_id\n2\n").ok();
    assert_eq!(file, "{\"user_id\":2,\"age\":40}\n");
}

#[test]
fn keys_that_make_no_sense() {
    let folder = with_users();
    let run = varvite(folder.path(), "feature get f users.score --key user_id=x");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.err, @r"
    error[VV0900]: --key user_id: `x` is no bigint
      store    f
      help     see `varvite help`
    ");
    insta::assert_snapshot!(varvite(folder.path(), "feature get f users.score --key usr_id=1").refused(), @r"
    error[VV0420]: the entity table has no column `user_id`, which `users@v1` needs: it has `usr_id`
      store    f
      help     add the column, or name another one: --key-map GROUP:user_id=COLUMN
    ");
    insta::assert_snapshot!(varvite(folder.path(), "feature get f users.scroe --key user_id=1").refused(), @r"
    error[VV0304]: group `users@v1` has no feature `scroe` (did you mean `score`?): it has `age`, `score`
      store    f
    ");
    insta::assert_snapshot!(varvite(folder.path(), "feature get f users.age users.* --key user_id=1").refused(), @r#"
    error[VV0422]: two columns of the answer would be named `age`: `users.age` and `users.age`
      store    f
      help     pass --full-names, or give a group an alias: "group as alias.feature"
    "#);
    assert_eq!(varvite(folder.path(), "feature get f users.score").code, 2);
    let none = varvite(folder.path(), "feature join f users.score --entities labels.csv --time when").refused();
    insta::assert_snapshot!(none, @r"
    error[VV0423]: the entity table cannot be used: it has no time column `when`: it has `user_id`, `at`, `label`
      store    f
    ");
}

#[test]
fn every_null_is_explained() {
    let folder = with_users();
    let line = "feature explain f users.score --entities labels.csv --time at --known-as-of";
    insta::assert_snapshot!(varvite(folder.path(), line).ok(), @r"
    row  column  value  why                          group     commit  event time               age  created
    ───  ──────  ─────  ───────────────────────────  ────────  ──────  ────────────────────  ──────  ────────────────────
      0  score   0.5    found                        users@v1       0  2024-03-01T00:00:00Z     12h  2024-03-01T00:00:00Z
      1  score   0.5    found                        users@v1       0  2024-03-01T00:00:00Z      2d  2024-03-01T00:00:00Z
      2  score   -      the newest row is too old    users@v1       0  2024-03-01T06:00:00Z  19d 6h  2024-03-01T06:00:00Z
      3  score   -      no row of this entity        users@v1          -                          -  -
      4  score   -      the key or the time is null  users@v1          -                          -  -
    5 values
    ");
    let json = varvite(folder.path(), &format!("{line} --json")).json();
    let reasons: Vec<_> = json["values"].as_array().unwrap().iter().map(|value| value["reason"].clone()).collect();
    assert_eq!(reasons, ["Found", "Found", "TooOld", "UnknownEntity", "NullKey"]);
}

#[test]
fn a_table_with_values_of_the_future() {
    let folder = with_users();
    let leaky = b"user_id,at,score\n1,2024-03-01T12:00:00Z,0.75\n1,2024-03-03,0.75\n";
    let run = with_input(folder.path(), "feature leak-check f users.score --table - --time at", leaky);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.out, @r"
    score: 1 equal, 1 from the future, 0 different
      row 0, score: 0.75, known was 0.5; that came at 2024-03-02T00:00:00Z
    ");
    let clean = b"user_id,at,score\n1,2024-03-01T12:00:00Z,0.5\n1,2024-03-03,0.75\n";
    let json = with_input(folder.path(), "feature leak-check f users.score --table - --time at --json", clean).json();
    assert_eq!((json["leaks"].clone(), json["clean"].clone()), (false.into(), true.into()));
}

#[test]
fn windows_and_expressions_are_joined_too() {
    let folder = with_users();
    let derived = b"windows:
- name: week
  source: users
  window: 7d
  entity_keys: [user_id]
  aggregations: [{as: scores, function: count, column: score}]
on_demand:
- name: points
  inputs: [users.score, request.factor]
  features: [{name: total, expression: score * factor}]
";
    with_input(folder.path(), "feature apply f -", derived).ok();
    let entities = b"user_id,at,factor\n1,2024-03-03,2.0\n2,2024-03-03,3.0\n";
    let line = "feature join f week.scores points.total --entities - --time at -o - --format csv";
    let rows = "user_id,at,factor,scores,total\n1,2024-03-03T00:00:00Z,2.0,2,1.5\n2,2024-03-03T00:00:00Z,3.0,0,\n";
    assert_eq!(with_input(folder.path(), line, entities).ok(), rows);
}
