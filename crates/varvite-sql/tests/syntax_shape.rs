//! Which queries are answered in one pass for many times, and by which text; all others are run for each time.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_sql::syntax::{OnePass, Select, Shape, shape_of};

fn shape(text: &str) -> Shape {
    let times = ["t", "s.t", "T x"].map(|table| (table.to_owned(), "ts".to_owned())).into();
    shape_of(&Select::parse(text).unwrap(), &["k".to_owned()], &times)
}

/// `{T}` stands for the table without rows that have no time, `{OVER}` for the frame.
#[track_caller]
fn same(pass: &OnePass, expected: &str, relation: &str) {
    let over = format!(
        r#"OVER (PARTITION BY {relation}."k" ORDER BY {relation}."ts" RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"#
    );
    let expected = expected.replace("{T}", r#"(SELECT * FROM t WHERE "ts" IS NOT NULL)"#).replace("{OVER}", &over);
    assert_eq!(pass.select, Select::parse(&expected).unwrap(), "{}", pass.select);
    assert_eq!(pass.event_time, "vv_time");
}

#[track_caller]
fn running(text: &str, expected: &str, relation: &str) {
    match shape(text) {
        Shape::Running(pass) => same(&pass, expected, relation),
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn latest(text: &str, expected: &str) {
    match shape(text) {
        Shape::Latest(pass) => same(&pass, expected, "\"t\""),
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn general(text: &str, reason: &str) {
    match shape(text) {
        Shape::General { reason: found } => assert_eq!(found, reason, "{text}"),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn rows_of_one_table_are_found_by_their_time() {
    latest("SELECT k, v FROM t", r#"SELECT k, v, "t"."ts" AS vv_time FROM {T} AS t"#);
    latest(
        "SELECT t.k, upper(v) || '!' AS v, CASE WHEN w > $w THEN 1 END AS w FROM t WHERE w IS NOT NULL AND w IN (1, 2)",
        r#"SELECT t.k, upper(v) || '!' AS v, CASE WHEN w > $w THEN 1 END AS w, "t"."ts" AS vv_time FROM {T} AS t WHERE w IS NOT NULL AND w IN (1, 2)"#,
    );
    latest("SELECT b.x AS k, v FROM t AS b", r#"SELECT b.x AS k, v, "b"."ts" AS vv_time FROM {T} AS b"#);
    latest("SELECT K, v FROM t b", r#"SELECT K, v, "b"."ts" AS vv_time FROM {T} b"#);
    latest(
        "SELECT s.t.k, s.t.v AS v FROM s.t",
        r#"SELECT t.k, t.v AS v, "t"."ts" AS vv_time FROM (SELECT * FROM s.t WHERE "ts" IS NOT NULL) AS t"#,
    );
    latest(
        "SELECT k, extract(day FROM ts) AS d, v IS DISTINCT FROM 1 AS e FROM t",
        r#"SELECT k, extract(day FROM ts) AS d, v IS DISTINCT FROM 1 AS e, "t"."ts" AS vv_time FROM {T} AS t"#,
    );
}

#[test]
fn aggregates_by_the_keys_run_along_time() {
    running(
        "SELECT k, sum(v) AS s FROM t GROUP BY k",
        r#"SELECT DISTINCT k, sum(v) {OVER} AS s, "t"."ts" AS vv_time FROM {T} AS t"#,
        "\"t\"",
    );
    running(
        "SELECT b.k, count(*) AS n, coalesce(sum(b.v * (w + 1)) / nullif(count(w), 0), 0) AS m FROM t AS b WHERE v > 0 GROUP BY b.k",
        r#"SELECT DISTINCT b.k, count(*) {OVER} AS n, coalesce(sum(b.v * (w + 1)) {OVER} / nullif(count(w) {OVER}, 0), 0) AS m, "b"."ts" AS vv_time FROM {T} AS b WHERE v > 0"#,
        "\"b\"",
    );
    running(
        "SELECT x AS k, stddev(v) AS s, 1 AS one, CAST(x AS int) + max(v) AS m FROM t GROUP BY x",
        r#"SELECT DISTINCT x AS k, stddev(v) {OVER} AS s, 1 AS one, CAST(x AS int) + max(v) {OVER} AS m, "t"."ts" AS vv_time FROM {T} AS t"#
            .replace("{OVER}", r#"OVER (PARTITION BY "t"."x" ORDER BY "t"."ts" RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"#)
            .as_str(),
        "\"t\"",
    );
    let Shape::Running(pass) = shape("SELECT k, sum(vv_time) AS s FROM t GROUP BY k") else { panic!() };
    assert_eq!(pass.event_time, "vv_time2");
}

#[test]
fn what_is_not_surely_known_is_general() {
    for (text, reason) in [
        ("SELECT k, $as_of - ts AS age FROM t", "it computes with the time that is asked for"),
        ("SELECT k, now() - ts AS age FROM t", "it computes with the time that is asked for"),
        ("SELECT k, v FROM t ORDER BY v", "it has subqueries, CTEs, ORDER BY or LIMIT"),
        ("SELECT k, v FROM t LIMIT 1", "it has subqueries, CTEs, ORDER BY or LIMIT"),
        ("WITH q AS (SELECT k FROM t) SELECT k FROM q", "it has subqueries, CTEs, ORDER BY or LIMIT"),
        ("SELECT k, (SELECT 1) AS v FROM t", "it has subqueries, CTEs, ORDER BY or LIMIT"),
        ("SELECT k FROM (SELECT * FROM t) AS t", "it has subqueries, CTEs, ORDER BY or LIMIT"),
        ("SELECT k FROM t UNION ALL SELECT k FROM t", "it is made of several SELECTs"),
        ("SELECT DISTINCT k FROM t", "it has DISTINCT, HAVING or windows"),
        ("SELECT k, sum(v) AS s FROM t GROUP BY k HAVING sum(v) > 1", "it has DISTINCT, HAVING or windows"),
        ("SELECT k, sum(v) OVER w AS s FROM t WINDOW w AS (ORDER BY v)", "it has DISTINCT, HAVING or windows"),
        ("SELECT t.k FROM t, u", "it reads several tables"),
        ("SELECT t.k FROM t JOIN u ON t.k = u.k", "it reads several tables"),
        ("SELECT k FROM t AS b(k, v)", "it gives its table's columns other names"),
        ("SELECT * FROM t", "it takes all columns: name them"),
        ("SELECT t.* FROM t", "it takes all columns: name them"),
        ("SELECT k, v + 1 FROM t", "a column has no name: give it one by AS"),
        ("SELECT k, v AS k FROM t", "two columns have one name"),
        ("SELECT v FROM t", "a key is not among its columns"),
        ("SELECT \"K\" FROM t", "a key is not among its columns"),
        ("SELECT k, sum(v) AS s FROM t", "a column is no expression over one row"),
        ("SELECT k, row_number() OVER (ORDER BY v) AS n FROM t", "a column is no expression over one row"),
        ("SELECT k, unnest(v) AS v FROM t", "a column is no expression over one row"),
        ("SELECT k, unknown(v) AS v FROM t", "a column is no expression over one row"),
        ("SELECT k, v FROM t WHERE unknown(v)", "its WHERE is no expression over one row"),
        ("SELECT count(*) AS k FROM t", "a column is no expression over one row"),
        ("SELECT k, sum(v) AS s FROM t GROUP BY ALL", "it groups by ALL"),
        ("SELECT k, sum(v) AS s FROM t GROUP BY k, v", "it groups by something else than the keys"),
        ("SELECT upper(k) AS k, sum(v) AS s FROM t GROUP BY k", "it groups by something else than the keys"),
        ("SELECT x AS k, sum(v) AS s FROM t GROUP BY k", "it groups by something else than the keys"),
        ("SELECT k, sum(v) AS s FROM t GROUP BY 1", "it groups by something else than columns"),
        ("SELECT k, sum(v) AS s FROM t GROUP BY ROLLUP(k)", "it groups by something else than columns"),
        (
            "SELECT k, count(DISTINCT v) AS s FROM t GROUP BY k",
            "a column is made of something else than plain aggregates",
        ),
        (
            "SELECT k, sum(v) FILTER (WHERE v > 1) AS s FROM t GROUP BY k",
            "a column is made of something else than plain aggregates",
        ),
        (
            "SELECT k, sum(v ORDER BY v) AS s FROM t GROUP BY k",
            "a column is made of something else than plain aggregates",
        ),
        ("SELECT k, median(v) AS s FROM t GROUP BY k", "a column is made of something else than plain aggregates"),
        ("SELECT k, sum(sum(v)) AS s FROM t GROUP BY k", "a column is made of something else than plain aggregates"),
        (
            "SELECT k, sum(sum(v)) OVER () AS s FROM t GROUP BY k",
            "a column is made of something else than plain aggregates",
        ),
        ("SELECT k, v AS s FROM t GROUP BY k", "a column is made of something else than plain aggregates"),
        ("SELECT k, my.sum(v) AS s FROM t GROUP BY k", "a column is made of something else than plain aggregates"),
    ] {
        general(text, reason);
    }
}

#[test]
fn without_event_times_nothing_depends_on_time() {
    assert_eq!(shape("WITH q AS (SELECT * FROM u) SELECT k, median(v) FROM q GROUP BY k LIMIT 3"), Shape::Timeless);
    general("SELECT k FROM u WHERE x < $as_of", "it computes with the time that is asked for");
}
