//! SQL over ordered data: datasets and stores, files that are not ours, batches in memory; on an engine of choice.
//!
//! A [`Query`] is text with its [`Tables`] and bound [`Value`]s. A [`QueryExecutor`] plans it, or runs it to a [`QueryRun`],
//! which hands out batches while the engine goes on, within [`Limits`].
//!
//! Names in a query mean its tables and nothing else; values are bound, never put into the text.

#[cfg(feature = "duckdb")]
mod bridge;
#[cfg(feature = "datafusion")]
mod datafusion;
#[cfg(feature = "duckdb")]
mod duckdb;
mod error;
mod executor;
#[cfg(any(feature = "duckdb", feature = "spark"))]
mod external;
mod query;
mod run;
#[cfg(feature = "spark")]
mod spark;
pub mod syntax;
mod table;
mod tables;
mod value;
mod virtual_groups;

#[cfg(feature = "datafusion")]
pub use self::datafusion::DataFusionExecutor;
#[cfg(feature = "duckdb")]
pub use crate::duckdb::DuckDbExecutor;
#[cfg(feature = "spark")]
pub use crate::spark::SparkExecutor;
pub use error::{EngineError, Error, Result};
pub use executor::{Capabilities, Limits, QueryExecutor, QueryPlan};
pub use query::Query;
pub use run::{BatchSender, Canceller, QueryRun, RunStatistics};
pub use table::{FileFormat, FileTable, KeyColumn, KeyedTable, Member, MemoryTable, Table};
pub use tables::{Source, Tables};
pub use value::Value;
pub use virtual_groups::{Materialized, SqlFeatures, Strategy};

/// The blocks of the guide that need an engine.
#[cfg(all(doctest, feature = "duckdb"))]
#[doc = include_str!("../../../docs/guide/15-moving-to-a-cluster.md")]
struct Guide;
