//! What is refused, and by which name: everything that could do or reach something else.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_sql::Error;
use varvite_sql::syntax::{Dialect, Select, quote_identifier};

#[track_caller]
fn refused(text: &str) -> Error {
    match Select::parse(text) {
        Ok(select) => panic!("{text:?} was taken: {select}"),
        Err(error) => error,
    }
}

#[test]
fn other_statements_are_refused_by_name() {
    for (text, name) in [
        ("INSERT INTO t SELECT 1", "INSERT"),
        ("UPDATE t SET x = 1", "UPDATE"),
        ("DELETE FROM t", "DELETE"),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", "MERGE"),
        ("CREATE TABLE t AS SELECT 1", "CREATE"),
        ("DROP TABLE t", "DROP"),
        ("COPY t TO 'x.csv'", "COPY"),
        ("COPY (SELECT 1) TO 'x.csv'", "COPY"),
        ("ATTACH 'x.db' AS y", "ATTACH"),
        ("DETACH y", "DETACH"),
        ("PRAGMA database_list", "PRAGMA"),
        ("SET x = 1", "SET"),
        ("RESET x", "RESET"),
        ("CALL f()", "CALL"),
        ("PREPARE p AS SELECT 1", "PREPARE"),
        ("EXECUTE p", "EXECUTE"),
        ("EXPLAIN ANALYZE INSERT INTO t SELECT 1", "EXPLAIN"),
        ("EXPLAIN SELECT 1", "EXPLAIN"),
        ("LOAD 'x.so'", "LOAD"),
        ("INSTALL httpfs", "INSTALL"),
        ("EXPORT DATABASE 'x'", "EXPORT"),
        ("ADD JAR '/x.jar'", "ADD"),
        ("SHOW TABLES", "SHOW"),
        ("DESCRIBE t", "DESCRIBE"),
        ("VACUUM", "VACUUM"),
        ("BEGIN", "BEGIN"),
        ("FROM t", "FROM"),
        ("FROM t SELECT x", "FROM"),
        ("VALUES (1)", "VALUES"),
        ("TABLE t", "TABLE"),
        ("/* SELECT */ DROP TABLE t", "DROP"),
        ("-- SELECT\nDROP TABLE t", "DROP"),
        ("((DROP TABLE t))", "DROP"),
        ("ＳＥＬＥＣＴ 1", "ＳＥＬＥＣＴ"),
        ("SELECT 1; DROP TABLE t", "several statements"),
        ("SELECT 1; SELECT 2", "several statements"),
        ("SELECT 1;;", "several statements"),
        ("SELECT '1'';'; DROP TABLE t; --'", "several statements"),
        ("SELECT 1 /* /* */ ; */ ; DROP TABLE t", "several statements"),
    ] {
        match refused(text) {
            Error::NotASelect { found } => assert_eq!(found, name, "{text}"),
            other => panic!("{text}: {other}"),
        }
    }
}

#[test]
fn what_a_select_could_do_or_reach_is_refused_by_name() {
    for (text, name) in [
        ("SELECT * INTO u FROM t", "SELECT ... INTO"),
        ("SELECT * FROM t FOR UPDATE", "FOR UPDATE"),
        ("SELECT * FROM (SELECT * FROM t FOR SHARE) q", "FOR UPDATE or FOR SHARE"),
        ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "DELETE"),
        ("WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x", "INSERT"),
        ("WITH x AS (UPDATE t SET a = 1 RETURNING *) SELECT * FROM x", "UPDATE"),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "INSERT"),
        ("WITH x AS (SELECT 1) DELETE FROM t", "DELETE"),
        ("SELECT * FROM read_parquet('/etc/*')", "`read_parquet`"),
        ("SELECT * FROM a, LATERAL generate_series(1, 9) g", "`generate_series`"),
        ("SELECT * FROM t WHERE x IN (SELECT * FROM read_csv('x'))", "`read_csv`"),
        ("SELECT * FROM generate_series(1, 1000000000)", "`generate_series`"),
        ("SELECT * FROM TABLE(f(1))", "in FROM"),
        ("SELECT * FROM 'x.parquet'", "as a table"),
        ("SELECT * FROM t JOIN 'x.parquet' ON true", "as a table"),
        ("SELECT * FROM t PIVOT(sum(x) FOR y IN ('a', 'b'))", "in FROM"),
        ("SELECT * FROM t LATERAL VIEW explode(x) e AS y", "LATERAL VIEW"),
        ("SELECT * FROM t TABLESAMPLE (10 PERCENT)", "samples"),
        ("SELECT * FROM (SELECT * FROM t) q TABLESAMPLE (10 PERCENT)", "TABLESAMPLE"),
        ("SELECT 1 UNION ALL TABLE t", "TABLE t"),
        ("SELECT reflect('java.lang.System', 'exit', 1)", "`reflect(...)`"),
        ("SELECT * FROM t WHERE GetEnv('HOME') = x", "`getenv(...)`"),
        ("SELECT pg_catalog.nextval('s')", "`nextval(...)`"),
        ("SELECT \"reflect\"('java.lang.System', 'exit', 1)", "`reflect(...)`"),
        ("SELECT :name", "`:name`"),
        ("SELECT @name", "`@name`"),
    ] {
        match refused(text) {
            Error::Forbidden { what, .. } => assert!(what.contains(name), "{text}: {what}"),
            other => panic!("{text}: {other}"),
        }
    }
}

