//! [`Cut`]: which rows of a table a query may see.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::dialect::{Dialect, is_placeholder_name, quote_identifier};
use super::scope::Read;
use super::select::Select;
use crate::{Error, Result};

/// Which rows of a table a query sees: all of them, or those within bounds that are bound as values.
///
/// Rows without the time that is asked about are outside of every bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    table: String,
    bounds: Vec<Bound>,
    newest: Option<Newest>,
}

/// Of rows that are alike in some columns, the first in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Newest {
    alike: Vec<String>,
    by: Vec<String>,
    columns: Vec<String>,
}

/// `column operator $value`, or that the column has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Bound {
    Compared { column: String, operator: &'static str, value: String },
    Known { column: String },
}

impl Cut {
    /// All rows of a table, which is named as in [`Tables`](crate::Tables).
    pub fn none(table: impl Into<String>) -> Self {
        Self { table: table.into(), bounds: Vec::new(), newest: None }
    }

    /// Rows whose `column` is at most `$value`.
    pub fn until(table: impl Into<String>, column: impl Into<String>, value: impl Into<String>) -> Self {
        Self::none(table).and(column, "<=", value)
    }

    /// Rows whose `column` is less than `$value`.
    pub fn before(table: impl Into<String>, column: impl Into<String>, value: impl Into<String>) -> Self {
        Self::none(table).and(column, "<", value)
    }

    /// And whose `column` is at least `$value`: what is older than a time to live is not seen.
    pub fn since(self, column: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(column, ">=", value)
    }

    /// And whose `column`, the time of their writing, is there and at most `$value`.
    pub fn known_at(self, column: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(column, "<=", value)
    }

    /// Rows whose `column` has a value.
    pub fn known(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self { bounds: vec![Bound::Known { column: column.into() }], ..Self::none(table) }
    }

    /// And of rows that agree in the columns `alike` the one that is greatest `by` these columns, nulls least: rows that
    /// restate others count once. Of the table, `columns` are seen.
    pub fn newest(mut self, alike: Vec<String>, by: Vec<String>, columns: Vec<String>) -> Self {
        self.newest = Some(Newest { alike, by, columns });
        self
    }

    /// Whether all rows are let through as they are.
    fn is_none(&self) -> bool {
        self.bounds.is_empty() && self.newest.is_none()
    }

    /// The rows of the table `name` that are let through, as a query.
    fn rows(&self, name: &str) -> Result<String> {
        let condition = self.condition()?;
        let condition = if condition.is_empty() { condition } else { format!(" WHERE {condition}") };
        match &self.newest {
            None => Ok(format!("SELECT * FROM {name}{condition}")),
            Some(newest) => newest.rows(name, &condition),
        }
    }

    fn and(mut self, column: impl Into<String>, operator: &'static str, value: impl Into<String>) -> Self {
        self.bounds.push(Bound::Compared { column: column.into(), operator, value: value.into() });
        self
    }

    /// The table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// What is true of the rows that are seen.
    fn condition(&self) -> Result<String> {
        let conditions: Result<Vec<String>> = self.bounds.iter().map(Bound::condition).collect();
        Ok(conditions?.join(" AND "))
    }
}

impl Bound {
    fn condition(&self) -> Result<String> {
        let dialect = Dialect::default();
        match self {
            Self::Known { column } => Ok(format!("{} IS NOT NULL", quote_identifier(dialect, column)?)),
            Self::Compared { value, .. } if !is_placeholder_name(value) => {
                let reason = "its name is not made of letters, digits and underscores".to_owned();
                Err(Error::Parameter { name: value.clone(), reason })
            }
            Self::Compared { column, operator, value } => {
                Ok(format!("{} {operator} {}", quote_identifier(dialect, column)?, dialect.placeholder(value)))
            }
        }
    }
}

impl Newest {
    fn rows(&self, name: &str, condition: &str) -> Result<String> {
        let quoted = |columns: &[String], after: &str| -> Result<String> {
            let quoted = columns.iter().map(|column| Ok(quote_identifier(Dialect::default(), column)? + after));
            Ok(quoted.collect::<Result<Vec<_>>>()?.join(", "))
        };
        let (columns, alike) = (quoted(&self.columns, "")?, quoted(&self.alike, "")?);
        let by = quoted(&self.by, " DESC NULLS LAST")?;
        Ok(format!(
            "SELECT {columns} FROM (SELECT *, row_number() OVER (PARTITION BY {alike} ORDER BY {by}) AS vv_place \
             FROM {name}{condition}) AS vv_newest WHERE vv_place = 1"
        ))
    }
}

