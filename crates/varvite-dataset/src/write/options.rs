//! [`WriteOptions`]: what a write may be told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ColumnPath, Compression, Retention, RowGroupTarget};

/// How many bytes of the rows given are held in memory when nothing else is said.
pub const DEFAULT_MEMORY_LIMIT: usize = 256 << 20;

/// How incoming rows meet stored ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// Rows find their place; with a duplicates key the last written of equal rows survives.
    #[default]
    Merge,
    /// Rows come after all stored ones, which are left alone; earlier rows are refused.
    Append,
    /// Rows replace everything that is stored.
    Overwrite,
}

/// Which rows count as the same. The ordered column always belongs to the key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// None do: every row is kept.
    #[default]
    KeepAll,
    /// Rows that agree in these columns and in the ordered column. Missing values equal each other, and so do NaNs.
    Columns(Vec<ColumnPath>),
    /// Rows that agree in all columns.
    AllColumns,
}

impl Duplicates {
    /// Rows that agree in `columns` and in the ordered column.
    pub fn on<C: Into<ColumnPath>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self::Columns(columns.into_iter().map(Into::into).collect())
    }
}

/// What a write may be told; what is not said is taken from the dataset's own settings.
///
/// ```
/// use varvite_dataset::{Duplicates, WriteOptions};
/// let options = WriteOptions::default().with_row_group_target_size(100_000).with_duplicates_on(Duplicates::on(["symbol"]));
/// assert_eq!(options.max_n_off_target_rgs, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteOptions {
    /// How rows meet stored ones. Default: [`Mode::Merge`].
    pub mode: Mode,
    /// The ordered column. Needed for a new dataset, checked for an old one.
    pub ordered_on: Option<ColumnPath>,
    /// What a row group aims for.
    pub row_group_target_size: Option<RowGroupTarget>,
    /// Which rows count as the same.
    pub duplicates_on: Option<Duplicates>,
    /// How many row groups off target are tolerated beside the write. `Some(None)`: any number. `None`: what
    /// the dataset remembers.
    #[allow(clippy::option_option, reason = "not said, any number, or at most so many")]
    pub max_n_off_target_rgs: Option<Option<usize>>,
    /// Key-value metadata to set (`Some`) or to remove (`None`).
    pub key_value_metadata: BTreeMap<String, Option<String>>,
    /// Sorts the rows, stably, before they are written. The input is then held in memory. Default: no.
    pub sort: bool,
    /// How pages are compressed.
    pub compression: Option<Compression>,
    /// The caller's own id and number of this write: a number that is not above the recorded one makes it a no-op.
    pub app: Option<(String, u64)>,
    /// Which older versions stay readable, from now on.
    pub retention: Option<Retention>,
    /// How many bytes of the rows given are held in memory. Default: [`DEFAULT_MEMORY_LIMIT`].
    pub memory_limit: Option<usize>,
    /// The version that the write is made for; the inner `None`: that nothing is stored. Default: any.
    #[allow(clippy::option_option, reason = "any, none, or this version")]
    pub expected_version: Option<Option<u64>>,
    /// Takes columns that are new or wider: see [`with_evolution`](Self::with_evolution). Default: no.
    pub evolve: bool,
}

impl WriteOptions {
    /// Options for a dataset ordered on `column`.
    pub fn ordered_on(column: impl Into<ColumnPath>) -> Self {
        Self { ordered_on: Some(column.into()), ..Self::default() }
    }

    /// Changes how rows meet stored ones.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Changes what a row group aims for: a number of rows, or a [`Period`](varvite_time::Period).
    pub fn with_row_group_target_size(mut self, target: impl Into<RowGroupTarget>) -> Self {
        self.row_group_target_size = Some(target.into());
        self
    }

    /// Changes which rows count as the same.
    pub fn with_duplicates_on(mut self, duplicates: Duplicates) -> Self {
        self.duplicates_on = Some(duplicates);
        self
    }

    /// Changes how many row groups off target are tolerated beside the write.
    ///
    /// `0`: always complete the tail. `None`: any number, whatever the dataset remembers.
    pub fn with_max_n_off_target_rgs(mut self, max: impl Into<Option<usize>>) -> Self {
        self.max_n_off_target_rgs = Some(max.into());
        self
    }

    /// Sets an entry of the key-value metadata.
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.key_value_metadata.insert(key.into(), Some(value.into()));
        self
    }

    /// Removes an entry of the key-value metadata; one that is not there is fine.
    pub fn without_metadata(mut self, key: impl Into<String>) -> Self {
        self.key_value_metadata.insert(key.into(), None);
        self
    }

    /// Sorts the rows before they are written.
    pub fn with_sort(mut self, sort: bool) -> Self {
        self.sort = sort;
        self
    }

    /// Changes how many bytes of the rows of a reader are held in memory; batches given as such are in memory anyway.
    ///
    /// Beyond that they are put aside in a scratch file without a name, where the storage has files; the values of
    /// the ordered column stay in memory. Rows that are to be sorted are held whole.
    pub fn with_memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// Changes how pages are compressed.
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Changes which older versions stay readable: remembered, unlike the other settings of a later write.
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Lets the rows bring new columns, which become nullable, and wider types that hold every stored value (as
    /// Iceberg's type promotion: integers, floats, decimals, and strings and bytes of 64-bit length). Rows may also
    /// lack nullable columns, or have narrower ones. The ordered column's type never changes. Stored files stay as
    /// they are and are read with the new columns.
    pub fn with_evolution(mut self, evolve: bool) -> Self {
        self.evolve = evolve;
        self
    }

    /// Writes only if `version` is the newest one (`None`: if nothing is stored), as compare-and-set does: for rows that were
    /// made from what is stored. Another writer's commit makes the write fail and change nothing.
    pub fn with_expected_version(mut self, version: impl Into<Option<u64>>) -> Self {
        self.expected_version = Some(version.into());
        self
    }

    /// Names this write, so that trying it again does nothing.
    pub fn with_app(mut self, id: impl Into<String>, seq: u64) -> Self {
        self.app = Some((id.into(), seq));
        self
    }
}
