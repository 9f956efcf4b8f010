//! [`Running`]: aggregates of all rows of a key so far.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};

use super::sweep::Fold;
use crate::{Error, Result};

/// A function that takes in one row after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// Rows, or values that are not null.
    Count,
    /// Sum.
    Sum,
    /// Least value.
    Min,
    /// Greatest value.
    Max,
    /// Arithmetic mean.
    Mean,
    /// Variance: of a sample, else of the population.
    Variance { of_sample: bool },
    /// Square root of the variance.
    Deviation { of_sample: bool },
}

impl Function {
    /// The type of its values for arguments of this type; `None` if it does not take them here.
    pub(super) fn output(self, argument: Option<&DataType>) -> Option<DataType> {
        let is_integer = argument
            .is_some_and(|of| matches!(of, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64));
        let is_float = matches!(argument, Some(DataType::Float32 | DataType::Float64));
        match self {
            Self::Count => Some(DataType::Int64),
            Self::Sum | Self::Min | Self::Max if is_integer => Some(DataType::Int64),
            Self::Sum | Self::Min | Self::Max if is_float => Some(DataType::Float64),
            Self::Mean | Self::Variance { .. } | Self::Deviation { .. } if is_integer || is_float => {
                Some(DataType::Float64)
            }
            _ => None,
        }
    }
}

/// Aggregates of each key, and those that each entity row is answered with.
pub(super) struct Running {
    columns: Vec<Column>,
    /// Whether the key has had a row: without one it is no group of the query.
    has_rows: Vec<bool>,
    answered: Vec<bool>,
}

/// One aggregate.
struct Column {
    function: Function,
    /// The type of its values.
    output: DataType,
    argument: Argument,
    states: Vec<State>,
    answers: Vec<State>,
}

/// The argument's values in the batch at hand.
enum Argument {
    /// `count(*)`.
    None,
    Integers(Int64Array),
    Floats(Float64Array),
    /// Anything that is only counted.
    Counted(BooleanArray),
}

/// What an aggregate has come to.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    count: i64,
    integer: i64,
    /// Sum, least or greatest value, or mean.
    float: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
}

impl Running {
    /// Aggregates with the types of their values, as [`Function::output`] gives them.
    pub(super) fn new(functions: &[(Function, DataType)], keys: usize, entities: usize) -> Self {
        let column = |(function, output): &(Function, DataType)| Column {
            function: *function,
            output: output.clone(),
            argument: Argument::None,
            states: vec![State::default(); keys],
            answers: vec![State::default(); entities],
        };
        let columns = functions.iter().map(column).collect();
        Self { columns, has_rows: vec![false; keys], answered: vec![false; entities] }
    }

    /// Begins a batch with these arguments, one an aggregate; `None` for `count(*)`.
    pub(super) fn begin(&mut self, arguments: &[Option<ArrayRef>]) -> Result<()> {
        for (column, argument) in self.columns.iter_mut().zip(arguments) {
            column.argument = Argument::of(column.function, argument.as_ref())?;
        }
        Ok(())
    }

    /// One array an aggregate, and for each entity row whether its key is a group of the query at all.
    pub(super) fn finish(self) -> (Vec<ArrayRef>, BooleanArray) {
        let answered = &self.answered;
        let arrays = self.columns.iter().map(|column| column.array(answered)).collect();
        (arrays, BooleanArray::from(self.answered.clone()))
    }
}

impl Argument {
    fn of(function: Function, argument: Option<&ArrayRef>) -> Result<Self> {
        let Some(array) = argument else { return Ok(Self::None) };
        if function == Function::Count {
            return Ok(Self::Counted(arrow::compute::is_not_null(array).map_err(Error::arrow("count values"))?));
        }
        let of = |data_type| cast(array, data_type).map_err(Error::arrow("take the argument of an aggregate"));
        match array.data_type() {
            DataType::Float32 | DataType::Float64 => {
                Ok(Self::Floats(of(&DataType::Float64)?.as_primitive::<Float64Type>().clone()))
            }
            _ => Ok(Self::Integers(of(&DataType::Int64)?.as_primitive::<Int64Type>().clone())),
        }
    }
}

impl Column {
    fn push(&mut self, key: u32, row: usize) {
        let state = &mut self.states[key as usize];
        match &self.argument {
            Argument::None => state.count += 1,
            Argument::Counted(is_there) => state.count += i64::from(is_there.value(row)),
            Argument::Integers(values) if values.is_valid(row) => state.take_integer(self.function, values.value(row)),
            Argument::Floats(values) if values.is_valid(row) => state.take_float(self.function, values.value(row)),
            Argument::Integers(_) | Argument::Floats(_) => {}
        }
    }

