//! [`FeatureWriteReport`]: what a write of features did.

use std::fmt;

use serde::Serialize;
use varvite_dataset::WriteReport;

/// What a write did. `rows == written + identical + superseded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a write tells what it did: look, or say that you do not care"]
pub struct FeatureWriteReport {
    /// The group and version.
    pub group: String,
    /// Rows given.
    pub rows: u64,
    /// Rows that are stored now.
    pub written: u64,
    /// Rows of an upsert that were stored already.
    pub identical: u64,
    /// Rows of an upsert that a stored or a later given row supersedes.
    pub superseded: u64,
    /// Stored rows that are gone: replaced or deleted.
    pub deleted: u64,
    /// Whether rows were stamped with the time of the clock, since they had no created time.
    pub stamped: bool,
    /// The commit; `None` if nothing changed.
    pub commit: Option<u64>,
    /// What the dataset says of it.
    pub dataset: Option<WriteReport>,
}

impl fmt::Display for FeatureWriteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} rows, {} written", self.group, self.rows, self.written)?;
        for (count, what) in [(self.identical, "identical"), (self.superseded, "superseded")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if self.deleted > 0 {
            write!(f, "; {} stored rows deleted", self.deleted)?;
        }
        match self.commit {
            Some(commit) => write!(f, "; commit {commit}"),
            None => write!(f, "; nothing changed, nothing committed"),
        }
    }
}
