//! [`Numeric`]: folds over the slices of a column of numbers.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{ArrowPrimitiveType, DataType, TimeUnit};

use super::fold::{Deviation, Extremum, FloatSum, Fold, Mean, WholeSum};
use super::number::{Number, Whole};
use super::{Accumulator, Failure, Output, Saved};
use crate::segment::plan::{Act, Step};
use crate::{Error, Result};

/// A fold over a column of numbers.
#[derive(Debug, Clone)]
struct Numeric<N, F> {
    fold: F,
    /// The type of the result, which is cast from that of the fold.
    result: DataType,
    of: PhantomData<N>,
}

fn boxed<N: Number, F: Fold<N>>(result: DataType) -> Box<dyn Accumulator> {
    Box::new(Numeric::<N, F> { fold: F::default(), result, of: PhantomData })
}

/// `$make` of the number that values of `$data_type` are; of half floats, the next wider one.
macro_rules! of_number {
    ($data_type:expr, $make:ident, $($argument:expr),*) => {
        match $data_type {
            DataType::Int8 => $make::<i8>($($argument),*),
            DataType::Int16 => $make::<i16>($($argument),*),
            DataType::Int32 => $make::<i32>($($argument),*),
            DataType::Int64 => $make::<i64>($($argument),*),
            DataType::UInt8 => $make::<u8>($($argument),*),
            DataType::UInt16 => $make::<u16>($($argument),*),
            DataType::UInt32 => $make::<u32>($($argument),*),
            DataType::UInt64 => $make::<u64>($($argument),*),
            DataType::Float16 | DataType::Float32 => $make::<f32>($($argument),*),
            DataType::Float64 => $make::<f64>($($argument),*),
            _ => return None,
        }
    };
}

pub(super) fn sum(data_type: &DataType) -> Option<Box<dyn Accumulator>> {
    fn whole<N: Whole>() -> Box<dyn Accumulator> {
        boxed::<N, WholeSum>(N::Sum::DATA_TYPE)
    }
    Some(match data_type {
        DataType::Int8 => whole::<i8>(),
        DataType::Int16 => whole::<i16>(),
        DataType::Int32 => whole::<i32>(),
        DataType::Int64 => whole::<i64>(),
        DataType::UInt8 => whole::<u8>(),
        DataType::UInt16 => whole::<u16>(),
        DataType::UInt32 => whole::<u32>(),
        DataType::UInt64 => whole::<u64>(),
        DataType::Float16 | DataType::Float32 => boxed::<f32, FloatSum>(DataType::Float64),
        DataType::Float64 => boxed::<f64, FloatSum>(DataType::Float64),
        _ => return None,
    })
}

pub(super) fn mean(data_type: &DataType) -> Option<Box<dyn Accumulator>> {
    fn make<N: Number>() -> Box<dyn Accumulator> {
        boxed::<N, Mean>(DataType::Float64)
    }
    Some(of_number!(data_type, make,))
}

/// The variance, or its root.
pub(super) fn deviation(root: bool, data_type: &DataType) -> Option<Box<dyn Accumulator>> {
    fn make<N: Number>(root: bool) -> Box<dyn Accumulator> {
        if root {
            boxed::<N, Deviation<true>>(DataType::Float64)
        } else {
            boxed::<N, Deviation<false>>(DataType::Float64)
        }
    }
    Some(of_number!(data_type, make, root))
}

/// The smallest or largest number, date, time, timestamp or duration.
pub(super) fn extreme(largest: bool, data_type: &DataType) -> Option<Box<dyn Accumulator>> {
    fn make<N: Number>(largest: bool, result: &DataType) -> Box<dyn Accumulator> {
        if largest {
            boxed::<N, Extremum<N, true>>(result.clone())
        } else {
            boxed::<N, Extremum<N, false>>(result.clone())
        }
    }
    Some(of_number!(integer(data_type).as_ref().unwrap_or(data_type), make, largest, data_type))
}

/// The integers that values of time are.
fn integer(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Date32 | DataType::Time32(TimeUnit::Second | TimeUnit::Millisecond) => Some(DataType::Int32),
        DataType::Date64 | DataType::Time64(_) | DataType::Timestamp(..) | DataType::Duration(_) => {
            Some(DataType::Int64)
        }
        _ => None,
    }
}

/// `column` as `data_type`; nothing is copied if it is that.
fn as_type(column: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    if column.data_type() == data_type {
        return Ok(Arc::clone(column));
    }
    cast(column, data_type).map_err(Error::arrow("read values as numbers"))
}

impl<N: Number, F: Fold<N>> Accumulator for Numeric<N, F> {
    fn run(&mut self, column: &ArrayRef, steps: &[Step]) -> Result<Output, Failure> {
        let numbers = as_type(column, &N::Arrow::DATA_TYPE)?;
        let numbers: &PrimitiveArray<N::Arrow> = numbers.as_primitive();
        let nulls = numbers.nulls().filter(|nulls| nulls.null_count() > 0);
        let (mut row, mut bins, mut snapshots) = (0, Vec::with_capacity(steps.len()), Vec::new());
        for step in steps {
            self.take_in(numbers.values(), nulls, row..step.end);
            row = step.end;
            let value = self.fold.value().map_err(|_| Failure::Overflow { bin: bins.len() })?;
            match step.act {
                Act::Snapshot => snapshots.push(value),
                Act::Open => bins.push(value),
                Act::Close => {
                    bins.push(value);
                    self.fold = F::default();
                }
            }
        }
        let typed = |values| {
            let values: ArrayRef = Arc::new(PrimitiveArray::<F::Out>::from_iter::<Vec<_>>(values));
            as_type(&values, &self.result)
        };
        Ok(Output { bins: typed(bins)?, snapshots: typed(snapshots)? })
    }

    fn save(&self) -> Result<Saved> {
        Ok(Saved::Words(self.fold.save()))
    }

    fn load(&mut self, saved: Saved) -> Option<()> {
        let Saved::Words(words) = saved else { return None };
        self.fold = F::load(&words)?;
        Some(())
    }

    fn data_type(&self) -> DataType {
        self.result.clone()
    }

    fn clone_box(&self) -> Box<dyn Accumulator> {
        Box::new(self.clone())
    }
}

impl<N: Number, F: Fold<N>> Numeric<N, F> {
    fn take_in(&mut self, values: &[N], nulls: Option<&NullBuffer>, rows: Range<usize>) {
        // A copy on the stack, so that the running value stays in registers.
        let mut fold = self.fold.clone();
        match nulls {
            None => values[rows].iter().for_each(|value| fold.add(*value)),
            Some(nulls) => {
                for row in rows {
                    if nulls.is_valid(row) {
                        fold.add(values[row]);
                    }
                }
            }
        }
        self.fold = fold;
    }
}
