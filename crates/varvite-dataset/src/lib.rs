//! One ordered dataset on plain Parquet: rows kept in order of one column, merged in place, read as snapshots.
mod check;
mod column;
mod dataset;
mod error;
mod evolve;
mod file;
mod files;
mod hex;
mod import;
mod log;
mod ordered;
mod read;
mod repair;
mod retention;
mod schema;
mod settings;
mod snapshot;
mod threads;
mod value;
mod write;

pub use check::{CheckReport, Finding, Remedy};
pub use column::ColumnPath;
pub use dataset::{Dataset, LocalFile, VacuumOptions, VacuumReport};
pub use error::{Error, Result};
pub use file::{DEFAULT_BATCH_SIZE, DEFAULT_READ_AHEAD};
pub use files::Files;
pub use import::{ImportReport, SeedDataset, SeedRowGroup};
pub use log::CommitInfo;
pub use ordered::Ordered;
#[cfg(feature = "polars")]
pub use read::to_frame;
pub use read::{Scan, ScanOptions};
pub use repair::RepairReport;
pub use retention::Retention;
pub use settings::{Compression, DEFAULT_TARGET_ROWS, RowGroupTarget, Settings};
pub use snapshot::{DataFile, RowGroupSummary, Snapshot};
pub use value::{KeyRange, OrderedType, OrderedValue};
pub use write::{
    Change, Compact, DEFAULT_MEMORY_LIMIT, Duplicates, Mode, PlannedRun, PlannedWrite, Rows, WriteOptions, WriteReport,
};
