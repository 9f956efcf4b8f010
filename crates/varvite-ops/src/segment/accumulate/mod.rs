//! [`Accumulator`]: the running value of one aggregate. Each goes over a column once a call, typed.

mod end;
mod extreme;
mod fold;
mod number;
mod numeric;
mod standing;
mod tally;

use std::fmt::Debug;

use arrow::array::ArrayRef;
use arrow::compute::take;
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
        Function::First => Some(standing::Standing::boxed(end::End::First, data_type)),
        Function::Last => Some(standing::Standing::boxed(end::End::Last, data_type)),
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

/// One row of a column, in memory of its own.
pub(crate) fn detached(column: &ArrayRef, row: usize) -> Result<ArrayRef> {
    let row = arrow::array::UInt64Array::from(vec![row as u64]);
    take(column, &row, None).map_err(Error::arrow("keep a value"))
}
