//! Whether a text is one `SELECT`: whatever an engine could be made to do otherwise is refused before it sees the text.

use sqlparser::ast::{Query, SetExpr, Statement};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

/// Longest text of a query, in bytes.
const MAX_LENGTH: usize = 1_000_000;

/// Why a text is not one query, if it is not.
pub(super) fn refuse(sql: &str) -> Option<String> {
    if sql.len() > MAX_LENGTH {
        return Some(format!("it has {} bytes: at most {MAX_LENGTH} are read", sql.len()));
    }
    match Parser::parse_sql(&GenericDialect {}, sql) {
        Err(error) => Some(error.to_string().replace("sql parser error: ", "")),
        Ok(statements) => match statements.as_slice() {
            [Statement::Query(query)] => refuse_query(query).map(str::to_owned),
            [_] => Some("it is no query: write one SELECT".to_owned()),
            several => Some(format!("there are {} statements: write one SELECT", several.len())),
        },
    }
}

fn refuse_query(query: &Query) -> Option<&'static str> {
    if !query.locks.is_empty() {
        return Some("it locks what it reads: leave FOR UPDATE and FOR SHARE out");
    }
    let named = query.with.iter().flat_map(|with| &with.cte_tables);
    named.map(|table| &*table.query).find_map(refuse_query).or_else(|| refuse_body(&query.body))
}

fn refuse_body(body: &SetExpr) -> Option<&'static str> {
    match body {
        SetExpr::Select(select) if select.into.is_some() => Some("it writes with SELECT INTO: a query only reads"),
        SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Table(_) => None,
        SetExpr::Query(query) => refuse_query(query),
        SetExpr::SetOperation { left, right, .. } => refuse_body(left).or_else(|| refuse_body(right)),
        _ => Some("it changes rows: a query only reads"),
    }
}

#[cfg(test)]
mod tests {
    use super::refuse;

    #[test]
    fn a_definition_is_one_select() {
        for sql in [
            "SELECT a FROM t",
            "select a from t where b = 'x; drop table t' -- ; drop table t",
            "WITH w AS (SELECT 1 AS a) SELECT a FROM w UNION ALL (SELECT a FROM t ORDER BY a LIMIT 1)",
            "SELECT a, row_number() OVER (PARTITION BY a ORDER BY b) AS n FROM t QUALIFY n = 1;",
            "VALUES (1, 2)",
        ] {
            assert_eq!(refuse(sql), None, "{sql}");
        }
        for (sql, said) in [
            ("SELECT a FROM t; DROP TABLE t", "2 statements"),
            ("DROP TABLE t", "no query"),
            ("COPY t TO 'x'", "no query"),
            ("EXPLAIN SELECT 1", "no query"),
            ("SELECT a INTO u FROM t", "only reads"),
            ("WITH w AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM w", "only reads"),
            ("WITH w AS (SELECT 1) DELETE FROM t", "only reads"),
            ("SELECT a FROM t FOR UPDATE", "locks"),
            ("SELECT 1 UNION (SELECT a INTO u FROM t)", "only reads"),
            ("SELECT a FRM t WHERE", "Expected"),
            ("", "0 statements"),
        ] {
            let found = refuse(sql);
            assert!(found.as_deref().is_some_and(|found| found.contains(said)), "{sql}: {found:?}");
        }
    }
}
