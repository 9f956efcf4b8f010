//! [`Snapshot`]: one committed version of a dataset, as metadata alone.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use serde::Serialize;
use varvite_storage::StoragePath;

use crate::file::MAX_ROWS;
use crate::log::is_data_file;
use crate::{Error, Files, OrderedType, OrderedValue, Result, Settings};

/// Longest file: sums of lengths stay in 64 bits.
const MAX_LEN: u64 = 1 << 42;

/// One data file of a snapshot: one row group, enough to plan with and to verify what is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// The file's name in the data folder. Names in byte order are the dataset's order.
    pub name: String,
    /// Length of the file in bytes.
    pub len: u64,
    /// End of the row group's bytes: what follows are indexes and footer.
    pub end: u64,
    /// XXH3-64 of the bytes `end..len`.
    pub tail: u64,
    /// XXH3-128 of the whole file.
    pub sum: u128,
    /// Number of rows, at least 1.
    pub num_rows: u64,
    /// Smallest value of the ordered column.
    pub min: OrderedValue,
    /// Largest value of the ordered column.
    pub max: OrderedValue,
}

impl DataFile {
    /// The version that brought the file.
    pub fn version(&self) -> u64 {
        crate::log::versions_read(&self.name).unwrap_or_default()
    }

    /// Whether this can be a file of ours, as far as its description tells.
    pub(crate) fn is_plausible(&self) -> bool {
        is_data_file(&self.name)
            && self.end <= self.len
            && self.len <= MAX_LEN
            && (1..=MAX_ROWS).contains(&self.num_rows)
            && self.min <= self.max
    }
}

/// One committed version: immutable, cheap to share.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The dataset's identity, drawn when it was created.
    pub dataset_id: String,
    /// The version, counted from 0.
    pub version: u64,
    /// SHA-256 (hex) of the first line of this version's record: what the next record chains to.
    pub head: String,
    /// What the dataset remembers of how to write it.
    pub settings: Settings,
    /// The text of the typed key that the dataset belongs to, if it was created through a store.
    pub key: Option<String>,
    /// When it was committed, in milliseconds since 1970 by the writer's clock.
    pub at_ms: i64,
    /// The columns; `None` as long as nothing but metadata was written.
    pub schema: Option<SchemaRef>,
    /// The columns that the dataset has had, oldest first, each with the version that brought them; the last are
    /// `schema`.
    pub schemas: Vec<(u64, SchemaRef)>,
    /// The ordered column's type; `None` exactly when `schema` is.
    pub ordered_type: Option<OrderedType>,
    /// The files in dataset order: sorted by name, and by the ordered column.
    pub files: Files,
    /// The user's key-value metadata.
    pub key_value_metadata: BTreeMap<String, String>,
    /// The newest sequence number of each application id.
    pub apps: BTreeMap<String, u64>,
    /// Versions with a name: they stay readable until the name is removed.
    pub tags: BTreeMap<String, u64>,
    /// From this version on all can be read; of those before it, only tagged ones.
    pub readable_from: u64,
}

impl Snapshot {
    /// Total number of rows.
    pub fn num_rows(&self) -> u64 {
        self.files.num_rows()
    }

    /// The columns that `file` was written with: those of the version that it was written for.
    pub(crate) fn schema_of(&self, file: &DataFile) -> Option<&SchemaRef> {
        let version = file.version();
        let at = self.schemas.partition_point(|(since, _)| *since <= version);
        at.checked_sub(1).map(|at| &self.schemas[at].1)
    }

    /// Whether `version` can be read, as far as this one knows.
    pub fn is_readable(&self, version: u64) -> bool {
        version <= self.version
            && (version >= self.readable_from || self.tags.values().any(|tagged| *tagged == version))
    }

    /// Fails if the dataset belongs to another key than the one given.
    pub(crate) fn check_key(&self, given: Option<&str>, path: &StoragePath) -> Result<()> {
        match (self.key.as_deref(), given) {
            (Some(stored), Some(given)) if stored != given => {
                Err(Error::KeyMismatch { path: path.to_string(), stored: stored.to_owned(), given: given.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Total length of the data files in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.files.num_bytes()
    }

    /// One summary a row group, in dataset order.
    pub fn row_groups(&self) -> Vec<RowGroupSummary> {
        let text =
            |value: &OrderedValue| self.ordered_type.as_ref().map(|ordered| ordered.format(value)).unwrap_or_default();
        self.files
            .iter()
            .map(|file| RowGroupSummary {
                file: file.name.clone(),
                num_rows: file.num_rows,
                min: text(&file.min),
                max: text(&file.max),
                bytes: file.len,
            })
            .collect()
    }
}

/// A row group in words: what `info` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowGroupSummary {
    /// Name of the file that holds it.
    pub file: String,
    /// Number of rows.
    pub num_rows: u64,
    /// Smallest value of the ordered column, as text.
    pub min: String,
    /// Largest value of the ordered column, as text.
    pub max: String,
    /// Length of the file in bytes.
    pub bytes: u64,
}
