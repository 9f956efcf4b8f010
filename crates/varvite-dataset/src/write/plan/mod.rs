//! What a change rewrites, decided from metadata alone.

mod merge;
mod remove;

use std::ops::Range;

use varvite_time::Period;

pub(crate) use merge::plan_merge;
pub(crate) use remove::{first_outside, plan_delete_keys, plan_replace, with_deletions};

use crate::{OrderedType, OrderedValue, RowGroupTarget};

/// What planning needs of the new rows: positions of values among them.
pub(crate) trait Positions {
    /// Number of new rows.
    fn len(&self) -> u64;
    /// How many new rows lie below `value`.
    fn below(&self, value: &OrderedValue) -> u64;
    /// How many new rows lie below or at `value`.
    fn up_to(&self, value: &OrderedValue) -> u64;
    /// The value of the new row at `position`.
    fn value(&self, position: u64) -> OrderedValue;
}

/// How the write wants its row groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) target: RowGroupTarget,
    /// Whether rows of equal key replace each other, so that a row equal to a maximum meets its row group.
    pub(crate) deduplicate: bool,
    /// How many regions off target are tolerated in a run of them; `None`: any number.
    pub(crate) max_n_off_target: Option<usize>,
}

/// Stored row groups that are read, merged with new rows and written again. Neither range is empty at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// Positions of the stored row groups; when empty, its start is where the new ones go.
    pub(crate) row_groups: Range<usize>,
    /// Positions of the new rows.
    pub(crate) rows: Range<u64>,
    /// How many of the row groups no new row touches.
    pub(crate) coalesced: usize,
}

/// The tile of the period that `value` lies in.
pub(crate) fn tile_index(period: Period, ordered: Option<&OrderedType>, value: &OrderedValue) -> i128 {
    ordered.and_then(|ordered| ordered.instant(value)).map_or(0, |(instant, unit)| period.tile_of(instant, unit))
}