#[test]
fn a_recursive_cte_that_engines_read_differently_is_refused() {
    for text in [
        "WITH RECURSIVE t AS (SELECT * FROM t) SELECT * FROM t",
        "WITH RECURSIVE t AS (SELECT * FROM t UNION ALL SELECT 1) SELECT * FROM t",
        "WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT * FROM t UNION ALL SELECT * FROM t) SELECT * FROM t",
        "WITH RECURSIVE t AS (SELECT 1 EXCEPT SELECT * FROM t) SELECT * FROM t",
        "WITH RECURSIVE a AS (WITH t AS (SELECT 1) SELECT * FROM t UNION ALL SELECT * FROM a) SELECT * FROM a",
        "WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT * FROM a LIMIT 5) SELECT * FROM a",
        "SELECT * FROM (WITH RECURSIVE t AS (SELECT x FROM (SELECT * FROM t)) SELECT * FROM t) q",
    ] {
        assert!(matches!(refused(text), Error::Forbidden { .. }), "{text}: {}", refused(text));
    }
}

#[test]
fn what_is_no_sql_is_refused_with_its_place() {
    for text in [
        "",
        "   ",
        ";",
        "-- only a comment",
        "SELECT",
        "SELECT 1 FROM",
        "SELECT 1 1",
        "SELECT (1",
        "SELECT 1)",
        "SELECT 'open",
        "SELECT \"open",
        "SELECT $$open",
        "SELECT /* open",
        "SELECT '\\'; DROP TABLE t; --'",
        "SELECT 1；DROP TABLE t",
        "SELECT ‘x’ FROM t",
        "SELECT * FROM (TABLE t) q",
        "SELECT 1\0",
        "SELECT '\0'",
        "SELECT E'\\0'",
        "SELECT \"\" FROM t",
        "SELECT \"a\0b\" FROM t",
        "SELECT * FROM t WHERE x = ?",
        "SELECT $1",
        "SELECT N'x'",
        "SELECT X'0g'",
        "SELECT $größe",
        "SELECT * FROM [t]",
        "SELECT 1 FORMAT JSON SETTINGS x = 1",
        "SELECT 1 |> SELECT 2",
        "SELECT * FROM t WHERE /*! x = */ 1 */",
    ] {
        assert!(matches!(refused(text), Error::Syntax { .. } | Error::NotASelect { .. }), "{text}: {}", refused(text));
    }
    assert_eq!(
        refused("SELECT 1\n  FROM ?").to_string(),
        "the query cannot be read: a placeholder is `$name`, not `?` at Line: 2, Column: 8"
    );
}

