//! [`Accumulator`]: the running value of one aggregate. Each goes over a column once a call, typed.

mod extreme;
mod fold;
mod number;
mod numeric;
mod picked;
mod tally;

use std::fmt::Debug;

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::compute::{interleave, take};
use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};

use super::options::{Aggregate, Function};
use super::plan::Step;
use crate::rows::Rows;
use crate::{Error, Result};

/// The running value of one aggregate.
pub(crate) trait Accumulator: Debug + Send + Sync {
    /// Takes all rows of `column` in and does `steps` on the way.
    fn run(&mut self, column: &ArrayRef, steps: &[Step]) -> Result<Output, Failure>;
    /// The value of the open bin, to be saved.
    fn save(&self) -> Result<Saved>;
    /// Goes on from a saved value; `None` if it is not one of this accumulator.
    fn load(&mut self, saved: Saved) -> Option<()>;
    /// The type of its column of the result.
    fn data_type(&self) -> DataType;
    fn clone_box(&self) -> Box<dyn Accumulator>;
}

impl Clone for Box<dyn Accumulator> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// The values that the steps of one call gave.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) bins: ArrayRef,
    pub(crate) snapshots: ArrayRef,
}

/// Why an accumulator failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The value of this bin of the call does not fit.
    Overflow {
        bin: usize,
    },
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// The value of an open bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Saved {
    /// Numbers, as their bits.
    Words(Vec<u64>),
    /// One row of one column, if there was a value.
    Row(Option<Rows>),
}

/// Makes the accumulator of an aggregate over a column of `data_type`.
pub(crate) fn accumulator(aggregate: &Aggregate, data_type: &DataType) -> Result<Box<dyn Accumulator>> {
    let found = match aggregate.function {
        Function::First => Some(picked::Picked::boxed(picked::End::First, data_type)),
        Function::Last => Some(picked::Picked::boxed(picked::End::Last, data_type)),
        Function::Count => Some(tally::Tally::boxed(tally::Of::Values)),
        Function::Rows => Some(tally::Tally::boxed(tally::Of::Rows)),
        Function::Min | Function::Max => {
            let largest = aggregate.function == Function::Max;
            numeric::extreme(largest, data_type).or_else(|| extreme::Extreme::boxed(largest, data_type))
        }
        Function::Sum => numeric::sum(data_type),
        Function::Mean => numeric::mean(data_type),
        Function::Var => numeric::deviation(false, data_type),
        Function::Std => numeric::deviation(true, data_type),
    };
    found.ok_or_else(|| Error::UnsupportedType {
        column: aggregate.input.clone(),
        place: "rows".to_owned(),
        data_type: data_type.to_string(),
        reason: format!("{:?} does not take it", aggregate.function),
    })
}

/// Which value of a column stands for a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    None,
    /// The value that an earlier call brought.
    Held,
    Row(usize),
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

/// One row of a column, in memory of its own.
pub(crate) fn detached(column: &ArrayRef, row: usize) -> Result<ArrayRef> {
    let row = arrow::array::UInt64Array::from(vec![row as u64]);
    take(column, &row, None).map_err(Error::arrow("keep a value"))
}
