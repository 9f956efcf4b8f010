//! Which tables a query reads: everywhere, and not where a CTE of the name is in sight.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_sql::syntax::Select;

#[track_caller]
fn check(text: &str, tables: &[&str]) {
    assert_eq!(Select::parse(text).unwrap().tables(), tables, "{text}");
}

#[test]
fn tables_stand_wherever_rows_may() {
    check("SELECT 1", &[]);
    check("SELECT * FROM a, b JOIN c ON a.x = c.x", &["a", "b", "c"]);
    check("SELECT * FROM (a JOIN (b CROSS JOIN c) ON true)", &["a", "b", "c"]);
    check("SELECT (SELECT max(x) FROM a) FROM b", &["a", "b"]);
    check("SELECT * FROM b WHERE EXISTS (SELECT 1 FROM a WHERE a.x = b.x)", &["a", "b"]);
    check("SELECT * FROM b WHERE x NOT IN (SELECT x FROM a)", &["a", "b"]);
    check("SELECT * FROM b WHERE x > ALL (SELECT x FROM a)", &["a", "b"]);
    check("SELECT x FROM b GROUP BY x HAVING count(*) > (SELECT count(*) FROM a)", &["a", "b"]);
    check("SELECT x FROM b GROUP BY (SELECT max(x) FROM a)", &["a", "b"]);
    check("SELECT * FROM b JOIN c ON b.x = (SELECT max(x) FROM a)", &["a", "b", "c"]);
    check("SELECT * FROM b ORDER BY (SELECT max(x) FROM a WHERE a.k = b.k)", &["a", "b"]);
    check("SELECT * FROM b LIMIT (SELECT max(x) FROM a)", &["a", "b"]);
    check("SELECT * FROM b LIMIT 1 OFFSET (SELECT max(x) FROM a)", &["a", "b"]);
    check("SELECT CASE WHEN x IN (SELECT x FROM a) THEN (SELECT 1 FROM c) END FROM b", &["a", "b", "c"]);
    check("SELECT sum(x) FILTER (WHERE x > (SELECT 1 FROM a)) FROM b", &["a", "b"]);
    check("SELECT sum(x) OVER (PARTITION BY (SELECT 1 FROM a) ORDER BY (SELECT 1 FROM c)) FROM b", &["a", "b", "c"]);
    check("SELECT sum(x) OVER w FROM b WINDOW w AS (ORDER BY (SELECT 1 FROM a))", &["a", "b"]);
    check("SELECT x FROM b QUALIFY row_number() OVER (ORDER BY x) = (SELECT 1 FROM a)", &["a", "b"]);
    check("SELECT DISTINCT ON ((SELECT 1 FROM a)) x FROM b", &["a", "b"]);
    check(
        "SELECT coalesce((SELECT 1 FROM a), ARRAY[(SELECT 2 FROM c)], CAST((SELECT 1 FROM d) AS INT)) FROM b",
        &["a", "b", "c", "d"],
    );
    check("SELECT ARRAY(SELECT x FROM a) FROM b", &["a", "b"]);
    check("SELECT * FROM b, LATERAL (SELECT * FROM a WHERE a.x = b.x) AS l", &["a", "b"]);
    check("SELECT * FROM unnest(ARRAY[(SELECT 1 FROM a)]) AS u", &["a"]);
    check("SELECT * FROM (VALUES ((SELECT 1 FROM a))) AS v(x)", &["a"]);
    check(
        "SELECT * FROM a UNION ALL (SELECT * FROM b EXCEPT SELECT * FROM c) INTERSECT SELECT * FROM d",
        &["a", "b", "c", "d"],
    );
    check("SELECT struct(1 AS a).a, x[(SELECT 1 FROM a)] FROM b", &["a", "b"]);
    check(
        "SELECT x BETWEEN (SELECT 1 FROM a) AND (SELECT 1 FROM c), EXTRACT(day FROM (SELECT t FROM d)) FROM b",
        &["a", "b", "c", "d"],
    );
    check("SELECT * REPLACE ((SELECT 1 FROM a) AS x) FROM b", &["a", "b"]);
    check("SELECT x FROM b ASOF JOIN a MATCH_CONDITION (b.t >= a.t) ON a.k = b.k", &["a", "b"]);
    check("SELECT INTERVAL '1' DAY * (SELECT 1 FROM a), (SELECT t FROM c) AT TIME ZONE 'UTC' FROM b", &["a", "b", "c"]);
}

#[test]
fn names_are_compared_as_engines_do() {
    check(r#"SELECT * FROM Trades, TRADES t2, "Trades" t3, `Trades` t4, "a b" t5"#, &["Trades", "a b", "trades"]);
    check(r#"SELECT * FROM Bar.x, "Bar"."AAPL/5", cat.sch.t"#, &["Bar.AAPL/5", "bar.x", "cat.sch.t"]);
    check(r#"SELECT * FROM "a""b", "c""""d""#, &[r#"a"b"#, r#"c""d"#]);
    check("SELECT * FROM größe, ÄRGER", &["größe", "Ärger"]);
}

#[test]
fn a_cte_hides_its_name_where_it_is_in_sight() {
    check("WITH t AS (SELECT * FROM a) SELECT * FROM t", &["a"]);
    check("WITH T AS (SELECT * FROM a) SELECT * FROM t", &["a"]);
    check(r#"WITH "T" AS (SELECT * FROM a) SELECT * FROM t"#, &["a", "t"]);
    check("WITH t AS (SELECT * FROM a) SELECT * FROM s.t", &["a", "s.t"]);
    check("WITH t AS (SELECT 1), u AS (SELECT * FROM t) SELECT * FROM u WHERE x IN (SELECT x FROM t)", &[]);
    check(
        "WITH t AS (SELECT 1) SELECT (SELECT * FROM (SELECT * FROM t) q), (SELECT 1 FROM t) FROM t ORDER BY (SELECT 1 FROM t)",
        &[],
    );
}

#[test]
fn a_cte_hides_nothing_outside_of_its_sight() {
    // Its own body, and bodies before it.
    check("WITH t AS (SELECT * FROM t) SELECT * FROM t", &["t"]);
    check("WITH u AS (SELECT * FROM t), t AS (SELECT 1) SELECT * FROM u", &["t"]);
    // Beside and around the query that it belongs to.
    check("SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) q JOIN t ON true", &["t"]);
    check("SELECT * FROM t JOIN (WITH t AS (SELECT 1) SELECT * FROM t) q ON true", &["t"]);
    check("(WITH t AS (SELECT 1) SELECT * FROM t) UNION ALL SELECT * FROM t", &["t"]);
    check("SELECT * FROM t WHERE x IN (WITH t AS (SELECT 1 AS x) SELECT x FROM t)", &["t"]);
    check("WITH u AS (WITH t AS (SELECT 1) SELECT * FROM t) SELECT * FROM u, t", &["t"]);
}

#[test]
fn a_recursive_cte_sees_itself() {
    check("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT * FROM t", &[]);
    check(
        "WITH RECURSIVE t AS (SELECT n FROM a UNION ALL SELECT t.n FROM t JOIN b ON t.n = b.n) SELECT * FROM t",
        &["a", "b"],
    );
    check("WITH RECURSIVE a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b", &[]);
}

#[test]
fn placeholders_are_named_once() {
    let select =
        Select::parse("SELECT $b, '$no', \"$no\" FROM t WHERE x = $a AND y IN ($b, $as_of) -- $no\n LIMIT $n").unwrap();
    assert_eq!(select.placeholders(), ["a", "as_of", "b", "n"]);
}
