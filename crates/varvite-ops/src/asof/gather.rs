//! Takes the planned rows of a frame's columns, block by block, position of the window by position.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::compute::concat;
use arrow::datatypes::FieldRef;

use super::age::MaxAge;
use super::options::AsofFrame;
use super::taken::Taken;
use crate::keys::Keys;
use crate::{Error, Result};

/// One frame of all groups: what was remembered of it, then the rows of this call.
pub(crate) struct Source<'a> {
    pub(crate) frame: &'a AsofFrame,
    /// By group.
    pub(crate) history: Vec<&'a RecordBatch>,
    pub(crate) rows: &'a [RecordBatch],
}

/// The rows that go before each target of a block, by which the window is found.
pub(crate) struct Matched<'a> {
    /// Which targets they are.
    pub(crate) targets: Range<usize>,
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
        let rows = (0..self.rows.len()).flat_map(|group| self.parts(group)).map(RecordBatch::num_rows).sum();
        if rows > limit { Err(Error::TooManyRows { rows, limit }) } else { Ok(()) }
    }

    /// A group's batches in the order in which they are put together: what fills, what is remembered, new rows.
    fn parts(&self, group: usize) -> impl Iterator<Item = &RecordBatch> {
        self.frame.fill_of(group).into_iter().chain([self.history[group], &self.rows[group]])
    }

    fn groups(&self) -> Vec<Group> {
        let mut start = 0;
        let of_group = |group: usize| {
            let fill = u32_of(self.frame.fill_of(group).map_or(0, RecordBatch::num_rows));
            let remembered = u32_of(self.history[group].num_rows());
            let found = Group { fill, base: start + fill, remembered };
            start = found.base + remembered + u32_of(self.rows[group].num_rows());
            found
        };
        (0..self.rows.len()).map(of_group).collect()
    }

    /// A column of all batches put together; one that stands alone is not copied.
    fn column(&self, at: usize, field: &FieldRef) -> Result<Option<ArrayRef>> {
        let of_group = |group: usize| {
            let fill = self.frame.fill_of(group).and_then(|fill| fill.column_by_name(field.name()));
            fill.into_iter().chain([self.history[group].column(at), self.rows[group].column(at)])
        };
        let parts = (0..self.rows.len()).flat_map(of_group);
        let parts: Vec<&ArrayRef> = parts.filter(|column| !column.is_empty()).collect();
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

/// The columns of a frame's window, as far as they are taken.
pub(crate) struct Gather<'a> {
    groups: Vec<Group>,
    /// How many rows before the matched one each position of the window lies, the earliest row first.
    backs: Vec<usize>,
    ages: Option<&'a Ages<'a>>,
    /// In the order of the result: column by column, each by position of the window.
    columns: Vec<Taken>,
}

impl<'a> Gather<'a> {
    /// Begins the columns, of `targets` rows in blocks of at most `block`.
    pub(crate) fn try_new(
        source: &Source<'_>,
        fields: &[FieldRef],
        ages: Option<&'a Ages<'a>>,
        targets: usize,
        block: usize,
    ) -> Result<Self> {
        let backs: Vec<usize> = (0..=source.frame.n_prev).rev().collect();
        let mut columns = Vec::with_capacity(fields.len() * backs.len());
        for (at, field) in fields.iter().enumerate() {
            let rows = source.column(at + 1, field)?;
            columns.extend(backs.iter().map(|_| Taken::new(rows.clone(), field.data_type(), targets, block)));
        }
        Ok(Self { groups: source.groups(), backs, ages, columns })
    }

    /// Takes the rows of a block, which follows those before.
    pub(crate) fn add(&mut self, matched: &Matched<'_>) -> Result<()> {
        let windows: Vec<UInt32Array> = self.backs.iter().map(|back| self.positions(matched, *back)).collect();
        let mut columns = self.columns.iter_mut().zip(windows.iter().cycle());
        columns.try_for_each(|(column, positions)| column.add(positions))
    }

    /// The columns.
    pub(crate) fn finish(self) -> Result<Vec<ArrayRef>> {
        self.columns.into_iter().map(Taken::finish).collect()
    }

    /// Positions, in the batches put together, of the rows that stand `back` rows before the matched ones.
    fn positions(&self, matched: &Matched<'_>, back: usize) -> UInt32Array {
        let back = u32_of(back);
        let position = |group: Group, before: u32| {
            let past = group.remembered + before;
            if past > back { group.base + past - 1 - back } else { group.filled(back + 1 - past) }
        };
        let mut positions: Vec<u32> = match matched.chosen {
            None => {
                let only = self.groups[0];
                matched.before.iter().map(|before| position(only, *before)).collect()
            }
            Some(chosen) => {
                let of_group = |(before, group): (&u32, &u32)| position(self.groups[*group as usize], *before);
                matched.before.iter().zip(chosen).map(of_group).collect()
            }
        };
        if let Some(ages) = self.ages {
            for (at, (target, position)) in matched.targets.clone().zip(&mut positions).enumerate() {
                let of = matched.chosen.map_or(0, |chosen| chosen[at] as usize);
                let group = self.groups[of];
                let is_row = *position != MISSING && *position >= group.base;
                if is_row && ages.is_exceeded(target, of, *position - group.base, group.remembered) {
                    *position = group.filled(u32::MAX);
                }
            }
        }
        with_nulls(positions)
    }
}

#[derive(Clone, Copy)]
struct Group {
    /// How many rows stand for missing ones, before the first remembered one.
    fill: u32,
    /// Position of its first remembered row.
    base: u32,
    /// How many rows are remembered.
    remembered: u32,
}

impl Group {
    /// The row that stands for the one so many rows before the first.
    fn filled(self, before_first: u32) -> u32 {
        match self.fill {
            0 => MISSING,
            fill => self.base - fill + fill.saturating_sub(before_first),
        }
    }
}

impl Ages<'_> {
    fn is_exceeded(&self, target: usize, group: usize, row: u32, remembered: u32) -> bool {
        let (keys, row) =
            if row < remembered { (&self.history[group], row) } else { (&self.rows[group], row - remembered) };
        self.max.is_exceeded(self.targets, target, keys, row as usize)
    }
}

fn with_nulls(mut positions: Vec<u32>) -> UInt32Array {
    if !positions.contains(&MISSING) {
        return positions.into();
    }
    let nulls = positions.iter().map(|position| *position != MISSING).collect::<NullBuffer>();
    positions.iter_mut().filter(|position| **position == MISSING).for_each(|position| *position = 0);
    UInt32Array::new(positions.into(), Some(nulls))
}

#[expect(clippy::cast_possible_truncation, reason = "`check_size` has counted the rows")]
fn u32_of(rows: usize) -> u32 {
    rows as u32
}
