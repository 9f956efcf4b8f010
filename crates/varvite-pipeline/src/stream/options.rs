//! [`StreamOptions`]: what a run of a job may be told.

use serde::{Deserialize, Serialize};
use varvite_dataset::KeyRange;

/// Default of [`StreamOptions::buffer_bytes`].
pub const DEFAULT_BUFFER_BYTES: usize = 64 << 20;
/// Default of [`StreamOptions::batch_rows`].
pub const DEFAULT_BATCH_ROWS: usize = 65_536;
/// Default of [`StreamOptions::state_limit`]: half of what a commit takes.
pub const DEFAULT_STATE_LIMIT: usize = 8 << 20;

/// What to do where stored rows changed behind the watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    /// The run is refused.
    #[default]
    Error,
    /// They are counted and not taken.
    Ignore,
    /// What they touched is computed anew, as far as the step's [`Scope`](crate::Scope) says that this can be done.
    Recompute,
}

/// Whether the newest rows are left for the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldBack {
    /// Everything is taken. Later rows of the newest value are no late rows if they stand behind those that were there.
    #[default]
    Nothing,
    /// Rows of the input's newest value wait: more of them may come. Of several inputs, the one that is least far counts;
    /// one without rows does not count, so that what comes to it later may be late.
    Newest,
}

/// What a run of a job may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamOptions {
    /// Rows to take at all: start included, end excluded. Default: all. A later run may have a later end or start. Rows before the
    /// start count as if they were not there, and those behind the watermark are not taken by an earlier start.
    pub range: KeyRange,
    /// Whether the newest rows wait. Default: no.
    pub hold_back: HoldBack,
    /// What to do about rows that come behind the watermark. Default: an error.
    pub late: Late,
    /// Rows of an input that a step is given at once, unless more share one value. Default: [`DEFAULT_BATCH_ROWS`].
    pub batch_rows: usize,
    /// Bytes of the output that are held before they are committed. Default: [`DEFAULT_BUFFER_BYTES`].
    pub buffer_bytes: usize,
    /// Rows of the inputs after which a commit is made, whatever the bytes. Default: no limit.
    pub commit_rows: Option<usize>,
    /// Whether another job may have made rows of the same step from the same input in an output that keeps doubles: jobs of
    /// ranges that do not overlap share it so. Default: no.
    pub shares_output: bool,
    /// Bytes that a state may take in a commit, packed. Default: [`DEFAULT_STATE_LIMIT`].
    pub state_limit: usize,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            range: KeyRange::default(),
            hold_back: HoldBack::default(),
            late: Late::default(),
            batch_rows: DEFAULT_BATCH_ROWS,
            buffer_bytes: DEFAULT_BUFFER_BYTES,
            commit_rows: None,
            shares_output: false,
            state_limit: DEFAULT_STATE_LIMIT,
        }
    }
}

impl StreamOptions {
    /// Takes rows of `range` alone.
    pub fn with_range(mut self, range: impl Into<KeyRange>) -> Self {
        self.range = range.into();
        self
    }

    /// Says whether the newest rows wait.
    pub fn with_hold_back(mut self, hold_back: HoldBack) -> Self {
        self.hold_back = hold_back;
        self
    }

    /// Says what to do about late rows.
    pub fn with_late(mut self, late: Late) -> Self {
        self.late = late;
        self
    }

    /// Changes how many rows a step is given at once.
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    /// Changes how many bytes of the output are held.
    pub fn with_buffer_bytes(mut self, bytes: usize) -> Self {
        self.buffer_bytes = bytes;
        self
    }

    /// Commits after so many rows of the inputs.
    pub fn with_commit_rows(mut self, rows: usize) -> Self {
        self.commit_rows = Some(rows.max(1));
        self
    }

    /// Lets another job have made rows of the same step in the output.
    pub fn with_shared_output(mut self) -> Self {
        self.shares_output = true;
        self
    }

    /// Changes how many bytes a state may take in a commit.
    pub fn with_state_limit(mut self, bytes: usize) -> Self {
        self.state_limit = bytes;
        self
    }
}
