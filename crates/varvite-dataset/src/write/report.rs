//! [`WriteReport`]: what a write did, in counts that add up.

use std::fmt;

use serde::Serialize;

/// What a write did. `rows_in == inserted + updated + identical + dropped`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a write tells what it did: look, or say that you do not care"]
pub struct WriteReport {
    /// Rows given.
    pub rows_in: u64,
    /// Rows that were new.
    pub inserted: u64,
    /// Rows that replaced a stored row of the same key with other values.
    pub updated: u64,
    /// Rows that a stored row equalled in every column.
    pub identical: u64,
    /// Rows dropped because a later row of the same input has the same key.
    pub dropped: u64,
    /// Stored rows that are gone: deleted, replaced with a range, or duplicates of later ones.
    pub deleted: u64,
    /// Rows behind the newest stored value.
    pub late: u64,
    /// Row groups whose files were left alone.
    pub row_groups_kept: u64,
    /// Stored row groups that were read and replaced.
    pub row_groups_rewritten: u64,
    /// Row groups written.
    pub row_groups_new: u64,
    /// Of the rewritten ones, those that no incoming row touched: they were off target.
    pub row_groups_coalesced: u64,
    /// Length of the files read, in bytes.
    pub bytes_read: u64,
    /// Length of the files written, in bytes.
    pub bytes_written: u64,
    /// Version before; `None` if the dataset is new.
    pub version_before: Option<u64>,
    /// Version after; equal to the one before if nothing was committed.
    pub version_after: Option<u64>,
}

impl WriteReport {
    /// Whether a new version was committed.
    pub fn committed(&self) -> bool {
        self.version_before != self.version_after
    }
}

impl fmt::Display for WriteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows: {} inserted, {} updated, {} identical, {} dropped as duplicates ({} late)\n\
             {}row groups: {} kept, {} rewritten ({} coalesced), {} new; {} bytes read, {} bytes written\n",
            self.rows_in,
            self.inserted,
            self.updated,
            self.identical,
            self.dropped,
            self.late,
            if self.deleted > 0 { format!("{} stored rows deleted\n", self.deleted) } else { String::new() },
            self.row_groups_kept,
            self.row_groups_rewritten,
            self.row_groups_coalesced,
            self.row_groups_new,
            self.bytes_read,
            self.bytes_written,
        )?;
        match (self.version_before, self.version_after) {
            (before, after) if before == after => write!(f, "nothing changed, nothing committed"),
            (None, Some(after)) => write!(f, "version {after} (new dataset)"),
            (Some(before), Some(after)) => write!(f, "version {before} -> {after}"),
            (_, None) => write!(f, "no version"),
        }
    }
}