/// Text is what it means, whatever it looks like, in each engine's spelling.
#[test]
fn text_stays_text() {
    for (text, datafusion, spark) in [
        ("SELECT 'it''s; --' FROM t", "SELECT 'it''s; --' FROM t", r"SELECT 'it\'s; --' FROM t"),
        ("SELECT '''''' FROM t", "SELECT '''''' FROM t", r"SELECT '\'\'' FROM t"),
        (r"SELECT 'a\' FROM t", r"SELECT 'a\' FROM t", r"SELECT 'a\\' FROM t"),
        (r"SELECT '\''; DROP' FROM t", r"SELECT '\''; DROP' FROM t", r"SELECT '\\\'; DROP' FROM t"),
        ("SELECT\u{a0}1\u{3000}FROM t", "SELECT 1 FROM t", "SELECT 1 FROM t"),
        (r"SELECT E'it\'s' FROM t", "SELECT 'it''s' FROM t", r"SELECT 'it\'s' FROM t"),
        (r"SELECT E'\x27; --' FROM t", "SELECT '''; --' FROM t", r"SELECT '\'; --' FROM t"),
        ("SELECT $$it's$$, $x$ $$ $x$ FROM t", "SELECT 'it''s', ' $$ ' FROM t", r"SELECT 'it\'s', ' $$ ' FROM t"),
        (r"SELECT U&'\0027' FROM t", "SELECT '''' FROM t", r"SELECT '\'' FROM t"),
        (
            "SELECT '/*', '--', ';', '$x' /* ' */ FROM t -- '",
            "SELECT '/*', '--', ';', '$x' FROM t",
            "SELECT '/*', '--', ';', '$x' FROM t",
        ),
        ("SELECT/**/1/* ; */FROM/* /* */ */t", "SELECT 1 FROM t", "SELECT 1 FROM t"),
        ("SELECT /*! 1, */ 2 FROM t", "SELECT 2 FROM t", "SELECT 2 FROM t"),
        ("SELECT \"a\"\"b`c\" FROM `d\"``e`", "SELECT \"a\"\"b`c\" FROM \"d\"\"`e\"", "SELECT `a\"b``c` FROM `d\"``e`"),
        ("SELECT - -1, 1 - -$x FROM t", "SELECT - - 1, 1 - - $x FROM t", "SELECT - - 1, 1 - - :x FROM t"),
    ] {
        let select = Select::parse(text).unwrap();
        assert_eq!(select.text(Dialect::DataFusion), datafusion);
        assert_eq!(select.text(Dialect::DuckDb), datafusion);
        assert_eq!(select.text(Dialect::Spark), spark);
        assert_eq!(Select::parse(datafusion).unwrap(), select);
    }
}

#[test]
fn names_of_any_kind_are_quoted() {
    for (name, double, back) in [
        ("a", "\"a\"", "`a`"),
        ("a\"b", "\"a\"\"b\"", "`a\"b`"),
        ("a`b", "\"a`b\"", "`a``b`"),
        ("\"\"", "\"\"\"\"\"\"", "`\"\"`"),
        ("a\"; DROP TABLE t; --", "\"a\"\"; DROP TABLE t; --\"", "`a\"; DROP TABLE t; --`"),
        ("a\nb", "\"a\nb\"", "`a\nb`"),
        ("größe ☃", "\"größe ☃\"", "`größe ☃`"),
        ("a\\", "\"a\\\"", "`a\\`"),
        ("select", "\"select\"", "`select`"),
        ("$x", "\"$x\"", "`$x`"),
    ] {
        assert_eq!(quote_identifier(Dialect::DataFusion, name).unwrap(), double);
        assert_eq!(quote_identifier(Dialect::DuckDb, name).unwrap(), double);
        assert_eq!(quote_identifier(Dialect::Spark, name).unwrap(), back);
        let select = Select::parse(&format!("SELECT 1 FROM {double}")).unwrap();
        assert_eq!(select.tables(), [name]);
        assert_eq!(select.text(Dialect::Spark), format!("SELECT 1 FROM {back}"));
    }
    for name in ["", "a\0b"] {
        assert_eq!(quote_identifier(Dialect::DataFusion, name).unwrap_err().code(), "VV1101");
    }
}

