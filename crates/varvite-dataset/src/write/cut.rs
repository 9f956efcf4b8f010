//! [`Cutter`]: ordered rows become row groups of the target's size.

use arrow::array::RecordBatch;

use super::merge::Merged;
use super::origins::Origin;
use super::plan::tile_index;
use crate::{OrderedValue, RowGroupTarget};

/// The rows of one row group to be, in order.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) num_rows: u64,
    pub(crate) bounds: Option<(OrderedValue, OrderedValue)>,
    place: Place,
}

/// Whether the rows of a group stand one after the other in one stored row group already.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Empty,
    /// The rows `0..rows` of this row group.
    Prefix {
        row_group: usize,
        rows: u64,
    },
    Mixed,
}

impl Place {
    /// With a stretch of `more` rows behind, the first of which stands at `origin`.
    fn then(self, (origin, more): (Origin, usize)) -> Self {
        match (self, origin) {
            (Self::Empty, Some((row_group, 0))) => Self::Prefix { row_group, rows: more as u64 },
            (Self::Prefix { row_group, rows }, Some(next)) if next == (row_group, rows) => {
                Self::Prefix { row_group, rows: rows + more as u64 }
            }
            _ => Self::Mixed,
        }
    }
}

impl Group {
    /// The stored row group that has exactly these rows, given how many rows each has.
    pub(crate) fn equals(&self, num_rows: impl Fn(usize) -> Option<u64>) -> Option<usize> {
        match self.place {
            Place::Prefix { row_group, rows } if num_rows(row_group) == Some(rows) => Some(row_group),
            _ => None,
        }
    }
}

/// Collects rows and hands out full row groups. Rows are cut every so many rows, or at the ends of periods.
#[derive(Debug)]
pub(crate) struct Cutter {
    target: RowGroupTarget,
    open: Group,
}

impl Cutter {
    pub(crate) fn new(target: RowGroupTarget) -> Self {
        Self { target, open: Group::default() }
    }

    /// Takes more rows, none smaller than those before, and returns the row groups that they complete.
    pub(crate) fn push(&mut self, merged: &Merged) -> Vec<Group> {
        let mut full = Vec::new();
        let mut from = 0;
        while from < merged.ordered.len() {
            if self.is_closed_before(merged, from) {
                full.push(std::mem::take(&mut self.open));
            }
            let to = self.until(merged, from);
            self.open.extend(merged, from, to);
            from = to;
        }
        full
    }

    /// The rows that remain, if any.
    pub(crate) fn finish(self) -> Option<Group> {
        (self.open.num_rows > 0).then_some(self.open)
    }

    /// Whether the open row group cannot take the row at `row`.
    fn is_closed_before(&self, merged: &Merged, row: usize) -> bool {
        let Some((_, last)) = &self.open.bounds else { return false };
        match self.target {
            RowGroupTarget::Rows(target) => self.open.num_rows >= target,
            RowGroupTarget::Period(period) => {
                let ordered = Some(merged.ordered.ordered_type());
                tile_index(period, ordered, last) != tile_index(period, ordered, &merged.ordered.value(row))
            }
        }
    }

    /// The end of the rows from `from` on that fit the open row group.
    fn until(&self, merged: &Merged, from: usize) -> usize {
        let len = merged.ordered.len();
        match self.target {
            RowGroupTarget::Rows(target) => {
                let room = target.saturating_sub(self.open.num_rows).max(1);
                usize::try_from(room).map_or(len, |room| len.min(from.saturating_add(room)))
            }
            RowGroupTarget::Period(period) => {
                let ordered = Some(merged.ordered.ordered_type());
                let tile = |row: usize| tile_index(period, ordered, &merged.ordered.value(row));
                let first = tile(from);
                let (mut low, mut high) = (from + 1, len);
                while low < high {
                    let middle = low + (high - low) / 2;
                    if tile(middle) == first { low = middle + 1 } else { high = middle }
                }
                low
            }
        }
    }
}

impl Group {
    fn extend(&mut self, merged: &Merged, from: usize, to: usize) {
        let first = merged.ordered.value(from);
        let last = merged.ordered.value(to - 1);
        self.bounds = Some(match self.bounds.take() {
            None => (first, last),
            Some((min, _)) => (min, last),
        });
        self.batches.push(merged.batch.slice(from, to - from));
        self.num_rows += (to - from) as u64;
        self.place = merged.origins.stretches(from..to).fold(self.place, Place::then);
    }
}
