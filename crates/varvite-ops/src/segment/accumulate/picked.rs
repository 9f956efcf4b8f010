//! [`Picked`]: the first or the last value of a bin, of any type.

use std::ops::Range;

use arrow::array::{Array, ArrayRef};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use super::{Accumulator, Failure, Output, Pick, Saved, detached, picked};
use crate::Result;
use crate::segment::held;
use crate::segment::plan::{Act, Step};

/// Which end of a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    First,
    Last,
}

/// The first or the last value of a bin.
#[derive(Debug, Clone)]
pub(super) struct Picked {
    end: End,
    data_type: DataType,
    /// The value of the open bin, of earlier calls.
    held: Option<ArrayRef>,
}

impl Picked {
    pub(super) fn boxed(end: End, data_type: &DataType) -> Box<dyn Accumulator> {
        Box::new(Self { end, data_type: data_type.clone(), held: None })
    }

    fn update(&self, pick: Pick, nulls: Option<&NullBuffer>, mut rows: Range<usize>) -> Pick {
        let valid = |row: &usize| nulls.is_none_or(|nulls| nulls.is_valid(*row));
        match self.end {
            End::First if pick != Pick::None => pick,
            End::First => rows.find(valid).map_or(pick, Pick::Row),
            End::Last => rows.rev().find(valid).map_or(pick, Pick::Row),
        }
    }
}

impl Accumulator for Picked {
    fn run(&mut self, column: &ArrayRef, steps: &[Step]) -> Result<Output, Failure> {
        let nulls = column.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let mut pick = if self.held.is_some() { Pick::Held } else { Pick::None };
        let (mut row, mut bins, mut snapshots) = (0, Vec::with_capacity(steps.len()), Vec::new());
        for step in steps {
            pick = self.update(pick, nulls.as_ref(), row..step.end);
            row = step.end;
            match step.act {
                Act::Snapshot => snapshots.push(pick),
                Act::Open => bins.push(pick),
                Act::Close => {
                    bins.push(pick);
                    pick = Pick::None;
                }
            }
        }
        let output = Output {
            bins: picked(column, self.held.as_ref(), &bins)?,
            snapshots: picked(column, self.held.as_ref(), &snapshots)?,
        };
        match pick {
            Pick::None => self.held = None,
            Pick::Held => {}
            Pick::Row(row) => self.held = Some(detached(column, row)?),
        }
        Ok(output)
    }

    fn save(&self) -> Result<Saved> {
        self.held.as_ref().map(held::save).transpose().map(Saved::Row)
    }

    fn load(&mut self, saved: Saved) -> Option<()> {
        let Saved::Row(row) = saved else { return None };
        self.held = row.map(|row| held::load(&row, &self.data_type).ok_or(())).transpose().ok()?;
        Some(())
    }

    fn data_type(&self) -> DataType {
        self.data_type.clone()
    }

    fn clone_box(&self) -> Box<dyn Accumulator> {
        Box::new(self.clone())
    }
}
