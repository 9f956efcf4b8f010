//! [`MaterializeOptions`]: what to bring into the online table, and in what portions.

use varvite_time::Instant;

/// Rows that one transaction goes through when nothing else is said.
pub const DEFAULT_CHUNK_ROWS: usize = 65_536;

/// What to bring into the online table, and in what portions.
///
/// ```
/// use varvite_feature::online::MaterializeOptions;
/// let options = MaterializeOptions::up_to("2024-02-01".parse()?).with_incremental(false).with_chunk_rows(10_000);
/// assert_eq!(options.up_to.to_string(), "2024-02-01T00:00:00Z");
/// # Ok::<(), varvite_time::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MaterializeOptions {
    /// The last event time that is served (S11). Later rows wait for a later bound.
    pub up_to: Instant,
    /// Whether what is there is brought up to date; else it is made anew. Default: yes.
    pub incremental: bool,
    /// Rows that one transaction goes through, about. Default: [`DEFAULT_CHUNK_ROWS`].
    pub chunk_rows: usize,
}

impl MaterializeOptions {
    /// Everything until `up_to`, that time included.
    pub fn up_to(up_to: Instant) -> Self {
        Self { up_to, incremental: true, chunk_rows: DEFAULT_CHUNK_ROWS }
    }

    /// Whether what is there is brought up to date; else it is made anew.
    pub fn with_incremental(mut self, incremental: bool) -> Self {
        self.incremental = incremental;
        self
    }

    /// Rows that one transaction goes through, at least 1.
    pub fn with_chunk_rows(mut self, rows: usize) -> Self {
        self.chunk_rows = rows.max(1);
        self
    }
}
