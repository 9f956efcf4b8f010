//! [`Tally`]: how many values or rows a bin has.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array};
use arrow::datatypes::DataType;

use super::{Accumulator, Failure, Output, Saved};
use crate::Result;
use crate::segment::plan::{Act, Step};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Values,
    Rows,
}

/// A count.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    of: Of,
    count: i64,
}

impl Tally {
    pub(super) fn boxed(of: Of) -> Box<dyn Accumulator> {
        Box::new(Self { of, count: 0 })
    }
}

impl Accumulator for Tally {
    fn run(&mut self, column: &ArrayRef, steps: &[Step]) -> Result<Output, Failure> {
        let nulls = match self.of {
            Of::Values => column.logical_nulls().filter(|nulls| nulls.null_count() > 0),
            Of::Rows => None,
        };
        let (mut row, mut bins, mut snapshots) = (0, Vec::with_capacity(steps.len()), Vec::new());
        for step in steps {
            let rows = step.end - row;
            let missing = nulls.as_ref().map_or(0, |nulls| nulls.slice(row, rows).null_count());
            // No batch has more rows than `i64` counts.
            self.count += (rows - missing).cast_signed() as i64;
            row = step.end;
            match step.act {
                Act::Snapshot => snapshots.push(self.count),
                Act::Open => bins.push(self.count),
                Act::Close => {
                    bins.push(self.count);
                    self.count = 0;
                }
            }
        }
        Ok(Output { bins: Arc::new(Int64Array::from(bins)), snapshots: Arc::new(Int64Array::from(snapshots)) })
    }

    fn save(&self) -> Result<Saved> {
        Ok(Saved::Words(vec![self.count.cast_unsigned()]))
    }

    fn load(&mut self, saved: Saved) -> Option<()> {
        match saved {
            Saved::Words(words) if words.len() == 1 => self.count = words[0].cast_signed(),
            _ => return None,
        }
        Some(())
    }

    fn data_type(&self) -> DataType {
        DataType::Int64
    }

    fn clone_box(&self) -> Box<dyn Accumulator> {
        Box::new(self.clone())
    }
}
