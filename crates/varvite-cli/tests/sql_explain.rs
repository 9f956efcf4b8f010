//! `varvite sql --explain`: what would be read, and what would not.

mod common;

use common::sql::{ask, with_prices};

#[test]
fn row_groups_and_datasets_that_are_not_read_are_told() {
    let folder = with_prices();
    let explained = |sql: &str| ask(folder.path(), sql, "--root prices --explain").ok();
    let all = explained("SELECT ts FROM bar");
    assert!(all.starts_with("DataFusion reads Bar\n") && all.contains("3 of 3 datasets, row groups 9 of 9"), "{all}");
    let range = explained("SELECT price FROM bar WHERE ts >= 40");
    assert!(range.contains("3 of 3 datasets, row groups 3 of 9"), "{range}");
    let key = explained("SELECT price FROM bar WHERE symbol = 'MSFT' AND ts >= 40");
    assert!(key.contains("1 of 3 datasets, row groups 1 of 9"), "{key}");
}

#[test]
fn what_was_read_is_told_after_a_run() {
    let folder = with_prices();
    let out = ask(folder.path(), "SELECT price FROM bar WHERE symbol = 'MSFT' AND ts >= 40", "--root prices").ok();
    assert!(out.contains(", 1 of 9 row groups"), "{out}");
}

#[test]
fn as_json() {
    let folder = with_prices();
    let sql = "SELECT symbol, max(price) AS top FROM bar GROUP BY symbol";
    let plan = ask(folder.path(), sql, "--root prices --explain --json").json();
    assert_eq!((plan["engine"].clone(), plan["tables"].clone()), ("DataFusion".into(), serde_json::json!(["Bar"])));
    assert_eq!(plan["columns"][1], serde_json::json!({"name": "top", "type": "Float64"}));
    assert!(plan["plan"].as_str().is_some_and(|plan| plan.contains("OrderedExec")), "{plan}");
}

#[test]
fn nothing_is_run() {
    let folder = with_prices();
    assert_eq!(ask(folder.path(), "SELECT 1 / (ts - ts) FROM bar", "--root prices --explain").code, 0);
    assert_eq!(ask(folder.path(), "SELECT 1", "--explain -o x.csv").code, 2);
}
