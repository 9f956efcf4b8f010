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
    /// Those outside these ranges, which are in order and disjoint.
    Outside(Vec<KeyRange>),
    /// Those with none of these keys.
    Without(&'a DeletedKeys),
}

impl Keep<'_> {
    /// Whether no row of a file stays, as far as its bounds tell.
    pub(crate) fn drops_all_of(&self, file: &DataFile) -> bool {
        match self {
            Self::Nothing => true,
            Self::Outside(ranges) => ranges.iter().any(|range| range.contains(&file.min) && range.contains(&file.max)),
            Self::All | Self::Without(_) => false,
        }
    }

    /// The stretches of rows of a batch that stay.
    pub(crate) fn stretches(&self, batch: &arrow::array::RecordBatch, ordered: &Ordered) -> Result<Vec<Range<usize>>> {
        let end_of_all = batch.num_rows();
        Ok(match self {
            Self::All => std::iter::once(0..end_of_all).collect(),
            Self::Nothing => Vec::new(),
            Self::Outside(ranges) => {
                let (mut kept, mut from) = (Vec::new(), 0);
                for range in ranges {
                    let start = range.start.as_ref().map_or(0, |start| ordered.lower_bound(start));
                    kept.push(from..start);
                    from = range.end.as_ref().map_or(end_of_all, |end| ordered.lower_bound(end)).max(start);
                }
                kept.push(from..end_of_all);
                kept.retain(|rows| !rows.is_empty());
                kept
            }
            Self::Without(keys) => keys.others(batch, ordered)?,
        })
    }
}
