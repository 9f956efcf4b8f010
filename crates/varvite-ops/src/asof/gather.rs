//! Takes the planned rows of a frame's columns, position of the window by position.

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::{concat, take};
use arrow::datatypes::FieldRef;

use super::age::MaxAge;
use super::options::AsofFrame;
use crate::keys::Keys;
use crate::{Error, Result};

/// One frame of all groups: what was remembered of it, then the rows of this call.
pub(crate) struct Source<'a> {
    pub(crate) frame: &'a AsofFrame,
    /// By group.
    pub(crate) history: Vec<&'a RecordBatch>,
    pub(crate) rows: &'a [RecordBatch],
}

/// The rows that go before each target, by which the window is found.
pub(crate) struct Matched<'a> {
    /// How many rows of this call go before each target, within its group.
    pub(crate) before: &'a [u32],
    /// The group of each target; the only one if it is `None`.
    pub(crate) chosen: Option<&'a [u32]>,
}

/// What tells how old rows are.
pub(crate) struct Ages<'a> {
    pub(crate) max: MaxAge,
    pub(crate) targets: &'a Keys,
    /// By group: keys of what was remembered, keys of this call's rows.
    pub(crate) history: &'a [Keys],
    pub(crate) rows: &'a [Keys],
}

/// No row.
const MISSING: u32 = u32::MAX;

impl Source<'_> {
    /// Most rows that a position may have to name.
    pub(crate) fn check_size(&self) -> Result<()> {
        let limit = MISSING as usize - 1;
        let rows = self.parts().map(RecordBatch::num_rows).sum::<usize>() + self.fill_rows();
        if rows > limit { Err(Error::TooManyRows { rows, limit }) } else { Ok(()) }
    }

    /// The groups' batches in the order in which they are put together, behind those that fill.
    fn parts(&self) -> impl Iterator<Item = &RecordBatch> {
        self.history.iter().copied().zip(self.rows).flat_map(|(history, rows)| [history, rows])
    }

    fn fill_rows(&self) -> usize {
        self.frame.fill.as_ref().map_or(0, |fill| fill.0.num_rows())
    }

    /// Positions, in the batches put together, of the rows that stand `back` rows before the matched ones.
    fn positions(&self, matched: &Matched<'_>, ages: Option<&Ages<'_>>, back: usize) -> UInt32Array {
        let fill = u32_of(self.fill_rows());
        let mut base = fill;
        let groups: Vec<Group> = self
            .history
            .iter()
            .zip(self.rows)
            .map(|(history, rows)| {
                let group = Group { base, remembered: u32_of(history.num_rows()) };
                base += group.remembered + u32_of(rows.num_rows());
                group
            })
            .collect();
        let back = u32_of(back);
        let position = |group: Group, before: u32| {
            let past = group.remembered + before;
            if past > back { group.base + past - 1 - back } else { filled(fill, back + 1 - past) }
        };
        let mut positions: Vec<u32> = match matched.chosen {
            None => matched.before.iter().map(|before| position(groups[0], *before)).collect(),
            Some(chosen) => {
                let of_group = |(before, group): (&u32, &u32)| position(groups[*group as usize], *before);
                matched.before.iter().zip(chosen).map(of_group).collect()
            }
        };
        if let Some(ages) = ages {
            let oldest = filled(fill, u32::MAX);
            for (target, position) in positions.iter_mut().enumerate() {
                let group = matched.chosen.map_or(0, |chosen| chosen[target] as usize);
                if *position != MISSING && *position >= fill {
                    let row = *position - groups[group].base;
                    if ages.is_exceeded(target, group, row, groups[group].remembered) {
                        *position = oldest;
                    }
                }
            }
        }
        with_nulls(positions)
    }

    /// The window's columns, in the order of the result: column by column, the earliest row first.
    pub(crate) fn gather(
        &self,
        fields: &[FieldRef],
        matched: &Matched<'_>,
        ages: Option<&Ages<'_>>,
    ) -> Result<Vec<ArrayRef>> {
        let windows: Vec<UInt32Array> =
            (0..=self.frame.n_prev).rev().map(|back| self.positions(matched, ages, back)).collect();
        let mut columns = Vec::with_capacity(fields.len() * windows.len());
        for (at, field) in fields.iter().enumerate() {
            let source = self.column(at + 1, field)?;
            for positions in &windows {
                columns.push(take_or_null(source.as_ref(), positions, field)?);
            }
        }
        Ok(columns)
    }

    /// A column of all batches put together; one that stands alone is not copied.
    fn column(&self, at: usize, field: &FieldRef) -> Result<Option<ArrayRef>> {
        let fill = self.frame.fill.iter().filter_map(|fill| fill.0.column_by_name(field.name()));
        let parts = self.parts().map(|rows| rows.column(at));
        let parts: Vec<&ArrayRef> = fill.chain(parts).filter(|column| !column.is_empty()).collect();
        match parts.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(ArrayRef::clone(only))),
            several => {
                let several: Vec<&dyn Array> = several.iter().map(AsRef::as_ref).collect();
                concat(&several).map(Some).map_err(Error::arrow("put rows of an as-of merge together"))
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Group {
    /// Position of its first remembered row.
    base: u32,
    /// How many rows are remembered.
    remembered: u32,
}

impl Ages<'_> {
    fn is_exceeded(&self, target: usize, group: usize, row: u32, remembered: u32) -> bool {
        let (keys, row) =
            if row < remembered { (&self.history[group], row) } else { (&self.rows[group], row - remembered) };
        self.max.is_exceeded(self.targets, target, keys, row as usize)
    }
}

/// The row that stands in for one so many rows before the first.
fn filled(fill: u32, before_first: u32) -> u32 {
    if fill == 0 { MISSING } else { fill.saturating_sub(before_first) }
}

fn with_nulls(mut positions: Vec<u32>) -> UInt32Array {
    if !positions.contains(&MISSING) {
        return positions.into();
    }
    let nulls = positions.iter().map(|position| *position != MISSING).collect::<NullBuffer>();
    positions.iter_mut().filter(|position| **position == MISSING).for_each(|position| *position = 0);
    UInt32Array::new(positions.into(), Some(nulls))
}

fn take_or_null(source: Option<&ArrayRef>, positions: &UInt32Array, field: &FieldRef) -> Result<ArrayRef> {
    match source {
        Some(source) => take(source, positions, None).map_err(Error::arrow("take rows of an as-of merge")),
        None => Ok(new_null_array(field.data_type(), positions.len())),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "`check_size` has counted the rows")]
fn u32_of(rows: usize) -> u32 {
    rows as u32
}
