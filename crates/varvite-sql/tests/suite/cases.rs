//! Questions and their answers.

use varvite_sql::Query;
use varvite_sql::Value;
use varvite_time::TimeUnit;

/// A question with its rows.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    pub(crate) bind: fn(Query) -> Query,
    pub(crate) rows: Vec<Vec<&'static str>>,
    pub(crate) needs_asof: bool,
}

/// A question that is refused.
pub(crate) struct Refused {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    pub(crate) bind: fn(Query) -> Query,
    pub(crate) codes: &'static [&'static str],
}

fn case(name: &'static str, sql: &'static str, rows: &[&[&'static str]]) -> Case {
    let rows = rows.iter().map(|row| row.to_vec()).collect();
    Case { name, sql, bind: |query| query, rows, needs_asof: false }
}

fn bound(name: &'static str, sql: &'static str, bind: fn(Query) -> Query, rows: &[&[&'static str]]) -> Case {
    Case { bind, ..case(name, sql, rows) }
}

fn refusal(name: &'static str, sql: &'static str, codes: &'static [&'static str]) -> Refused {
    Refused { name, sql, bind: |query| query, codes }
}

/// The third minute of the year.
fn third_minute(query: Query) -> Query {
    let ticks = 1_704_067_200_000_000 + 3 * 60_000_000;
    query.with_value("at", Value::Timestamp { ticks, unit: TimeUnit::Microsecond, zone: Some("UTC".to_owned()) })
}

pub(crate) fn all() -> Vec<Case> {
    // Rows of the left stay, also the three without a venue.
    let asof =
        "SELECT count(*) AS n FROM trades t ASOF JOIN parts p MATCH_CONDITION (t.ts >= p.ts) ON t.venue = p.venue";
    let mut cases = of_rows();
    cases.extend(of_kinds());
    cases.extend(of_values());
    cases.push(Case { needs_asof: true, ..case("asof", asof, &[&["10"]]) });
    cases
}

fn of_rows() -> Vec<Case> {
    vec![
        case("all rows", "SELECT id FROM trades ORDER BY ts LIMIT 3", &[&["0"], &["1"], &["2"]]),
        case("the last rows", "SELECT id FROM trades ORDER BY ts DESC LIMIT 2", &[&["9"], &["8"]]),
        case("an offset", "SELECT id FROM trades ORDER BY ts LIMIT 2 OFFSET 5", &[&["5"], &["6"]]),
        case("count", "SELECT CAST(count(*) AS BIGINT) AS n FROM trades", &[&["10"]]),
        case("count of a column", "SELECT CAST(count(venue) AS BIGINT) AS n FROM trades", &[&["7"]]),
        case("bounds", "SELECT min(id) AS a, max(id) AS z FROM trades", &[&["0", "9"]]),
        case(
            "groups",
            "SELECT venue, CAST(sum(id) AS BIGINT) AS s FROM trades WHERE venue IS NOT NULL GROUP BY venue ORDER BY venue",
            &[&["a", "18"], &["b", "12"]],
        ),
        case("nulls", "SELECT id FROM trades WHERE venue IS NULL ORDER BY id", &[&["2"], &["5"], &["8"]]),
        case(
            "a window",
            "SELECT id, lag(id) OVER (PARTITION BY venue ORDER BY ts) AS before FROM trades WHERE id < 5 ORDER BY id",
            &[&["0", "null"], &["1", "null"], &["2", "null"], &["3", "0"], &["4", "1"]],
        ),
        case(
            "a subquery and a union",
            "WITH few AS (SELECT id FROM trades WHERE id < 2) SELECT id FROM few UNION ALL SELECT max(id) FROM trades ORDER BY id",
            &[&["0"], &["1"], &["9"]],
        ),
        case("no rows", "SELECT id FROM trades WHERE id > 100", &[]),
    ]
}

fn of_kinds() -> Vec<Case> {
    vec![
        case("a folder of files", "SELECT CAST(count(*) AS BIGINT) AS n, max(id) AS z FROM parts", &[&["5", "4"]]),
        case(
            "separated values",
            "SELECT t.id, v.country FROM trades t JOIN venues v ON t.venue = v.venue WHERE t.id < 3 ORDER BY t.id",
            &[&["0", "DE"], &["1", "US"]],
        ),
        case(
            "lines of json",
            "SELECT e.what FROM trades t JOIN events e ON t.id = e.id ORDER BY t.ts",
            &[&["split"], &["it's"]],
        ),
        case("memory", "SELECT name FROM people WHERE id = 1", &[&["Ada"]]),
        case("a dataset of a store", "SELECT min(id) AS a, max(id) AS z FROM \"Bar\".\"BRK.B/5\"", &[&["10", "15"]]),
        case("a store", "SELECT CAST(count(*) AS BIGINT) AS n FROM \"Bar\" WHERE minutes = 5", &[&["30"]]),
        case("one key", "SELECT id FROM \"Bar\" WHERE symbol = 'AAPL' AND id > 3 ORDER BY ts", &[&["4"], &["5"]]),
        case("keys as columns", "SELECT DISTINCT symbol FROM \"Bar\" WHERE symbol LIKE '%/%'", &[&["日本/\"x\""]]),
        case(
            "an answer of every store's dataset",
            "SELECT symbol, min(id) AS a FROM \"Bar\" GROUP BY symbol ORDER BY a LIMIT 2",
            &[&["AAPL", "0"], &["BRK.B", "10"]],
        ),
    ]
}

fn of_values() -> Vec<Case> {
    vec![
        bound(
            "a number",
            "SELECT id FROM trades WHERE id >= $least ORDER BY id",
            |query| query.with_value("least", 8),
            &[&["8"], &["9"]],
        ),
        bound(
            "a point in time",
            "SELECT id FROM trades WHERE ts <= $at ORDER BY ts DESC LIMIT 1",
            third_minute,
            &[&["3"]],
        ),
        bound("before a point in time", "SELECT max(id) AS z FROM trades WHERE ts < $at", third_minute, &[&["2"]]),
        bound(
            "text that looks like SQL",
            "SELECT id FROM people WHERE name = $name",
            |query| query.with_value("name", "x' OR '1'='1"),
            &[&["2"]],
        ),
        bound(
            "text that finds nothing",
            "SELECT id FROM people WHERE name = $name",
            |query| query.with_value("name", "Ada' OR 1=1 --"),
            &[],
        ),
        bound(
            "a hostile key",
            "SELECT CAST(count(*) AS BIGINT) AS n FROM \"Bar\" WHERE symbol = $symbol",
            |query| query.with_value("symbol", "O'Neil; DROP TABLE bar--"),
            &[&["6"]],
        ),
        bound(
            "one value in two places",
            "SELECT id FROM trades WHERE id > $x AND id < $x + 3 ORDER BY id",
            |query| query.with_value("x", 4),
            &[&["5"], &["6"]],
        ),
    ]
}

pub(crate) fn refused() -> Vec<Refused> {
    const NO_SELECT: &[&str] = &["VV1102", "VV1101"];
    let mut refused = vec![
        refusal("no SQL", "SELEC 1", NO_SELECT),
        refusal("nothing", "", NO_SELECT),
        refusal("two statements", "SELECT 1; SELECT 2", NO_SELECT),
        refusal("insert", "INSERT INTO trades VALUES (1)", NO_SELECT),
        refusal("delete", "DELETE FROM trades", NO_SELECT),
        refusal("update", "UPDATE trades SET id = 1", NO_SELECT),
        refusal("create", "CREATE TABLE x (a INT)", NO_SELECT),
        refusal("drop", "DROP TABLE trades", NO_SELECT),
        refusal("copy", "COPY trades TO '/tmp/x.parquet'", NO_SELECT),
        refusal("set", "SET x = 1", NO_SELECT),
        refusal("explain", "EXPLAIN SELECT 1", NO_SELECT),
        refusal("an unknown table", "SELECT * FROM trade", &["VV1103"]),
        refusal("the engine's own tables", "SELECT * FROM information_schema.tables", &["VV1103"]),
        refusal("a file as a table", "SELECT * FROM '/etc/passwd'", &["VV1103", "VV1101", "VV1115"]),
        refusal("an unknown column", "SELECT pric FROM trades", &["VV1104"]),
        refusal("a value that is missing", "SELECT id FROM trades WHERE id = $x", &["VV1105"]),
    ];
    refused.push(Refused {
        bind: |query| query.with_value("y", 1),
        ..refusal("a value too many", "SELECT id FROM trades", &["VV1105"])
    });
    refused
}
