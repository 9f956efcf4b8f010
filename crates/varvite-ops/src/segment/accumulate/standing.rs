//! [`Standing`]: a bin's aggregate that is one of its values, of any type: the first, the last, the smallest, the largest.

use std::fmt::Debug;
use std::ops::Range;

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::DataType;

use super::{Accumulator, Failure, Output, Saved, detached};
use crate::segment::held;
use crate::segment::plan::{Act, Step};
use crate::{Error, Result};

/// Says which value of a column stands for a bin.
pub(super) trait Choice: Debug + Clone + Send + Sync + 'static {
    /// Which value stands for a bin once some more rows of `column` are in it. `held` is what [`Pick::Held`] means.
    fn chooser<'a>(&'a self, column: &'a ArrayRef, held: Option<&ArrayRef>) -> Result<Chooser<'a>>;
}

/// From what stood for a bin, and rows that are added, to what stands for it then.
pub(super) type Chooser<'a> = Box<dyn Fn(Pick, Range<usize>) -> Pick + 'a>;

/// Which value of a column stands for a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    None,
    /// The value that an earlier call brought.
    Held,
    Row(usize),
}

/// The value that stands for the open bin.
#[derive(Debug, Clone)]
pub(super) struct Standing<C> {
    choice: C,
    data_type: DataType,
    /// The value of the open bin, of earlier calls.
    held: Option<ArrayRef>,
}

impl<C: Choice> Standing<C> {
    pub(super) fn boxed(choice: C, data_type: &DataType) -> Box<dyn Accumulator> {
        Box::new(Self { choice, data_type: data_type.clone(), held: None })
    }
}

impl<C: Choice> Accumulator for Standing<C> {
    fn run(&mut self, column: &ArrayRef, steps: &[Step]) -> Result<Output, Failure> {
        let choose = self.choice.chooser(column, self.held.as_ref())?;
        let mut pick = if self.held.is_some() { Pick::Held } else { Pick::None };
        let (mut row, mut bins, mut snapshots) = (0, Vec::with_capacity(steps.len()), Vec::new());
        for step in steps {
            pick = choose(pick, row..step.end);
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
        drop(choose);
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

/// The values of a column that stand for bins.
fn picked(column: &ArrayRef, held: Option<&ArrayRef>, picks: &[Pick]) -> Result<ArrayRef> {
    let none = new_null_array(column.data_type(), 1);
    let sources: [&dyn Array; 3] = [none.as_ref(), held.unwrap_or(&none).as_ref(), column.as_ref()];
    let place = |pick: &Pick| match pick {
        Pick::None => (0, 0),
        Pick::Held => (1, 0),
        Pick::Row(row) => (2, *row),
    };
    interleave(&sources, &picks.iter().map(place).collect::<Vec<_>>()).map_err(Error::arrow("take values of bins"))
}
