//! Every read of a table is cut, and the query says the same of the rest.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_sql::Error;
use varvite_sql::syntax::{Cut, Dialect, Select};

const CUT: &str = r#"(SELECT * FROM t WHERE "ts" <= $at)"#;

fn cuts() -> Vec<Cut> {
    let plain = ["u", "s.u", "a"].map(Cut::none);
    let cut = ["t", "s.t", "r.t", "T x"].map(|table| Cut::until(table, "ts", "at"));
    plain.into_iter().chain(cut).collect()
}

/// `expected` has `{}` for a cut of `t`.
#[track_caller]
fn check(text: &str, expected: &str) {
    let cut = Select::parse(text).unwrap().cut(&cuts()).unwrap();
    assert_eq!(cut, Select::parse(&expected.replace("{}", CUT)).unwrap(), "{text} became {cut}");
    assert_eq!(cut.tables(), Select::parse(text).unwrap().tables());
}

#[track_caller]
fn refused(text: &str, cuts: &[Cut], code: &str, message: &str) {
    let error = Select::parse(text).unwrap().cut(cuts).unwrap_err();
    assert_eq!((error.code(), error.to_string()), (code, message.to_owned()), "{text}");
}

#[test]
fn each_read_is_cut_and_keeps_its_name() {
    check("SELECT * FROM t", "SELECT * FROM {} AS t");
    check("SELECT t.x, t.* FROM t", "SELECT t.x, t.* FROM {} AS t");
    check("SELECT b.x FROM t AS b", "SELECT b.x FROM {} AS b");
    check("SELECT b.x FROM t b", "SELECT b.x FROM {} b");
    check("SELECT b.y FROM t AS b(y, z)", "SELECT b.y FROM {} AS b(y, z)");
    check("SELECT * FROM T, u", "SELECT * FROM (SELECT * FROM T WHERE \"ts\" <= $at) AS T, u");
    check("SELECT * FROM u LEFT JOIN t USING (x)", "SELECT * FROM u LEFT JOIN {} AS t USING (x)");
    check("SELECT * FROM (u JOIN (t) ON true)", "SELECT * FROM (u JOIN ({} AS t) ON true)");
    check("SELECT * FROM t AS a JOIN t AS b ON a.x = b.x", "SELECT * FROM {} AS a JOIN {} AS b ON a.x = b.x");
    check("SELECT (SELECT max(x) FROM t) FROM u", "SELECT (SELECT max(x) FROM {} AS t) FROM u");
    check("SELECT x FROM u UNION SELECT x FROM t", "SELECT x FROM u UNION SELECT x FROM {} AS t");
    check("SELECT 1 FROM \"T x\"", "SELECT 1 FROM (SELECT * FROM \"T x\" WHERE \"ts\" <= $at) AS \"T x\"");
    check("SELECT 1", "SELECT 1");
}

#[test]
fn ctes_are_not_cut_and_what_they_read_is() {
    check("WITH t AS (SELECT * FROM t) SELECT * FROM t", "WITH t AS (SELECT * FROM {} AS t) SELECT * FROM t");
    check(
        "WITH u AS (SELECT * FROM t), t AS (SELECT 1) SELECT * FROM u, t",
        "WITH u AS (SELECT * FROM {} AS t), t AS (SELECT 1) SELECT * FROM u, t",
    );
    check(
        "SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) q, t",
        "SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) q, {} AS t",
    );
    check(
        "WITH RECURSIVE a AS (SELECT x FROM t UNION ALL SELECT t.x FROM a JOIN t ON a.x = t.x) SELECT * FROM a",
        "WITH RECURSIVE a AS (SELECT x FROM {} AS t UNION ALL SELECT t.x FROM a JOIN {} AS t ON a.x = t.x) SELECT * FROM a",
    );
}