#[test]
fn depth_is_an_error() {
    let nested = |open: &str, inner: &str, close: &str, times: usize| {
        format!("SELECT {}{inner}{} FROM t", open.repeat(times), close.repeat(times))
    };
    for text in [
        nested("(", "1", ")", 100_000),
        nested("(", "1", ")", 200),
        nested("[", "1", "]", 10_000),
        nested("NOT ", "true", "", 50_000),
        nested("- ", "1", "", 50_000),
        nested("CASE WHEN ", "x", " THEN 1 END", 10_000),
        nested("(SELECT ", "1", ")", 10_000),
        nested("f(", "1", ")", 10_000),
        nested("", "1", " + 1", 40_000),
        nested("", "x", " OR x", 40_000),
        nested("", "x", " IS NULL", 40_000),
        nested("", "x", "::int", 30_000),
        nested("", "x", "[1]", 300),
        nested("", "x", " UNION SELECT 1", 20_000),
        nested("", "1", ", 1", 100_000),
        format!("WITH a AS ({}", "WITH a AS (".repeat(20_000)),
    ] {
        let short: String = text.chars().take(40).collect();
        match Select::parse(&text) {
            Err(Error::Syntax { .. }) => {}
            // Subscripts in a row are one node.
            Ok(_) if text.contains("[1]") => {}
            other => panic!("{short}: {other:?}"),
        }
    }
}

#[test]
fn what_people_write_is_not_too_deep() {
    let columns = (0..2000).map(|i| format!("sum(c{i} * 2 + 1) AS c{i}")).collect::<Vec<_>>().join(", ");
    Select::parse(&format!("SELECT {columns} FROM t")).unwrap();
    let ids = (0..20_000).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    Select::parse(&format!("SELECT * FROM t WHERE x IN ({ids})")).unwrap();
    let or = (0..250).map(|i| format!("x = {i}")).collect::<Vec<_>>().join(" OR ");
    let select = Select::parse(&format!("SELECT * FROM t WHERE {or}")).unwrap();
    assert_eq!(select.tables(), ["t"]);
    let ctes = (0..200).map(|i| format!("c{i} AS (SELECT * FROM t WHERE x > {i} AND y < 5)")).collect::<Vec<_>>();
    Select::parse(&format!("WITH {} SELECT * FROM c1", ctes.join(", "))).unwrap();
}

#[test]
fn what_answers_otherwise_when_asked_again_is_found() {
    for (text, found) in [
        ("SELECT NOW() FROM t", "now()"),
        ("SELECT now() - INTERVAL '1 day' FROM t", "now()"),
        ("SELECT * FROM t WHERE ts <= CURRENT_TIMESTAMP", "current_timestamp"),
        ("SELECT * FROM t WHERE ts <= CURRENT_TIMESTAMP()", "current_timestamp()"),
        ("SELECT Current_Date FROM t", "current_date"),
        ("SELECT current_time FROM t", "current_time"),
        ("SELECT LOCALTIMESTAMP FROM t", "localtimestamp"),
        ("SELECT x FROM t ORDER BY random()", "random()"),
        ("SELECT x FROM (SELECT uuid() AS x FROM t) q", "uuid()"),
        ("SELECT \"now\"() FROM t", "now()"),
        ("SELECT pg_catalog.now() FROM t", "now()"),
        ("SELECT count(*) FILTER (WHERE ts > today()) FROM t", "today()"),
        ("SELECT 'now'::timestamp FROM t", "'now' as a time"),
        ("SELECT CAST(' Today' AS DATE) FROM t", "' Today' as a time"),
        ("SELECT TIMESTAMP 'now' FROM t", "'now' as a time"),
        ("SELECT age(ts) FROM t", "age()"),
        ("SELECT unix_timestamp() FROM t", "unix_timestamp()"),
        ("SELECT current_user FROM t", "current_user"),
    ] {
        let select = Select::parse(text).unwrap();
        assert_eq!(select.volatile(), [found], "{text}");
        let error = select.check_repeatable().unwrap_err();
        assert_eq!(error.code(), "VV1116");
        assert!(error.to_string().contains("$as_of"), "{error}");
    }
    for text in [
        "SELECT now FROM t",
        "SELECT t.current_date_x, \"current_date\", 'now', random FROM t",
        "SELECT age(a, b), unix_timestamp(ts), ts <= $as_of FROM t",
        "SELECT 1 AS uuid FROM now",
    ] {
        assert_eq!(Select::parse(text).unwrap().volatile(), [""; 0], "{text}");
        Select::parse(text).unwrap().check_repeatable().unwrap();
    }
}
