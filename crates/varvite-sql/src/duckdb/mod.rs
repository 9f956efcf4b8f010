//! [`DuckDbExecutor`]: `DuckDB` in this process, on data files as they are.

mod connection;
mod failure;
mod stream;
mod types;
mod values;
mod views;

use std::path::PathBuf;

use crate::external::Checked;
use crate::{Capabilities, Limits, Query, QueryExecutor, QueryPlan, QueryRun, Result};

use connection::Session;

const ENGINE: &str = "duckdb";

/// Runs queries on `DuckDB`, in this process.
///
/// Each query has a database of its own, in memory. It may open the files of the query's tables and nothing else: no other
/// file, no network, no extensions. Data files of ours are read as they stand in the version that the table is pinned to;
/// their hashes are not compared, which only our own reader does. Rows that are no local files are taken into memory, and
/// so are tables with times in nanoseconds and a zone: `DuckDB` has microseconds there, and the query fails if that would
/// lose a digit.
///
/// Whole numbers that are summed come back in 64 bits, or as an error if they do not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DuckDbExecutor {
    threads: Option<usize>,
    scratch: Option<PathBuf>,
}

impl DuckDbExecutor {
    /// An engine that takes as many threads as there are cores.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds the threads of a query.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// A folder for what does not fit into [`Limits::memory`]. Without one, nothing is put aside.
    pub fn with_scratch(mut self, folder: impl Into<PathBuf>) -> Self {
        self.scratch = Some(folder.into());
        self
    }
}

impl QueryExecutor for DuckDbExecutor {
    fn engine(&self) -> &'static str {
        ENGINE
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { asof_join: false, memory_limit: true, lineage: false }
    }

    fn plan(&self, query: &Query) -> Result<QueryPlan> {
        let checked = Checked::new(query)?;
        let session = Session::open(self, query, &checked, &Limits::default())?;
        Ok(QueryPlan::new(ENGINE, session.schema()?.schema, checked.names(), session.explain()?))
    }

    fn execute(&self, query: &Query, limits: &Limits) -> Result<QueryRun> {
        let checked = Checked::new(query)?;
        let session = Session::open(self, query, &checked, limits)?;
        let shape = session.schema()?;
        let schema = shape.schema.clone();
        let rows = limits.batch_rows;
        QueryRun::spawn(ENGINE, schema, limits, move |sender| stream::run(&session, &shape, rows, sender))
    }
}
