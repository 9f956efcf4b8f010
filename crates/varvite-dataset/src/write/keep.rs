//! [`Keep`]: which stored rows of the row groups that are rewritten stay.

use std::ops::Range;

use super::deleted::DeletedKeys;
use crate::{DataFile, KeyRange, Ordered, Result};

/// Which stored rows stay.
#[derive(Debug)]
pub(crate) enum Keep<'a> {
    /// All of them meet the new rows.
    All,
    /// None: they are not even read.
    Nothing,
    /// Those outside a range.
    Outside(KeyRange),
    /// Those with none of these keys.
    Without(&'a DeletedKeys),
}

impl Keep<'_> {
    /// Whether no row of a file stays, as far as its bounds tell.
    pub(crate) fn drops_all_of(&self, file: &DataFile) -> bool {
        match self {
            Self::Nothing => true,
            Self::Outside(range) => range.contains(&file.min) && range.contains(&file.max),
            Self::All | Self::Without(_) => false,
        }
    }

    /// The stretches of rows of a batch that stay.
    pub(crate) fn stretches(&self, batch: &arrow::array::RecordBatch, ordered: &Ordered) -> Result<Vec<Range<usize>>> {
        let end_of_all = batch.num_rows();
        Ok(match self {
            Self::All => std::iter::once(0..end_of_all).collect(),
            Self::Nothing => Vec::new(),
            Self::Outside(range) => {
                let start = range.start.as_ref().map_or(0, |start| ordered.lower_bound(start));
                let end = range.end.as_ref().map_or(end_of_all, |end| ordered.lower_bound(end)).max(start);
                [0..start, end..end_of_all].into_iter().filter(|rows| !rows.is_empty()).collect()
            }
            Self::Without(keys) => keys.others(batch, ordered)?,
        })
    }
}
