//! [`Outcome`]: what one process measured, as `cargo xtask bench` reads it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::feature_case::ColumnFact;
use crate::measure::Cost;
use crate::observed::Calls;

/// One line of output. Peers print the same fields.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Outcome {
    /// How long each repetition took.
    pub(crate) seconds: Vec<f64>,
    /// The repetition before those: it also pays for what is done once a process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_seconds: Option<f64>,
    /// CPU time, memory.
    #[serde(flatten)]
    pub(crate) cost: Cost,
    /// Rows (or keys) that the work ended with: everybody must come to the same.
    pub(crate) rows: u64,
    /// The sum of the value column over those rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sum: Option<f64>,
    /// What the columns of the result come to, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) columns: Vec<ColumnFact>,
    /// Rows that went through, where a rate is of interest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rows_processed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes_processed: Option<u64>,
    /// Length of all files afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_bytes: Option<u64>,
    /// Calls of the storage with the time they took, all threads together.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) storage: BTreeMap<String, Calls>,
}
