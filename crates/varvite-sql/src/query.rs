//! [`Query`]: text, the tables that its names mean, and the values of its placeholders.

use std::collections::BTreeMap;

use crate::{Source, Tables, Value};

/// One SELECT with everything that it refers to.
///
/// Placeholders are `$name`; a name stands for a value that is bound, never for text.
///
/// ```
/// use varvite_sql::Query;
///
/// let query = Query::new("SELECT count(*) AS n FROM trades WHERE symbol = $symbol").with_value("symbol", "AA'PL; --");
/// assert_eq!(query.values()["symbol"].to_string(), r#""AA'PL; --""#);
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    sql: String,
    tables: Tables,
    values: BTreeMap<String, Value>,
}

impl Query {
    /// A query without tables yet.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), tables: Tables::default(), values: BTreeMap::new() }
    }

    /// Adds these tables.
    pub fn with_tables(mut self, tables: &Tables) -> Self {
        self.tables = self.tables.merged(tables);
        self
    }

    /// Adds a table.
    pub fn with_table(mut self, name: impl Into<String>, source: impl Into<Source>) -> Self {
        self.tables = self.tables.with(name, source);
        self
    }

    /// Binds a value to `$name`.
    pub fn with_value(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// The text.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The values by the names of their placeholders.
    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }

    /// The same query with another text.
    pub fn with_sql(mut self, sql: impl Into<String>) -> Self {
        self.sql = sql.into();
        self
    }
}