    fn array(&self, answered: &[bool]) -> ArrayRef {
        let answers = || self.answers.iter().zip(answered);
        match self.function {
            Function::Count => Arc::new(answers().map(|(state, is)| is.then_some(state.count)).collect::<Int64Array>()),
            _ if self.output == DataType::Int64 => {
                let value = |(state, _): (&State, &bool)| (state.count > 0).then_some(state.integer);
                Arc::new(answers().map(value).collect::<Int64Array>())
            }
            function => Arc::new(answers().map(|(state, _)| state.float_value(function)).collect::<Float64Array>()),
        }
    }
}

impl State {
    fn take_integer(&mut self, function: Function, value: i64) {
        self.count += 1;
        match function {
            // As engines do: a sum that overflows wraps around.
            Function::Sum => self.integer = self.integer.wrapping_add(value),
            Function::Min if self.count > 1 => self.integer = self.integer.min(value),
            Function::Max if self.count > 1 => self.integer = self.integer.max(value),
            Function::Min | Function::Max => self.integer = value,
            #[allow(clippy::cast_precision_loss, reason = "a mean of integers is a double")]
            Function::Mean => self.float += value as f64,
            #[allow(clippy::cast_precision_loss, reason = "a variance of integers is a double")]
            _ => self.take_moment(value as f64),
        }
    }

    fn take_float(&mut self, function: Function, value: f64) {
        self.count += 1;
        match function {
            Function::Sum | Function::Mean => self.float += value,
            // NaN is greater than any number, as in the engine's own order.
            Function::Min if self.count > 1 && self.float.total_cmp(&value).is_le() => {}
            Function::Max if self.count > 1 && self.float.total_cmp(&value).is_ge() => {}
            Function::Min | Function::Max => self.float = value,
            _ => self.take_moment(value),
        }
    }

    /// Welford's update of mean and squared distances (1962). `count` is that with the value.
    fn take_moment(&mut self, value: f64) {
        #[allow(clippy::cast_precision_loss, reason = "a count of rows")]
        let count = self.count as f64;
        let before = value - self.float;
        self.float += before / count;
        self.squares += before * (value - self.float);
    }

    fn float_value(self, function: Function) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "a count of rows")]
        let count = self.count as f64;
        let variance = |of_sample: bool| {
            let divisor = if of_sample { count - 1.0 } else { count };
            (divisor > 0.0).then(|| self.squares / divisor)
        };
        match function {
            _ if self.count == 0 => None,
            Function::Mean => Some(self.float / count),
            Function::Variance { of_sample } => variance(of_sample),
            Function::Deviation { of_sample } => variance(of_sample).map(f64::sqrt),
            _ => Some(self.float),
        }
    }
}

impl Fold for Running {
    fn push(&mut self, key: u32, row: usize) -> Result<()> {
        self.has_rows[key as usize] = true;
        for column in &mut self.columns {
            column.push(key, row);
        }
        Ok(())
    }

    fn answer(&mut self, key: u32, entity: u32) {
        self.answered[entity as usize] = self.has_rows[key as usize];
        for column in &mut self.columns {
            column.answers[entity as usize] = column.states[key as usize];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integers(values: &[Option<i64>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<Int64Array>())
    }

    #[test]
    fn a_key_without_rows_is_no_group() {
        let mut running = Running::new(&[(Function::Count, DataType::Int64)], 2, 2);
        running.begin(&[None]).unwrap();
        running.push(0, 0).unwrap();
        running.answer(0, 1);
        running.answer(1, 0);
        let (arrays, is_group) = running.finish();
        assert_eq!(arrays[0].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [None, Some(1)]);
        assert_eq!(is_group.values().iter().collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn nulls_are_skipped_and_a_sum_of_none_is_null() {
        let functions = [Function::Sum, Function::Min, Function::Max].map(|function| (function, DataType::Int64));
        let mut running = Running::new(&functions, 1, 2);
        let values = integers(&[None, Some(3), Some(-4)]);
        running.begin(&[Some(values.clone()), Some(values.clone()), Some(values)]).unwrap();
        running.push(0, 0).unwrap();
        running.answer(0, 0);
        running.push(0, 1).unwrap();
        running.push(0, 2).unwrap();
        running.answer(0, 1);
        let (arrays, _) = running.finish();
        let found: Vec<Vec<Option<i64>>> =
            arrays.iter().map(|array| array.as_primitive::<Int64Type>().iter().collect()).collect();
        assert_eq!(found, [[None, Some(-1)], [None, Some(-4)], [None, Some(3)]]);
    }

    #[test]
    fn a_deviation_of_one_value_is_null_only_for_a_sample() {
        let of = |of_sample| (Function::Deviation { of_sample }, DataType::Float64);
        let mut running = Running::new(&[of(true), of(false)], 1, 1);
        let values: ArrayRef = Arc::new(Float64Array::from(vec![2.0]));
        running.begin(&[Some(values.clone()), Some(values)]).unwrap();
        running.push(0, 0).unwrap();
        running.answer(0, 0);
        let (arrays, _) = running.finish();
        let found = |at: usize| arrays[at].as_primitive::<Float64Type>().iter().next().flatten();
        assert_eq!((found(0), found(1)), (None, Some(0.0)));
    }
}