#[test]
fn a_name_in_parts_goes_by_its_last() {
    let cut = "(SELECT * FROM s.t WHERE \"ts\" <= $at)";
    check("SELECT s.t.x, t.y, z FROM s.t", &format!("SELECT t.x, t.y, z FROM {cut} AS t"));
    check("SELECT s.t.* FROM s.t WHERE S.T.x > 1", &format!("SELECT t.* FROM {cut} AS t WHERE T.x > 1"));
    check(
        "SELECT count(s.t.x) FROM s.t JOIN u ON s.t.x = u.x",
        &format!("SELECT count(t.x) FROM {cut} AS t JOIN u ON t.x = u.x"),
    );
    check("SELECT b.s.t.x FROM s.t AS b", &format!("SELECT b.s.t.x FROM {cut} AS b"));
    check(
        "SELECT 1 FROM s.t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = s.t.x)",
        &format!("SELECT 1 FROM {cut} AS t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = t.x)"),
    );
    check(
        "SELECT 1 FROM s.t AS a JOIN r.t AS b ON a.x = b.x",
        "SELECT 1 FROM (SELECT * FROM s.t WHERE \"ts\" <= $at) AS a JOIN (SELECT * FROM r.t WHERE \"ts\" <= $at) AS b ON a.x = b.x",
    );
    check("SELECT s.u.x FROM s.u", "SELECT s.u.x FROM s.u");
}

#[test]
fn a_name_that_would_mean_two_things_needs_an_alias() {
    let message = "table `s.t` cannot be used: `t` means something else in the query, too: give it an alias";
    for text in [
        "SELECT s.t.x FROM s.t JOIN r.t ON s.t.x = r.t.x",
        "SELECT s.t.x FROM s.t JOIN t ON s.t.x = t.x",
        "SELECT 1 FROM s.t WHERE EXISTS (SELECT 1 FROM u AS t WHERE s.t.x = t.x)",
        "SELECT 1 FROM s.t JOIN u AS s ON s.t.x = 1",
        "WITH t AS (SELECT 1) SELECT s.t.x FROM s.t, t",
    ] {
        refused(text, &cuts(), "VV1106", message);
    }
}

#[test]
fn bounds_are_values_and_columns_are_quoted() {
    let cut = Cut::before("t", "a\"; DROP TABLE t; --", "as_of").since("ts", "since").known_at("created", "as_of");
    let select = Select::parse("SELECT * FROM t").unwrap().cut(&[cut]).unwrap();
    assert_eq!(
        select.to_string(),
        r#"SELECT * FROM (SELECT * FROM t WHERE "a""; DROP TABLE t; --" < $as_of AND "ts" >= $since AND "created" <= $as_of) AS t"#
    );
    assert_eq!(select.placeholders(), ["as_of", "since"]);
    assert_eq!(
        select.text(Dialect::Spark),
        r#"SELECT * FROM (SELECT * FROM t WHERE `a"; DROP TABLE t; --` < :as_of AND `ts` >= :since AND `created` <= :as_of) AS t"#
    );
}

#[test]
fn what_cannot_be_cut_is_refused() {
    refused("SELECT * FROM v", &[Cut::none("t")], "VV1103", "there is no table `v`: there are t");
    refused("SELECT * FROM main.t", &[Cut::none("t")], "VV1103", "there is no table `main.t`: there are t");
    let cuts = [Cut::none("T"), Cut::until("t", "ts", "at")];
    refused(
        "SELECT * FROM \"T\"",
        &cuts,
        "VV1106",
        "table `T` cannot be used: some engines take it for `t`: give one of them another name",
    );
    refused("SELECT * FROM t", &[Cut::until("t", "", "at")], "VV1101", "the query cannot be read: a name is empty");
    let placeholder = "parameter `$a; b`: its name is not made of letters, digits and underscores";
    refused("SELECT * FROM t", &[Cut::until("t", "ts", "a; b")], "VV1105", placeholder);
}

#[test]
fn errors_name_what_to_do() {
    let error = Select::parse("SELECT * FROM read_csv('x')").unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }));
    assert_eq!(error.code(), "VV1115");
    assert_eq!(
        error.to_string(),
        "a query may not use the table function `read_csv`: it reads the tables that it is given and nothing else: name one of them"
    );
}
