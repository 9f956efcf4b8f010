//! [`Table`]: what stands behind a name.

mod files;
mod keyed;
mod memory;

use arrow::datatypes::SchemaRef;
use varvite_dataset::Dataset;

pub use files::{FileFormat, FileTable};
pub use keyed::{KeyColumn, KeyedTable, Member};
pub use memory::MemoryTable;

/// What a query reads. Cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Table {
    /// An ordered dataset, as it stands when the handle was made or refreshed.
    Dataset(Dataset),
    /// The datasets of a store as one table, with the fields of their keys as columns.
    Keyed(KeyedTable),
    /// Files of others: a file, a folder or an address.
    Files(FileTable),
    /// Rows in memory.
    Memory(MemoryTable),
}

impl Table {
    /// What it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dataset(_) => "dataset",
            Self::Keyed(_) => "store",
            Self::Files(_) => "files",
            Self::Memory(_) => "memory",
        }
    }

    /// The columns; `None` for a dataset that was never written, and for files whose columns are not declared.
    pub fn schema(&self) -> Option<SchemaRef> {
        match self {
            Self::Dataset(dataset) => dataset.schema(),
            Self::Keyed(keyed) => Some(keyed.schema().clone()),
            Self::Files(files) => files.schema().cloned(),
            Self::Memory(rows) => Some(rows.schema().clone()),
        }
    }

    /// What tells whether the rows are still the same: the text changes when they do. `None` if nothing tells.
    pub fn version(&self) -> Option<String> {
        let of = |dataset: &Dataset| {
            let snapshot = dataset.snapshot();
            snapshot
                .map_or_else(|| "none".to_owned(), |snapshot| format!("{}@{}", snapshot.dataset_id, snapshot.version))
        };
        match self {
            Self::Dataset(dataset) => Some(of(dataset)),
            Self::Keyed(keyed) => {
                Some(keyed.members().iter().map(|member| of(&member.dataset)).collect::<Vec<_>>().join(","))
            }
            Self::Files(files) => files.version(),
            Self::Memory(rows) => Some(rows.version()),
        }
    }
}

impl From<Dataset> for Table {
    fn from(dataset: Dataset) -> Self {
        Self::Dataset(dataset)
    }
}

impl From<KeyedTable> for Table {
    fn from(table: KeyedTable) -> Self {
        Self::Keyed(table)
    }
}

impl From<FileTable> for Table {
    fn from(table: FileTable) -> Self {
        Self::Files(table)
    }
}

impl From<MemoryTable> for Table {
    fn from(table: MemoryTable) -> Self {
        Self::Memory(table)
    }
}
