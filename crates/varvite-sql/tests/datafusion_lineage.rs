//! Where the values of a column come from, by the engine's plan.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod suite;

use std::collections::BTreeMap;

use varvite_sql::{DataFusionExecutor, Query, QueryExecutor};

#[track_caller]
fn check(sql: &str, tables: &[&str], columns: &[(&str, &str)]) {
    let fixture = suite::Fixture::new();
    let executor = DataFusionExecutor::try_new().unwrap();
    let plan = executor.plan(&Query::new(sql).with_tables(&fixture.tables)).unwrap();
    let joined = |from: &Vec<(String, String)>| {
        from.iter().map(|(table, column)| format!("{table}.{column}")).collect::<Vec<_>>().join(" ")
    };
    let found: BTreeMap<&str, String> = plan.lineage.iter().map(|(name, from)| (name.as_str(), joined(from))).collect();
    let expected: BTreeMap<&str, String> = columns.iter().map(|(name, from)| (*name, (*from).to_owned())).collect();
    assert_eq!((found, plan.tables), (expected, tables.iter().map(|table| (*table).to_owned()).collect()), "{sql}");
}

#[test]
fn values_come_through_expressions_and_aggregates() {
    check(
        "SELECT t.id AS i, price * id AS p, CASE WHEN id > 3 THEN price END AS c, 1 AS one FROM trades t WHERE venue = 'a'",
        &["trades"],
        &[("i", "trades.id"), ("p", "trades.id trades.price"), ("c", "trades.id trades.price"), ("one", "")],
    );
    check(
        "SELECT venue, count(*) AS n, sum(price) FILTER (WHERE id > 1) AS s FROM trades GROUP BY venue, id",
        &["trades"],
        &[("venue", "trades.venue"), ("n", ""), ("s", "trades.price")],
    );
    check(
        "SELECT lag(price) OVER (PARTITION BY venue ORDER BY ts) AS l, row_number() OVER (ORDER BY ts) AS r FROM trades",
        &["trades"],
        &[("l", "trades.price"), ("r", "")],
    );
}

#[test]
fn values_come_through_joins_unions_and_subqueries() {
    check(
        "SELECT v.country AS c, t.price AS p FROM trades t JOIN venues v ON t.venue = v.venue ORDER BY t.ts",
        &["trades", "venues"],
        &[("c", "venues.country"), ("p", "trades.price")],
    );
    check(
        "WITH a AS (SELECT id AS x FROM trades UNION ALL SELECT id FROM people) SELECT x FROM a",
        &["people", "trades"],
        &[("x", "people.id trades.id")],
    );
    check(
        "SELECT (SELECT max(price) FROM parts p WHERE p.id = t.id) AS m FROM trades t WHERE id IN (SELECT id FROM people)",
        &["parts", "people", "trades"],
        &[("m", "parts.price")],
    );
    check(
        "SELECT b.id AS i, b.symbol AS s FROM \"Bar\" b WHERE EXISTS (SELECT 1 FROM people p WHERE p.id = b.id)",
        &["Bar", "people"],
        &[("i", "Bar.id"), ("s", "Bar.symbol")],
    );
    check(
        "WITH RECURSIVE r AS (SELECT id AS n FROM people UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r",
        &["people"],
        &[("n", "people.id")],
    );
}
