//! [`QueryExecutor`]: an engine that plans queries and runs them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use arrow::datatypes::SchemaRef;

use crate::{Query, QueryRun, Result};

/// An engine. Calls block; they may be made from any thread, within an async runtime or without.
pub trait QueryExecutor: fmt::Debug + Send + Sync {
    /// The engine's name, for messages.
    fn engine(&self) -> &'static str;

    /// What this engine can do.
    fn capabilities(&self) -> Capabilities;

    /// Checks a query and says what running it would give. No rows are read.
    ///
    /// # Errors
    /// Whatever is wrong with the query, by name.
    fn plan(&self, query: &Query) -> Result<QueryPlan>;

    /// Runs a query. It goes on while batches are taken, and ends when the run is dropped.
    ///
    /// # Errors
    /// As [`plan`](Self::plan); what goes wrong later comes from the run.
    fn execute(&self, query: &Query, limits: &Limits) -> Result<QueryRun>;
}

/// What an engine can do beyond running a SELECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// `ASOF JOIN` in its SQL.
    pub asof_join: bool,
    /// It keeps to [`Limits::memory`].
    pub memory_limit: bool,
    /// It tells what each output column comes from.
    pub lineage: bool,
}

impl Capabilities {
    /// An engine that can do nothing of it.
    pub const NONE: Self = Self { asof_join: false, memory_limit: false, lineage: false };
}

/// What running a query would give.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QueryPlan {
    /// The engine.
    pub engine: &'static str,
    /// The columns of the result.
    pub schema: SchemaRef,
    /// The tables that are read, by their names.
    pub tables: Vec<String>,
    /// For each column of the result, the columns `(table, column)` that its values come from; empty if the engine does not tell.
    pub lineage: BTreeMap<String, Vec<(String, String)>>,
    /// The engine's own description.
    pub text: String,
}

impl QueryPlan {
    /// A plan without lineage.
    pub fn new(engine: &'static str, schema: SchemaRef, tables: Vec<String>, text: String) -> Self {
        Self { engine, schema, tables, lineage: BTreeMap::new(), text }
    }
}

impl fmt::Display for QueryPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} reads {}\n{}", self.engine, self.tables.join(", "), self.text.trim_end())
    }
}

/// What a run may take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// It ends with [`Error::TimedOut`](crate::Error::TimedOut) after so long.
    pub timeout: Option<Duration>,
    /// Bytes that it may hold; beyond, the engine spills to disk where it can, or the run ends with
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub memory: Option<usize>,
    /// Rows of a batch at most.
    pub batch_rows: Option<usize>,
}

impl Limits {
    /// Ends a run after so long.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Bounds the memory of a run, in bytes.
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Bounds the rows of a batch.
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = Some(rows.max(1));
        self
    }
}
