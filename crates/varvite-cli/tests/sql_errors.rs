//! `varvite sql`: what is refused, by name, with what to do; exit codes.
#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

mod common;

use common::sql::{ask, rows, with_prices};
use common::{files, varvite, with_input};

const PRICES: &str = "--root prices";

#[test]
fn unknown_names_come_with_those_that_there_are() {
    let folder = with_prices();
    insta::assert_snapshot!(ask(folder.path(), "SELECT * FROM barr", PRICES).refused(), @r#"
    error[VV1103]: there is no table `barr`; did you mean `Bar`?: there are Bar, Bar.AAPL/15, Bar.AAPL/5, Bar.MSFT/5
      root     prices
      help     `varvite sql --tables` lists them; names with signs such as `/` or `-` stand in "double quotes"
    "#);
    insta::assert_snapshot!(ask(folder.path(), "SELECT prize FROM bar", PRICES).refused(), @r#"
    error[VV1104]: there is no column `prize`; did you mean `price`?: there are symbol, minutes, ts, price
      root     prices
      help     text stands in 'single quotes', a name in "double quotes"; large and small letters count
    "#);
    insta::assert_snapshot!(ask(folder.path(), "SELECT * FROM bar WHERE symbol = \"AAPL\"", PRICES).refused(), @r#"
    error[VV1104]: there is no column `AAPL`: there are symbol, minutes, ts, price
      root     prices
      help     text stands in 'single quotes', a name in "double quotes"; large and small letters count
    "#);
    insta::assert_snapshot!(ask(folder.path(), "SELECT summ(price) FROM bar", PRICES).refused(), @r"
    error[VV1107]: DataFusion refuses the query: Invalid function 'summ'. Did you mean 'sum'?
      root     prices
    ");
    insta::assert_snapshot!(ask(folder.path(), "SELECT 1", "--root nowhere").refused(), @r"
    error[VV0907]: `nowhere` is no folder with datasets: it is not there
      help     check the path, or write a dataset below it first
    ");
}

#[test]
fn what_a_shell_makes_of_a_query_is_told() {
    let folder = with_prices();
    // varvite sql SELECT * FROM bar
    let run = varvite(folder.path(), "sql SELECT prices FROM bar --root prices");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @r"
    error[VV0900]: the query came in 4 words, as the shell parted it: write it in one pair of 'single quotes'
      root     prices
      help     see `varvite help`
    ");
    // varvite sql "SELECT * FROM "Bar"."AAPL/5""
    insta::assert_snapshot!(ask(folder.path(), "SELECT * FROM Bar.AAPL/5", PRICES).refused(), @r#"
    error[VV1101]: the query cannot be read: Expected: end of statement, found: / at Line: 1, Column: 23
      root     prices
      help     write the query in 'single quotes', so that the shell leaves it as it is: a table is "named" in double quotes, a value is bound as $NAME by --value; or pass `-` and the query on standard input
    "#);
    // varvite sql "SELECT * FROM bar WHERE symbol = $s AND ts > 5"
    insta::assert_snapshot!(ask(folder.path(), "SELECT * FROM bar WHERE symbol =  AND ts > 5", PRICES).refused(), @r#"
    error[VV1101]: the query cannot be read: Expected: end of statement, found: ts at Line: 1, Column: 39
      root     prices
      help     write the query in 'single quotes', so that the shell leaves it as it is: a table is "named" in double quotes, a value is bound as $NAME by --value; or pass `-` and the query on standard input
    "#);
    insta::assert_snapshot!(ask(folder.path(), "", PRICES).refused(), @r#"
    error[VV1101]: the query cannot be read: it is empty
      root     prices
      help     write the query in 'single quotes', so that the shell leaves it as it is: a table is "named" in double quotes, a value is bound as $NAME by --value; or pass `-` and the query on standard input
    "#);
}

#[test]
fn nothing_is_changed_by_a_query() {
    let folder = with_prices();
    let before = files(folder.path());
    for sql in [
        "DROP TABLE bar",
        "DELETE FROM bar",
        "INSERT INTO bar SELECT * FROM bar",
        "CREATE TABLE x AS SELECT 1",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION 'a.csv'",
        "COPY (SELECT 1) TO 'out.csv'",
        "SET x = 1",
        "SELECT 1; DROP TABLE bar",
        "SELECT 1 INTO x",
    ] {
        let error = ask(folder.path(), sql, PRICES).refused();
        assert!(error.starts_with("error[VV1102]") || error.starts_with("error[VV1101]"), "{sql}: {error}");
    }
    assert_eq!(files(folder.path()), before);
}

#[test]
fn files_are_not_read_by_naming_them() {
    let folder = with_prices();
    std::fs::write(folder.path().join("secret.csv"), "a\n1\n").unwrap();
    for sql in ["SELECT * FROM 'secret.csv'", "SELECT * FROM \"secret.csv\"", "SELECT * FROM read_csv('secret.csv')"] {
        assert!(!ask(folder.path(), sql, PRICES).refused().is_empty());
    }
}

#[test]
fn hostile_names() {
    let folder = with_prices();
    for name in ["a b", "a\"b", "x; DROP TABLE y", "select", "Ünï"] {
        std::fs::write(folder.path().join("f.csv"), "a\n7\n").unwrap();
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        let mut run = common::command(folder.path(), "sql --json");
        let output =
            run.args(["--table", &format!("{name}=csv:f.csv"), &format!("SELECT a FROM {quoted}")]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "{\"a\":7}\n", "{name}: {output:?}");
    }
    with_input(folder.path(), "dataset write od'd - --ordered-on n", b"n\n1\n").ok();
    assert_eq!(rows(folder.path(), "SELECT n FROM \"od'd\"", "--root ."), ["1"]);
}

#[test]
fn time_and_memory_are_bounded() {
    let folder = with_prices();
    let long = "SELECT count(*) FROM bar b1, bar b2, bar b3, bar b4, bar b5, bar b6, bar b7, bar b8 WHERE b1.price + b8.price + b4.price < 0";
    let error = ask(folder.path(), long, "--root prices --timeout 0.2").refused();
    assert!(error.starts_with("error[VV1110]: the query was stopped after 200ms"), "{error}");
    let many = "SELECT b1.ts, b2.ts, b3.ts, b4.ts, count(*) AS n FROM bar b1, bar b2, bar b3, bar b4 GROUP BY 1, 2, 3, 4 ORDER BY 5";
    let run = ask(folder.path(), many, "--root prices --memory 10kB");
    assert!(run.code == 1 && run.err.starts_with("error[VV1112]"), "{} {}", run.out, run.err);
    assert!(run.err.contains("pass a larger --memory"), "{}", run.err);
}

#[test]
fn errors_as_json() {
    let folder = with_prices();
    let run = ask(folder.path(), "SELECT prize FROM bar", "--root prices --json");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    let error: serde_json::Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!((error["error"]["code"].clone(), error["error"]["root"].clone()), ("VV1104".into(), "prices".into()));
    assert!(error["error"]["message"].as_str().unwrap().contains("did you mean"), "{error}");
}
