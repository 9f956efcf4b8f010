//! Reads the text of a query: one SELECT, with its placeholders.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement as Parsed};
use datafusion::sql::sqlparser::ast::{
    Query as Select, Select as Body, SetExpr, Statement, TableFactor, Value as Literal, ValueWithSpan, VisitMut,
    VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;

use super::asof::{is_nested, nest};
use crate::{Error, Result};

/// Before the names of placeholders, so that none is a number, which would be a place.
pub(super) const PREFIX: &str = "v_";

/// One SELECT, with the names of its placeholders; in the statement each is written with [`PREFIX`].
pub(super) fn read(sql: &str) -> Result<(Statement, BTreeSet<String>)> {
    let syntax = |error: DataFusionError| Error::Syntax { reason: reason(&error) };
    let parser = DFParserBuilder::new(sql).with_dialect(&GenericDialect {}).build();
    let statements = parser.and_then(|mut parser| parser.parse_statements()).map_err(syntax)?;
    let mut statement = match Vec::from(statements).as_mut_slice() {
        [Parsed::Statement(one)] if matches!(**one, Statement::Query(_)) => std::mem::replace(&mut **one, empty()),
        [] => return Err(Error::Syntax { reason: "it is empty".to_owned() }),
        [other] => return Err(Error::NotASelect { found: first_words(&other.to_string()) }),
        many => return Err(Error::NotASelect { found: format!("{} statements", many.len()) }),
    };
    let mut looked = Look::default();
    match VisitMut::visit(&mut statement, &mut looked) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok((statement, looked.placeholders)),
    }
}

/// A statement that is put in the place of one that is taken.
fn empty() -> Statement {
    Statement::Commit { chain: false, end: false, modifier: None }
}

/// What the parser says, without the engine's own words.
fn reason(error: &DataFusionError) -> String {
    let text = error.to_string();
    let text = text.split_once("ParserError(\"").map_or(text.as_str(), |(_, rest)| rest.trim_end_matches("\")"));
    text.replace("SQL error: ", "")
}

/// The first words of a statement: its kind.
fn first_words(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    format!("`{} ...`", words.join(" "))
}

#[derive(Default)]
struct Look {
    placeholders: BTreeSet<String>,
    statements: usize,
}

impl VisitorMut for Look {
    type Break = Error;

    /// A SELECT may hold statements that write: `WITH x AS (DELETE ...)`.
    fn pre_visit_statement(&mut self, statement: &mut Statement) -> ControlFlow<Error> {
        self.statements += 1;
        match statement {
            Statement::Query(_) if self.statements == 1 => ControlFlow::Continue(()),
            other => ControlFlow::Break(Error::NotASelect { found: first_words(&other.to_string()) }),
        }
    }

    fn pre_visit_query(&mut self, query: &mut Select) -> ControlFlow<Error> {
        let refused = |found: &str| ControlFlow::Break(Error::NotASelect { found: found.to_owned() });
        match &*query.body {
            SetExpr::Select(select) if select.into.is_some() => refused("a SELECT INTO"),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                refused("a statement that writes")
            }
            _ if !query.locks.is_empty() => refused("a SELECT that locks rows"),
            _ => ControlFlow::Continue(()),
        }
    }

    fn post_visit_select(&mut self, select: &mut Body) -> ControlFlow<Error> {
        select.from.iter_mut().for_each(nest);
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor
            && !is_nested(table_with_joins)
        {
            nest(table_with_joins);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<Error> {
        let Literal::Placeholder(written) = &mut value.value else { return ControlFlow::Continue(()) };
        let Some(name) = written.strip_prefix('$').filter(|name| !name.is_empty()) else {
            let reason = format!("the placeholder `{written}` has no name: write it like `$name`");
            return ControlFlow::Break(Error::Syntax { reason });
        };
        self.placeholders.insert(name.to_owned());
        *written = format!("${PREFIX}{name}");
        ControlFlow::Continue(())
    }
}
