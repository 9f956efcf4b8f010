//! [`DataFusionExecutor`]: the engine that is built in.
//!
//! `statement` reads the text, `session` makes what one run has to itself, `names` says what names mean, `planned` puts a
//! plan together, `running` carries it out. `ordered` are our own tables, `asof` is `ASOF JOIN`.

mod asof;
mod errors;
mod files;
mod lineage;
mod names;
mod ordered;
mod plain;
mod planned;
mod running;
mod runtime;
mod session;
mod statement;
mod tables;
mod tally;
mod values;

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::object_store::ObjectStore;

use self::planned::Planned;
use self::runtime::Runtime;
use crate::{Capabilities, Error, Limits, Query, QueryExecutor, QueryPlan, QueryRun, Result};

/// Its name, for messages.
const ENGINE: &str = "DataFusion";

/// Runs queries in this process, on threads of its own. Cheap to clone; clones share the threads.
///
/// Names of columns in queries are taken as they are written, large and small letters apart; those of tables as
/// [`Tables::resolve`](crate::Tables::resolve) finds them. Of the files of this machine only those
/// that a table names are read.
///
/// # `ASOF JOIN`
///
/// `a ASOF JOIN b MATCH_CONDITION (a.ts >= b.ts) ON a.k = b.k` gives each row of `a` the last row of `b` until its time that has
/// its keys. It is written as in Snowflake, and means what it means there: rows of `a` without a partner stay, with nulls.
/// (`DuckDB` calls that `ASOF LEFT JOIN`.)
///
/// - `>=` and `>` take the last row until then or before, `<=` and `<` the first row from then on or after; either side may
///   be written first.
/// - `ON` holds equalities, joined by `AND`; `USING (k)` shows `k` once, as the left has it; without either, any row may be
///   a partner. Other conditions belong into `WHERE`, or into a subquery in the place of a side.
/// - A row without a time or a key has no partner, and is none.
/// - Of rows at the same time, one is taken. Where a dataset has the order that is needed, it is the last in it (with `<=` and
///   `<` the first); where rows are sorted first, it may be any of them.
/// - Both sides stream in the order of keys and time: without keys a dataset that is ordered on that time is not sorted.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use varvite_sql::{DataFusionExecutor, Limits, MemoryTable, Query, QueryExecutor};
///
/// let rows = RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef)])?;
/// let query = Query::new("SELECT sum(x) AS total FROM numbers WHERE x > $least")
///     .with_table("numbers", MemoryTable::from(rows))
///     .with_value("least", 1);
/// let answer = DataFusionExecutor::try_new()?.execute(&query, &Limits::default())?.collect_batch()?;
/// assert_eq!(answer.column(0).as_ref(), &Int64Array::from(vec![5]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DataFusionExecutor {
    runtime: Arc<Runtime>,
    options: Options,
}

/// What all runs of an executor have in common.
#[derive(Clone, Default)]
struct Options {
    partitions: Option<NonZeroUsize>,
    put_aside: Option<PathBuf>,
    object_stores: Vec<(ObjectStoreUrl, Arc<dyn ObjectStore>)>,
}

impl DataFusionExecutor {
    /// An executor with as many threads as the machine has.
    ///
    /// # Errors
    /// [`Error::Engine`] if there can be no threads.
    pub fn try_new() -> Result<Self> {
        Ok(Self { runtime: Arc::new(Runtime::try_new()?), options: Options::default() })
    }

    /// Cuts the work of a query into so many parts. Default: as many as the machine has threads. With 1, rows without an
    /// `ORDER BY` come in the same order on every machine.
    pub fn with_partitions(mut self, partitions: NonZeroUsize) -> Self {
        self.options.partitions = Some(partitions);
        self
    }

    /// Puts rows that exceed [`Limits::memory`] aside below this folder. Default: the system's folder for temporary files.
    pub fn with_spill_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.options.put_aside = Some(folder.into());
        self
    }

    /// Reads files whose address begins with `url` (`s3://bucket`) through this store.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] if `url` is no address.
    pub fn with_object_store(mut self, url: &str, store: Arc<dyn ObjectStore>) -> Result<Self> {
        let url = ObjectStoreUrl::parse(url)
            .map_err(|error| Error::InvalidTable { table: url.to_owned(), reason: error.to_string() })?;
        self.options.object_stores.push((url, store));
        Ok(self)
    }

    fn planned(&self, query: &Query, limits: &Limits) -> Result<Planned> {
        let (query, limits, options) = (query.clone(), limits.clone(), self.options.clone());
        self.runtime.wait(async move { Planned::try_new(&query, &limits, &options).await })?
    }
}

impl QueryExecutor for DataFusionExecutor {
    fn engine(&self) -> &'static str {
        ENGINE
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { asof_join: true, memory_limit: true, lineage: true }
    }

    fn plan(&self, query: &Query) -> Result<QueryPlan> {
        let mut plan = self.planned(query, &Limits::default())?.describe()?;
        let known = |name: &mut String| {
            if let Ok((known, _)) = query.tables().resolve(name) {
                known.clone_into(name);
            }
        };
        plan.tables.iter_mut().for_each(known);
        plan.lineage.values_mut().flatten().for_each(|(table, _)| known(table));
        Ok(plan)
    }

    fn execute(&self, query: &Query, limits: &Limits) -> Result<QueryRun> {
        let planned = self.planned(query, limits)?;
        let (schema, runtime, limits_of_run) = (planned.schema(), Arc::clone(&self.runtime), limits.clone());
        QueryRun::spawn(ENGINE, schema, limits, move |sender| running::run(&runtime, planned, &limits_of_run, sender))
    }
}

impl fmt::Debug for DataFusionExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stores: Vec<&str> = self.options.object_stores.iter().map(|(url, _)| url.as_str()).collect();
        f.debug_struct("DataFusionExecutor")
            .field("partitions", &self.options.partitions)
            .field("put_aside", &self.options.put_aside)
            .field("object_stores", &stores)
            .finish_non_exhaustive()
    }
}
