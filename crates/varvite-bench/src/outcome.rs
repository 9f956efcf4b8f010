//! [`Outcome`]: what one process measured, as `cargo xtask bench` reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::measure::Cost;
use crate::observed::Calls;

/// One line of output. Peers print the same fields.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// How long each repetition took.
    pub seconds: Vec<f64>,
    /// The repetition before those: it also pays for what is done once a process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seconds: Option<f64>,
    /// CPU time, memory.
    #[serde(flatten)]
    pub cost: Cost,
    /// Rows (or keys) that the work ended with: everybody must come to the same.
    pub rows: u64,
    /// The sum of the value column over those rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// What the columns of the result come to, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnFact>,
    /// Rows that went through, where a rate is of interest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_processed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_processed: Option<u64>,
    /// What the result takes in memory, where that is compared with the peak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_bytes: Option<u64>,
    /// Length of all files afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// Calls of the storage with the time they took, all threads together.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<String, Calls>,
}

/// What a column of floats comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnFact {
    /// Values that are not null.
    pub present: u64,
    pub sum: f64,
    /// The sum of values times the part of the rows that lie before them: it changes when rows change places.
    pub placed: f64,
}

impl ColumnFact {
    /// Adds values of `rows` rows in all, of which the first is in place `first`.
    #[expect(clippy::cast_precision_loss, reason = "rows are far below 2^53")]
    pub fn add(&mut self, values: impl IntoIterator<Item = Option<f64>>, first: usize, rows: usize) {
        for (at, value) in values.into_iter().enumerate() {
            if let Some(value) = value {
                self.present += 1;
                self.sum += value;
                self.placed += value * ((first + at) as f64 / rows as f64);
            }
        }
    }
}
