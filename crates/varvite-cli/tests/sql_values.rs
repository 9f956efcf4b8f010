//! `varvite sql --value`: values are values, whatever they look like.
#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

mod common;

use common::command;
use common::sql::{ask, rows, with_prices};

#[test]
fn values_are_bound() {
    let folder = with_prices();
    let sql = "SELECT count(*) FROM bar WHERE symbol = $s AND ts >= $from";
    assert_eq!(rows(folder.path(), sql, "--root prices --value s=AAPL --value from=30"), ["6"]);
    assert_eq!(rows(folder.path(), sql, "--root prices --value $s=AAPL --value from=30.5"), ["4"]);
    assert_eq!(rows(folder.path(), sql, "--root prices --value s=null --value from=0"), ["0"]);
}

#[test]
fn values_that_look_like_sql_are_text() {
    let folder = with_prices();
    for hostile in ["' OR 1=1 --", "AAPL' OR ''='", "$s", "\"; DROP TABLE bar", "a=b", "🦀", "nan", "007", "\\'"] {
        let sql = "SELECT count(*) AS n, max($s) AS same FROM bar WHERE symbol = $s OR ts = 0";
        let mut run = command(folder.path(), "sql --root prices --json");
        let output = run.arg(sql).args(["--value", &format!("s={hostile}")]).output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        assert_eq!(answer, serde_json::json!({"n": 3, "same": hostile}));
    }
    assert_eq!(rows(folder.path(), "SELECT $x", "--value x='5'"), ["5"]);
}

#[test]
fn what_has_no_value_and_what_has_no_place_are_told() {
    let folder = with_prices();
    let error = ask(folder.path(), "SELECT * FROM bar WHERE symbol = $s", "--root prices").refused();
    assert!(error.starts_with("error[VV1105]: parameter `$s`: the query has it, and no value was given\n"), "{error}");
    assert!(error.contains("--value s=VALUE") && error.contains("'single quotes'"), "{error}");
    // As a shell leaves it of "... WHERE symbol = '$s'".
    let error = ask(folder.path(), "SELECT * FROM bar WHERE symbol = ''", "--root prices --value s=AAPL").refused();
    assert!(error.starts_with("error[VV1105]: parameter `$s`: a value was given, and the query"), "{error}");
    for wrong in
        ["--value s", "--value =1", "--timeout 0", "--timeout soon", "--memory 5XB", "--table x", "--table x=xlsx:a"]
    {
        assert_eq!(ask(folder.path(), "SELECT 1", wrong).code, 2, "{wrong}");
    }
}
