//! `varvite sql`: tables of a store, what is printed, files, JSON.
#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

mod common;

use common::sql::{ask, rows, with_prices};
use common::{varvite, with_day, with_input};

const PRICES: &str = "--root prices";

#[test]
fn the_datasets_of_a_key_type_are_one_table() {
    let folder = with_prices();
    let sql = "SELECT symbol, minutes, count(*) AS n, max(price) AS top FROM bar GROUP BY symbol, minutes ORDER BY symbol, minutes";
    let out = ask(folder.path(), sql, PRICES).ok();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "symbol  minutes  n    top");
    assert_eq!(lines[2..5], ["AAPL          5  6  105.0", "AAPL         15  6  105.0", "MSFT          5  6  205.0"]);
    assert!(lines[5].starts_with("3 rows in ") && lines[5].contains(" row groups"), "{out}");
    assert_eq!(rows(folder.path(), "SELECT count(*) FROM Bar", PRICES), ["18"]);
}

#[test]
fn a_dataset_is_a_table_by_its_path() {
    let folder = with_prices();
    for name in [r#""Bar"."MSFT/5""#, r#"bar."msft/5""#, r#"Bar."MSFT/5""#] {
        assert_eq!(rows(folder.path(), &format!("SELECT min(price) FROM {name}"), PRICES), ["200.0"], "{name}");
    }
    let day = with_day();
    assert_eq!(rows(day.path(), "SELECT count(*) FROM day", "--root ."), ["9"]);
    assert_eq!(rows(day.path(), "SELECT count(*) FROM day", "--root day"), ["9"]);
    assert_eq!(rows(day.path(), "SELECT count(*) FROM x", "--table x=dataset:day"), ["9"]);
}

#[test]
fn files_are_tables_by_name() {
    let folder = with_prices();
    std::fs::write(folder.path().join("names.csv"), "symbol,name\nAAPL,Apple\nMSFT,Microsoft\n").unwrap();
    std::fs::write(folder.path().join("more.json"), "{\"symbol\": \"AAPL\", \"x\": 1}\n").unwrap();
    let sql = "SELECT DISTINCT name FROM bar JOIN names USING (symbol) WHERE price > 200";
    assert_eq!(rows(folder.path(), sql, "--root prices --table names=csv:names.csv"), ["Microsoft"]);
    assert_eq!(rows(folder.path(), "SELECT x FROM more", "--table more=json:more.json"), ["1"]);
    ask(folder.path(), "SELECT * FROM bar", "--root prices -o all.parquet").ok();
    assert_eq!(rows(folder.path(), "SELECT count(*) FROM p", "--table p=parquet:all.parquet"), ["18"]);
}

#[test]
fn answers_go_to_files_of_every_format() {
    let folder = with_prices();
    let sql = "SELECT ts, price FROM bar WHERE symbol = 'MSFT' ORDER BY ts";
    for name in ["a.parquet", "a.csv", "a.arrow", "a.jsonl"] {
        let facts = ask(folder.path(), sql, &format!("--root prices -o {name} --json")).json();
        assert_eq!(
            (facts["query"].clone(), facts["file"].clone(), facts["rows"].clone()),
            (sql.into(), name.into(), 6.into())
        );
        assert!(facts["bytes"].as_u64().unwrap() > 0 && facts["report"]["elapsed_ms"].is_u64(), "{facts}");
        varvite(folder.path(), &format!("dataset write copy-{} {name} --ordered-on ts", &name[2..])).ok();
    }
    for format in ["parquet", "csv", "arrow", "jsonl"] {
        let sql = format!("SELECT sum(price) FROM \"copy-{format}\"");
        assert_eq!(rows(folder.path(), &sql, "--root ."), ["1215.0"], "{format}");
    }
    let text = ask(folder.path(), sql, "--root prices -o b.csv").ok();
    assert!(text.starts_with("b.csv (") && text.contains("\n6 rows in "), "{text}");
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let folder = with_prices();
    let sql = "SELECT 1 / (ts - 50) AS x FROM bar ORDER BY ts";
    let run = ask(folder.path(), sql, "--root prices -o x.csv");
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.err.starts_with("error[VV1113]: "), "{}", run.err);
    assert!(!folder.path().join("x.csv").exists());
}

#[test]
fn json_is_one_line_a_row() {
    let folder = with_prices();
    let sql = "SELECT symbol, max(price) AS top FROM bar GROUP BY symbol ORDER BY symbol";
    let out = ask(folder.path(), sql, "--root prices --json").ok();
    assert_eq!(out, "{\"symbol\":\"AAPL\",\"top\":105.0}\n{\"symbol\":\"MSFT\",\"top\":205.0}\n");
}

#[test]
fn a_table_shows_the_first_rows_and_says_so() {
    let folder = with_prices();
    let out = ask(folder.path(), "SELECT ts FROM bar", "--root prices --limit 3").ok();
    assert!(out.contains("\n3 of 18 rows: --limit shows more, -o writes them\n"), "{out}");
    assert_eq!(out.lines().count(), 2 + 3 + 2);
}

#[test]
fn the_query_may_come_on_standard_input() {
    let folder = with_prices();
    let run =
        with_input(folder.path(), "sql - --root prices --json", b"SELECT count(*) AS n\nFROM \"Bar\" -- all of it\n");
    assert_eq!(run.ok(), "{\"n\":18}\n");
}

#[test]
fn the_tables_are_listed() {
    let folder = with_prices();
    let out = varvite(folder.path(), "sql --tables --root prices --table f=csv:f.csv").ok();
    let words: Vec<String> = out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(words.contains(&"Bar store - symbol, minutes, ts, price".to_owned()), "{out}");
    assert!(words.contains(&"Bar.\"AAPL/5\" dataset - ts, price".to_owned()), "{out}");
    assert!(words.contains(&"f files - those of the files".to_owned()) && out.ends_with("5 tables\n"), "{out}");
    let json = varvite(folder.path(), "sql --tables --root prices --json").json();
    assert_eq!((json["tables"][0]["name"].clone(), json["tables"][0]["kind"].clone()), ("Bar".into(), "store".into()));
    assert_eq!(json["tables"][0]["columns"][1], serde_json::json!({"name": "minutes", "type": "Int64"}));
}
