//! [`Select`]: one SELECT that was read and found to be nothing else.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use sqlparser::ast::Query;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::dialect::Dialect;
use super::grammar::Grammar;
use super::scope::{self, Found};
use super::tokens::Tokens;
use crate::{Error, Result};

/// One SELECT, which reads tables and does nothing else.
///
/// ```
/// use varvite_sql::syntax::{Dialect, Select};
///
/// let select = Select::parse("WITH t AS (SELECT * FROM Trades) SELECT count(*) AS n FROM t WHERE symbol = $symbol;")?;
/// assert_eq!(select.tables(), ["trades"]);
/// assert_eq!(select.placeholders(), ["symbol"]);
/// assert!(select.text(Dialect::Spark).ends_with("WHERE symbol = :symbol"));
///
/// let refused = Select::parse("SELECT * FROM read_parquet('/etc/*')").unwrap_err();
/// assert!(refused.to_string().contains("the table function `read_parquet`"));
/// # Ok::<(), varvite_sql::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Select {
    pub(super) tokens: Tokens,
    pub(super) found: Found,
    pub(super) query: Arc<Query>,
}

impl Select {
    /// Reads a text.
    ///
    /// Unquoted names are in lower case, quoted ones as they stand; text is `'it''s'`, `E'...'` or `$$...$$`; values are
    /// `$name`. One semicolon may end it.
    ///
    /// # Errors
    /// - [`Error::Syntax`] for what is no SQL, or nested too deeply;
    /// - [`Error::NotASelect`] for other and for several statements;
    /// - [`Error::Forbidden`] for whatever else than its tables a SELECT could reach.
    pub fn parse(text: &str) -> Result<Self> {
        let tokens = Tokens::read(text)?;
        match tokens.first_word().as_deref() {
            None => return Err(Error::Syntax { reason: "it is empty".to_owned() }),
            Some("SELECT" | "WITH") => {}
            Some(found) => return Err(Error::NotASelect { found: found.to_owned() }),
        }
        let mut parser = Parser::new(&Grammar).with_tokens_with_locations(tokens.to_vec());
        let query = parser.parse_query().map_err(syntax)?;
        parser.expect_token(&Token::EOF).map_err(syntax)?;
        let found = scope::walk(&query, &tokens)?;
        Ok(Self { tokens, found, query: query.into() })
    }

    /// The tables that are read, in order, each once: not CTEs where they hide a table of their name.
    pub fn tables(&self) -> Vec<String> {
        let names: BTreeSet<String> = self.found.reads.iter().map(scope::Read::table).collect();
        names.into_iter().collect()
    }

    /// The names of its placeholders, in order, each once, without `$`.
    pub fn placeholders(&self) -> Vec<String> {
        let names = self.tokens.iter().filter_map(|token| match token {
            Token::Placeholder(name) => Some(name.trim_start_matches('$').to_owned()),
            _ => None,
        });
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whatever in it answers otherwise when asked again: clocks, chance, users.
    pub fn volatile(&self) -> Vec<String> {
        self.found.volatile.iter().cloned().collect()
    }

    /// Makes sure that the same rows give the same answer whenever they are asked.
    ///
    /// # Errors
    /// [`Error::Volatile`] names the first expression that does not.
    pub fn check_repeatable(&self) -> Result<()> {
        match self.found.volatile.first() {
            Some(expression) => Err(Error::Volatile { expression: expression.clone() }),
            None => Ok(()),
        }
    }

    /// A name that stands nowhere in the query: `stem`, or `stem` with a number.
    pub fn unused_name(&self, stem: &str) -> String {
        let used: BTreeSet<String> = self
            .tokens
            .iter()
            .filter_map(|token| match token {
                Token::Word(word) => Some(word.value.to_lowercase()),
                Token::Placeholder(name) => Some(name.trim_start_matches('$').to_lowercase()),
                _ => None,
            })
            .collect();
        let is_free = |name: &String| !used.contains(&name.to_lowercase());
        let mut names = std::iter::once(stem.to_owned()).chain((2_u64..).map(|number| format!("{stem}{number}")));
        names.find(is_free).unwrap_or_default()
    }

    /// The text for an engine that takes some values as others: `around` is given each placeholder as the engine writes
    /// it, with its name, and returns the expression that stands for the value.
    #[cfg(feature = "duckdb")]
    pub(crate) fn text_with(&self, dialect: Dialect, around: &dyn Fn(&str, String) -> String) -> String {
        self.tokens.text_with(0..self.tokens.len(), dialect, &|name| around(name, dialect.placeholder(name)))
    }

    /// The text for an engine.
    pub fn text(&self, dialect: Dialect) -> String {
        self.tokens.text(0..self.tokens.len(), dialect)
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Dialect::default()))
    }
}

/// Two are equal that are written alike but for spaces and comments.
impl PartialEq for Select {
    fn eq(&self, other: &Self) -> bool {
        self.tokens.iter().eq(other.tokens.iter())
    }
}

impl Eq for Select {}

fn syntax(error: ParserError) -> Error {
    let reason = match error {
        ParserError::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
        ParserError::ParserError(reason) | ParserError::TokenizerError(reason) => reason,
    };
    Error::Syntax { reason }
}
