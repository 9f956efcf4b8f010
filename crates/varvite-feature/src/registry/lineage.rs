//! [`LineageNode`]: a column or a table of which something is known to come, and the ways to ask about it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use varvite_schema::{Error as SchemaError, FeatureRef, OnDemandInput};

/// A column (`users.age`, `purchases.amount`) or a table as a whole (`purchases`).
///
/// Names are those of groups, sources, windows and on-demand groups, or of tables elsewhere. Versions share a node.
///
/// # Examples
/// ```
/// use varvite_feature::LineageNode;
///
/// let spend: LineageNode = "user_buys.spend".parse()?;
/// assert_eq!((spend.table(), spend.column()), ("user_buys", Some("spend")));
/// assert_eq!("purchases".parse::<LineageNode>()?.column(), None);
/// assert!("users@v2.age".parse::<LineageNode>().is_err());
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineageNode {
    table: String,
    column: Option<String>,
}

/// Where to look from a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What it comes from.
    Upstream,
    /// What comes from it.
    Downstream,
}

/// What to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineageKind {
    /// Columns whose values flow.
    Value,
    /// Tables that are read, for their values or for which rows there are.
    Table,
}

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// One step.
    Direct,
    /// As many steps as there are.
    Transitive,
}

/// The table of what a request brings: it is none.
const REQUEST: &str = "request";

impl LineageNode {
    /// A table as a whole.
    pub(super) fn of_table(table: &str) -> Self {
        Self { table: table.to_owned(), column: None }
    }

    /// A column, whose names were checked.
    pub(super) fn of_column(table: &str, column: &str) -> Self {
        Self { table: table.to_owned(), column: Some(column.to_owned()) }
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The column's name; `None` for the table as a whole.
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// Whether it is what a request brings, which is no table.
    pub(super) fn is_of_request(&self) -> bool {
        self.table == REQUEST
    }
}

impl fmt::Display for LineageNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table)?;
        self.column().map_or(Ok(()), |column| write!(f, ".{column}"))
    }
}

impl FromStr for LineageNode {
    type Err = SchemaError;

    /// Reads `table.column` or `table`.
    ///
    /// # Errors
    /// [`InvalidReference`](SchemaError::InvalidReference) if a name can be none.
    fn from_str(text: &str) -> Result<Self, SchemaError> {
        let text = text.trim();
        let refuse = |reason: &str| SchemaError::InvalidReference { text: text.to_owned(), reason: reason.to_owned() };
        let Some((table, column)) = text.split_once('.') else {
            FeatureRef::try_all(text)?;
            return Ok(Self::of_table(text));
        };
        if table == REQUEST {
            return text.parse().map(|input: OnDemandInput| Self::of_column(REQUEST, input.column()));
        }
        if table.contains(['@', ' ']) {
            return Err(refuse("lineage knows names alone: leave versions and aliases out"));
        }
        FeatureRef::try_new(table, column)?;
        Ok(Self::of_column(table, column))
    }
}

impl Serialize for LineageNode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineageNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
