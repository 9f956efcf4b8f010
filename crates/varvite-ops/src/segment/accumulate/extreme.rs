//! [`Extreme`]: the smallest or the largest value of what has an order but is no number: strings, booleans, decimals.

use arrow::array::{Array, ArrayRef, make_comparator, new_empty_array};
use arrow::compute::SortOptions;
use arrow::datatypes::DataType;

use super::{Accumulator, Failure, Output, Pick, Saved, detached, picked};
use crate::segment::held;
use crate::segment::plan::{Act, Step};
use crate::{Error, Result};

/// The smallest or the largest value of a bin. Of equal ones, the first.
#[derive(Debug, Clone)]
pub(super) struct Extreme {
    largest: bool,
    data_type: DataType,
    /// The value of the open bin, of earlier calls.
    held: Option<ArrayRef>,
}

impl Extreme {
    /// `None` if values have no order.
    pub(super) fn boxed(largest: bool, data_type: &DataType) -> Option<Box<dyn Accumulator>> {
        let none = new_empty_array(data_type);
        let _ = make_comparator(&none, &none, SortOptions::default()).ok()?;
        Some(Box::new(Self { largest, data_type: data_type.clone(), held: None }))
    }
}

impl Accumulator for Extreme {
    fn run(&mut self, column: &ArrayRef, steps: &[Step]) -> Result<Output, Failure> {
        let compare = |left: &ArrayRef| {
            make_comparator(left, column, SortOptions::default()).map_err(Error::arrow("compare values"))
        };
        let (within, with_held) = (compare(column)?, self.held.as_ref().map(compare).transpose()?);
        let nulls = column.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let better = |pick: Pick, row: usize| {
            let order = match (pick, &with_held) {
                (Pick::Row(best), _) => within(best, row),
                (Pick::Held, Some(with_held)) => with_held(0, row),
                _ => return true,
            };
            if self.largest { order.is_lt() } else { order.is_gt() }
        };
        let mut pick = if self.held.is_some() { Pick::Held } else { Pick::None };
        let (mut row, mut bins, mut snapshots) = (0, Vec::with_capacity(steps.len()), Vec::new());
        for step in steps {
            for row in row..step.end {
                if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) && better(pick, row) {
                    pick = Pick::Row(row);
                }
            }
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
