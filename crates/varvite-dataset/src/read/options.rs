//! [`ScanOptions`]: what to read.

use crate::KeyRange;
use crate::file::{DEFAULT_BATCH_SIZE, DEFAULT_READ_AHEAD, Portions};

/// What to read, and in what portions.
///
/// ```
/// use varvite_dataset::ScanOptions;
/// let january = ScanOptions::default().with_range("2013-01-01".."2013-02-01").with_columns(["temp"]).with_n_prev(24);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanOptions {
    /// Rows to read: start included, end excluded. Default: all.
    pub range: KeyRange,
    /// Columns at the top, in the order wanted. Default: all, in stored order.
    pub columns: Option<Vec<String>>,
    /// So many rows before the start of the range are read as well, or as many as there are. Default: 0.
    pub n_prev: usize,
    /// Only these row groups, by position, ascending. Default: all.
    pub row_groups: Option<Vec<usize>>,
    /// Rows a batch holds at most. Default: [`DEFAULT_BATCH_SIZE`].
    pub batch_size: usize,
    /// At most so many rows in all. Default: no limit.
    pub limit: Option<u64>,
    /// Bytes of each column that are fetched at once, where so many are read. Default: [`DEFAULT_READ_AHEAD`]. Fewer take
    /// less memory where many scans are open together: below 1 MiB, the next batch is not made before it is asked for.
    pub read_ahead: u64,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            range: KeyRange::default(),
            columns: None,
            n_prev: 0,
            row_groups: None,
            batch_size: DEFAULT_BATCH_SIZE,
            limit: None,
            read_ahead: DEFAULT_READ_AHEAD,
        }
    }
}

impl ScanOptions {
    /// Reads `range` alone: `5..`, `"2013-01-01".."2013-02-01"`, `..`.
    pub fn with_range(mut self, range: impl Into<KeyRange>) -> Self {
        self.range = range.into();
        self
    }

    /// Reads these columns alone, in this order.
    pub fn with_columns<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Reads so many rows before the start of the range as well.
    pub fn with_n_prev(mut self, n_prev: usize) -> Self {
        self.n_prev = n_prev;
        self
    }

    /// Reads these row groups alone.
    pub fn with_row_groups(mut self, positions: impl IntoIterator<Item = usize>) -> Self {
        self.row_groups = Some(positions.into_iter().collect());
        self
    }

    /// Changes how many rows a batch holds at most.
    pub fn with_batch_size(mut self, rows: usize) -> Self {
        self.batch_size = rows.max(1);
        self
    }

    /// Changes how many bytes of each column are fetched at once.
    pub fn with_read_ahead(mut self, bytes: u64) -> Self {
        self.read_ahead = bytes;
        self
    }

    /// No more is decoded at once than the limit lets through.
    pub(super) fn portions(&self) -> Portions {
        let limit = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        Portions { rows: self.batch_size.min(limit).max(1), bytes: self.read_ahead }
    }

    /// Stops after so many rows.
    pub fn with_limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_bounds_what_is_decoded_at_once() {
        let rows = |options: ScanOptions| options.portions().rows;
        assert_eq!(rows(ScanOptions::default()), DEFAULT_BATCH_SIZE);
        assert_eq!(rows(ScanOptions::default().with_limit(1)), 1);
        assert_eq!(rows(ScanOptions::default().with_limit(0)), 1);
        assert_eq!(rows(ScanOptions::default().with_limit(u64::MAX).with_batch_size(10)), 10);
    }
}
