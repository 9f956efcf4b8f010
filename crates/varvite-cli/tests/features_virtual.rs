//! `varvite feature` on virtual groups: applied, shown, read, joined, explained; and asked in SQL.
#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

mod common;

use common::features::{with_store, with_users};
use common::sql::{ask, rows};
use common::{TempDir, varvite, with_input};

const BUYS_CSV: &str =
    "user_id,at,amount\n1,2024-03-01T06:00:00Z,5\n2,2024-03-02T00:00:00Z,7\n1,2024-03-02T12:00:00Z,11\n";

const BUYS_YAML: &str = "\
sources:
- name: purchases
  location: 'csv:LOCATION'
  event_time: at
virtual_groups:
- name: buys
  sources: [purchases]
  sql: SELECT user_id, count(*) AS n, sum(amount) AS spend FROM purchases GROUP BY user_id
  entity_keys: [{name: user_id, type: bigint}]
  features: [{name: n, type: bigint}, {name: spend, type: bigint}]
";

/// The store `f` with rows of users, and the virtual group `buys`.
fn with_buys() -> TempDir {
    let folder = with_users();
    std::fs::write(folder.path().join("buys.csv"), BUYS_CSV).unwrap();
    let yaml = BUYS_YAML.replace("LOCATION", &folder.path().join("buys.csv").display().to_string());
    let out = with_input(folder.path(), "feature apply f -", yaml.as_bytes());
    assert_eq!(out.code, 0, "{} {}", out.out, out.err);
    folder
}

#[test]
fn a_virtual_group_is_read_as_of_a_time() {
    let folder = with_buys();
    let at = |time: &str| {
        let line = format!("feature get f buys.n buys.spend --key user_id=1 --at {time} -o - --format csv");
        varvite(folder.path(), &line).ok().lines().nth(1).map(str::to_owned)
    };
    assert_eq!(at("2024-03-02T12:00:00Z").as_deref(), Some("1,2,16"));
    assert_eq!(at("2024-03-02T11:59:59Z").as_deref(), Some("1,1,5"));
}

#[test]
fn each_row_of_a_join_is_as_of_its_own_time() {
    let folder = with_buys();
    let line = "feature join f buys.spend users.score --entities labels.csv --time at -o - --format csv";
    let out = varvite(folder.path(), line).ok();
    let spend: Vec<&str> = out.lines().skip(1).map(|line| line.split(',').nth(3).unwrap()).collect();
    assert_eq!(spend, ["5", "16", "7", "", ""], "{out}");
}

#[test]
fn it_is_shown_and_explained() {
    let folder = with_buys();
    let page = varvite(folder.path(), "feature show f buys").ok();
    assert!(page.contains("SELECT user_id, count(*) AS n") && page.contains("purchases"), "{page}");
    let line = "feature explain f buys.n --entities labels.csv --time at";
    assert!(varvite(folder.path(), line).ok().contains("buys@v1:\n"), "{page}");
}

#[test]
fn a_query_that_cannot_be_is_refused_before_anything_is_changed() {
    let folder = with_store();
    std::fs::write(folder.path().join("buys.csv"), BUYS_CSV).unwrap();
    let yaml = BUYS_YAML.replace("LOCATION", &folder.path().join("buys.csv").display().to_string());
    let wrong = yaml.replace("sum(amount)", "sum(amuont)");
    let run = with_input(folder.path(), "feature apply f -", wrong.as_bytes());
    assert_eq!(run.code, 1);
    assert!(run.err.starts_with("error[VV0413]") && run.err.contains("did you mean `amount`?"), "{}", run.err);
    assert!(varvite(folder.path(), "feature log f").ok().ends_with("1 revision\n"));
}

#[test]
fn groups_are_tables_of_sql() {
    let folder = with_users();
    assert_eq!(rows(folder.path(), "SELECT count(*), max(age) FROM users", "--root f"), ["3,40"]);
    assert_eq!(rows(folder.path(), "SELECT count(*) FROM \"users@v1\"", "--root f"), ["3"]);
    let list = varvite(folder.path(), "sql --tables --root f --json").json();
    assert_eq!(
        (list["tables"][0]["name"].clone(), list["tables"][0]["event_time"].clone()),
        ("users".into(), "at".into())
    );
    let error = ask(folder.path(), "SELECT * FROM user", "--root f").refused();
    assert!(error.contains("did you mean `users`?"), "{error}");
}