impl Select {
    /// The same query, to which each table is what its cut lets through, wherever it is read. Every table that is read has
    /// a cut, be it [`Cut::none`]: names mean the tables of a query and nothing else.
    ///
    /// A table that is read by a name in parts and without an alias goes by its last name: `schema.t.x` becomes `t.x`.
    ///
    /// ```
    /// use varvite_sql::syntax::{Cut, Select};
    ///
    /// let select = Select::parse("SELECT t.symbol, sum(size) AS size FROM trades AS t GROUP BY t.symbol")?;
    /// assert_eq!(
    ///     select.cut(&[Cut::until("trades", "ts", "as_of")])?.to_string(),
    ///     r#"SELECT t.symbol, sum(size) AS size FROM (SELECT * FROM trades WHERE "ts" <= $as_of) AS t GROUP BY t.symbol"#
    /// );
    /// # Ok::<(), varvite_sql::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::UnknownTable`] for a table without a cut;
    /// - [`Error::InvalidTable`] for one that only an alias could tell from another, or that some engines take for another;
    /// - [`Error::Parameter`] and [`Error::Syntax`] for placeholders and columns that cannot be written.
    pub fn cut(&self, cuts: &[Cut]) -> Result<Self> {
        let by_table: BTreeMap<&str, &Cut> = cuts.iter().map(|cut| (cut.table.as_str(), cut)).collect();
        let mut edits = Vec::new();
        let mut shortened = BTreeSet::new();
        for read in &self.found.reads {
            let table = read.table();
            let cut = by_table.get(table.as_str());
            let cut = cut.ok_or_else(|| Error::unknown_table(&table, by_table.keys().copied()))?;
            check_case(&table, cuts)?;
            if cut.is_none() {
                continue;
            }
            if !read.has_alias && read.name.len() > 1 {
                self.check_short(read)?;
                shortened.insert(read.name.as_slice());
            }
            edits.push(self.derived(read, cut)?);
        }
        for name in shortened {
            edits.extend(self.prefixes(name).map(|at| (at, String::new())));
        }
        edits.sort_by_key(|(at, _)| at.start);
        self.edited(&edits)
    }

    /// `(SELECT ... FROM t ...)`, and `AS t` where no alias follows.
    fn derived(&self, read: &Read, cut: &Cut) -> Result<(Range<usize>, String)> {
        let name = |at: Range<usize>| self.tokens.text(at, Dialect::default());
        let derived = format!("({})", cut.rows(&name(read.at.clone()))?);
        let alias = if read.has_alias { String::new() } else { format!(" AS {}", name(read.at.end - 1..read.at.end)) };
        Ok((read.at.clone(), derived + &alias))
    }

    /// Makes sure that the last name of a table in parts means nothing else, and its first name no rows.
    pub(super) fn check_short(&self, read: &Read) -> Result<()> {
        let given = |name: &String| self.found.given.iter().any(|given| given.eq_ignore_ascii_case(name));
        let others = self.found.reads.iter().filter(|other| !other.has_alias && other.name != read.name);
        let mut others = others.filter_map(|other| other.name.last());
        let reads = self.found.reads.iter().filter(|other| !other.has_alias && other.name == read.name).count();
        let last = read.name.last().cloned().unwrap_or_default();
        let uses = self.found.given.iter().filter(|given| given.eq_ignore_ascii_case(&last)).count();
        let is_alone = uses == reads && !others.any(|other| other.eq_ignore_ascii_case(&last));
        if is_alone && !read.name.iter().rev().skip(1).any(given) {
            return Ok(());
        }
        let reason = format!("`{last}` means something else in the query, too: give it an alias");
        Err(Error::InvalidTable { table: read.table(), reason })
    }

    /// Where the parts before the last one of a name stand before a column.
    pub(super) fn prefixes<'a>(&'a self, name: &'a [String]) -> impl Iterator<Item = Range<usize>> + 'a {
        let all: Vec<&Token> = self.tokens.iter().collect();
        let length = 2 * name.len();
        let is_name = move |window: &[&Token]| {
            let words = window.iter().step_by(2).zip(name).all(|(token, part)| is_word(token, part));
            words && window.iter().skip(1).step_by(2).all(|token| **token == Token::Period)
        };
        let after_point = |start: usize| start > 0 && self.tokens.iter().nth(start - 1) == Some(&Token::Period);
        let in_from = |start: usize| self.found.reads.iter().any(|read| read.at.contains(&start));
        let starts: Vec<usize> =
            all.windows(length).enumerate().filter(|(_, window)| is_name(window)).map(|(start, _)| start).collect();
        starts
            .into_iter()
            .filter(move |&start| !after_point(start) && !in_from(start))
            .map(move |start| start..start + length - 2)
    }

    /// The query with texts in the place of tokens. Edits are in order and apart.
    pub(super) fn edited(&self, edits: &[(Range<usize>, String)]) -> Result<Self> {
        let mut text = Vec::new();
        let mut kept = 0;
        for (at, new) in edits {
            text.push(self.tokens.text(kept..at.start, Dialect::default()));
            text.push(new.clone());
            kept = at.end;
        }
        text.push(self.tokens.text(kept..self.tokens.len(), Dialect::default()));
        text.retain(|text| !text.is_empty());
        Self::parse(&text.join(" "))
    }
}

/// Some engines take names for the same that differ in case, and would read the table whose cut is another one.
fn check_case(table: &str, cuts: &[Cut]) -> Result<()> {
    let like = cuts.iter().find(|cut| cut.table != table && cut.table.to_lowercase() == table.to_lowercase());
    match like {
        Some(like) => {
            let reason = format!("some engines take it for `{}`: give one of them another name", like.table);
            Err(Error::InvalidTable { table: table.to_owned(), reason })
        }
        None => Ok(()),
    }
}

fn is_word(token: &Token, name: &str) -> bool {
    match token {
        Token::Word(word) if word.quote_style.is_some() => word.value == name,
        Token::Word(word) => word.value.to_ascii_lowercase() == name,
        _ => false,
    }
}
