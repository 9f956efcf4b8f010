//! What is written for an engine is read by it as it was meant: the parser of its dialect finds the same tree.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::ops::ControlFlow;

use sqlparser::ast::{Statement, Value, visit_relations};
use sqlparser::dialect::{DuckDbDialect, GenericDialect, MySqlDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};
use varvite_sql::syntax::{Cut, Dialect, Ids, Select};

const QUERIES: [&str; 12] = [
    "SELECT t.x, s.t.y, \"A b\" FROM s.t WHERE x = $x AND y IN ('it''s', E'\\'', $$'$$, 'a\\') -- '",
    "WITH q AS (SELECT * FROM t) SELECT a.x, count(*) AS n FROM q a LEFT JOIN t AS b USING (x) GROUP BY a.x HAVING count(*) > 1",
    "WITH RECURSIVE q(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM q WHERE n < 9) SELECT n FROM q",
    "SELECT sum(x) FILTER (WHERE y > 0) AS s, avg(x) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t",
    "SELECT CASE WHEN x IS NULL THEN - -1 ELSE x::bigint END, CAST(y AS decimal(10, 2)), ts - INTERVAL '1 day' FROM t",
    "SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = t.x) AND x BETWEEN 1 AND 2 OR NOT y LIKE '%\\_%'",
    "SELECT date_trunc('day', ts) AS d, extract(hour FROM ts), x || 'a', x % 2, x[1], -x FROM t ORDER BY d DESC NULLS LAST LIMIT 3 OFFSET 1",
    "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(x, y) JOIN t ON t.x = v.x",
    "SELECT x FROM t UNION ALL (SELECT x FROM u EXCEPT SELECT y FROM t) ORDER BY 1",
    "SELECT t.*, x << 1, x & 3, TIMESTAMP '2024-01-01 00:00:00', DATE '2024-01-01', TRUE, NULL, 1e5, .5 FROM t",
    "SELECT position('a' IN x), substring(x FROM 1 FOR 2), trim(BOTH ' ' FROM x), coalesce(x, y) FROM t",
    "SELECT x IS DISTINCT FROM y, (x, y) IN (SELECT x, y FROM u), ts AT TIME ZONE 'Europe/Berlin' FROM t",
];

fn relations(statements: &Vec<Statement>) -> Vec<String> {
    let mut names = Vec::new();
    let _: ControlFlow<()> = visit_relations(statements, |name| {
        let parts: Vec<&str> = name.0.iter().map(|part| part.as_ident().unwrap().value.as_str()).collect();
        names.push(parts.join("."));
        ControlFlow::Continue(())
    });
    names
}

/// Strings as a dialect reads them.
fn strings(statements: &Vec<Statement>) -> Vec<String> {
    struct Strings(Vec<String>);
    impl sqlparser::ast::Visitor for Strings {
        type Break = ();
        fn pre_visit_value(&mut self, value: &sqlparser::ast::ValueWithSpan) -> ControlFlow<()> {
            if let Value::SingleQuotedString(text) = &value.value {
                self.0.push(text.clone());
            }
            ControlFlow::Continue(())
        }
    }
    let mut found = Strings(Vec::new());
    let _ = sqlparser::ast::Visit::visit(statements, &mut found);
    found.0
}

#[test]
fn engines_read_what_was_meant() {
    for text in QUERIES {
        let select = Select::parse(text).unwrap();
        let cuts: Vec<Cut> = select.tables().into_iter().map(|table| Cut::until(table, "T\"s`", "as_of")).collect();
        let ids = Ids { table: "ids".into(), row: "row".into(), keys: vec![("a\"b".into(), "`".into())] };
        let cut = select.cut(&cuts).unwrap();
        for select in [cut.restrict(&ids, &["x".into()]).unwrap(), cut, select] {
            let ours = Parser::parse_sql(&GenericDialect, &select.text(Dialect::DataFusion)).unwrap();
            assert_eq!(ours.len(), 1);
            let duckdb = Parser::parse_sql(&DuckDbDialect, &select.text(Dialect::DuckDb)).unwrap();
            assert_eq!((relations(&duckdb), strings(&duckdb)), (relations(&ours), strings(&ours)), "{select}");
            let spark = lexemes(&MySqlDialect {}, &select.text(Dialect::Spark));
            assert_eq!(spark, lexemes(&GenericDialect, &select.text(Dialect::DataFusion)), "{select}");
        }
    }
}

/// Text and quoted names. This parser has no dialect of Spark that knows its backslashes; that of `MySQL` quotes as Spark does.
fn lexemes(dialect: &dyn sqlparser::dialect::Dialect, text: &str) -> Vec<String> {
    let tokens = Tokenizer::new(dialect, text).tokenize().unwrap();
    let lexeme = |token| match token {
        Token::SingleQuotedString(text) => Some(text),
        Token::Word(word) if word.quote_style.is_some() => Some(word.value),
        _ => None,
    };
    tokens.into_iter().filter_map(lexeme).collect()
}
