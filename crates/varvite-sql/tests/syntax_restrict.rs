//! A query asked for rows: names that cannot clash, and ids that are never text.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_sql::syntax::{Dialect, Ids, Select};

fn ids(table: &str, keys: &[(&str, &str)]) -> Ids {
    let keys = keys.iter().map(|(id, key)| ((*id).to_owned(), (*key).to_owned())).collect();
    Ids { table: table.to_owned(), row: "row".to_owned(), keys }
}

#[track_caller]
fn check(text: &str, ids: &Ids, columns: &[&str], expected: &str) {
    let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    assert_eq!(Select::parse(text).unwrap().restrict(ids, &columns).unwrap().to_string(), expected);
}

#[test]
fn all_keys_are_compared() {
    check(
        "SELECT a, b, f FROM t",
        &ids("ids", &[("k0", "a"), ("k1", "b")]),
        &["f"],
        r#"SELECT vv_ids."row" AS "row", vv_query."f" AS "f" FROM "ids" AS vv_ids LEFT JOIN (SELECT a, b, f FROM t) AS vv_query ON vv_ids."k0" = vv_query."a" AND vv_ids."k1" = vv_query."b""#,
    );
    check(
        "SELECT f FROM t",
        &ids("ids", &[]),
        &["f"],
        r#"SELECT vv_ids."row" AS "row", vv_query."f" AS "f" FROM "ids" AS vv_ids LEFT JOIN (SELECT f FROM t) AS vv_query ON TRUE"#,
    );
}

#[test]
fn a_query_stays_a_query_of_its_own() {
    check(
        "WITH ids AS (SELECT * FROM t) SELECT k FROM ids UNION ALL SELECT k FROM u ORDER BY k LIMIT 3 -- )",
        &ids("ids", &[("k", "k")]),
        &[],
        r#"SELECT vv_ids."row" AS "row" FROM "ids" AS vv_ids LEFT JOIN (WITH ids AS (SELECT * FROM t) SELECT k FROM ids UNION ALL SELECT k FROM u ORDER BY k LIMIT 3) AS vv_query ON vv_ids."k" = vv_query."k""#,
    );
}

#[test]
fn names_are_chosen_that_nobody_has() {
    let select =
        Select::parse(r#"SELECT "VV_IDS".k, vv_query AS vv_query2 FROM t AS "VV_IDS" WHERE x = $ids"#).unwrap();
    assert_eq!(select.unused_name("ids"), "ids2");
    assert_eq!(select.unused_name("vv_query"), "vv_query3");
    let restricted = select.restrict(&ids("ids2", &[("k", "k")]), &[]).unwrap();
    assert!(restricted.to_string().starts_with(r#"SELECT vv_ids2."row" AS "row" FROM "ids2" AS vv_ids2 LEFT JOIN ("#));
    assert!(restricted.to_string().ends_with(r#") AS vv_query3 ON vv_ids2."k" = vv_query3."k""#));
    assert_eq!(restricted.tables(), ["ids2", "t"]);
}

#[test]
fn hostile_names_are_names() {
    let restricted = Select::parse("SELECT * FROM t").unwrap();
    let restricted = restricted.restrict(&ids("i\"; --", &[("`", "\"\"")]), &["a`\"b".to_owned()]).unwrap();
    assert_eq!(restricted.tables(), ["i\"; --", "t"]);
    assert_eq!(
        restricted.text(Dialect::Spark),
        "SELECT vv_ids.`row` AS `row`, vv_query.`a``\"b` AS `a``\"b` FROM `i\"; --` AS vv_ids LEFT JOIN (SELECT * FROM t) AS vv_query ON vv_ids.```` = vv_query.`\"\"`"
    );
    for (table, key) in [("", "k"), ("ids", ""), ("ids", "a\0")] {
        let error = Select::parse("SELECT * FROM t").unwrap().restrict(&ids(table, &[(key, "k")]), &[]).unwrap_err();
        assert_eq!(error.code(), "VV1101");
    }
}
