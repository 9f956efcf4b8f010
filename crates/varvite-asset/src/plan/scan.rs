//! [`Part`] and [`PlannedScan`]: where rows come from, and in what pieces they are read.

use std::ops::Range;
use std::sync::Arc;

use varvite_dataset::{Dataset, KeyRange};
use varvite_time::TimeSpan;

use crate::LakeEntry;

/// Where a stretch of rows comes from.
#[derive(Debug, Clone)]
pub struct Part {
    /// The version of the asset.
    pub version: u32,
    /// Names and values of the partition keys.
    pub keys: Vec<(String, String)>,
    /// The stretch of time; for rows without dates all of it.
    pub span: TimeSpan,
    /// The files.
    pub source: PartSource,
    /// The columns that are read of each file; those of them that a file does not have are absent.
    pub columns: Vec<String>,
    /// How many rows there are at most; 0 if that is not known before reading.
    pub num_rows: u64,
    /// Length of the files in bytes.
    pub num_bytes: u64,
}

/// What holds the rows of a part.
#[derive(Debug, Clone)]
pub enum PartSource {
    /// Row groups of an ordered dataset.
    Dataset {
        /// The dataset: a handle that stays at its version.
        dataset: Dataset,
        /// Which values of the ordered column.
        range: KeyRange,
        /// The row groups that may have such values, by position.
        row_groups: Range<usize>,
    },
    /// A dated file.
    Lake(LakeEntry),
}

/// A piece of a part: what is read by one call, whole files.
#[derive(Debug, Clone)]
pub struct PlannedScan {
    /// The part.
    pub part: Arc<Part>,
    /// The row groups of it, by position in the dataset; all of them together are those of the part.
    pub row_groups: Range<usize>,
    /// How many rows there are at most.
    pub num_rows: u64,
    /// Length of the files in bytes.
    pub num_bytes: u64,
    /// How many bytes the rows take in memory, as a guess.
    pub decoded_bytes: u64,
}

impl PlannedScan {
    /// The name of the first file, for messages.
    pub(crate) fn first_file(&self) -> String {
        match &self.part.source {
            PartSource::Lake(entry) => format!("`{}`", entry.path),
            PartSource::Dataset { dataset, .. } => {
                let snapshot = dataset.snapshot();
                let file = snapshot.as_ref().and_then(|snapshot| snapshot.files.get(self.row_groups.start));
                file.map_or_else(|| "no file".to_owned(), |file| format!("`{}`", file.name))
            }
        }
    }
}
