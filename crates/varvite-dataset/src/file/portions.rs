//! [`Portions`]: how much of a file is held in memory while it is read.

/// Rows a batch of a scan holds at most, if nothing else is said.
pub const DEFAULT_BATCH_SIZE: usize = 1 << 16;
/// Bytes of each column that a scan fetches at once, if nothing else is said: 4 MiB.
pub const DEFAULT_READ_AHEAD: u64 = 4 << 20;

/// In what portions a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Portions {
    /// Rows that a batch holds at most.
    pub(crate) rows: usize,
    /// Bytes of a column chunk that are fetched at once, where so many of them are read.
    pub(crate) bytes: u64,
}

impl Portions {
    /// Batches of so many rows.
    pub(crate) fn of_rows(rows: usize) -> Self {
        Self { rows, ..Self::default() }
    }
}

/// Smaller portions are read when they are asked for: nobody waits for them long, or memory is short.
const WORTH_PREFETCHING: Portions = Portions { rows: 1 << 14, bytes: 1 << 20 };

impl Portions {
    /// Whether the next batch is read while the caller is busy with one.
    pub(crate) fn prefetch(self) -> bool {
        self.rows >= WORTH_PREFETCHING.rows && self.bytes >= WORTH_PREFETCHING.bytes
    }
}

impl Default for Portions {
    fn default() -> Self {
        Self { rows: DEFAULT_BATCH_SIZE, bytes: DEFAULT_READ_AHEAD }
    }
}
