//! From a column as it is stored to the one type that a field is read from.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, new_null_array};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;

use crate::model::DecodeError;

/// The column as `wanted`, if it is that, or one that `accepts` says to be cast without loss.
pub(super) fn stored_as(
    column: &ArrayRef,
    wanted: &DataType,
    accepts: impl Fn(&DataType) -> bool,
) -> Result<ArrayRef, DecodeError> {
    let column = unpacked(column, wanted)?;
    match column.data_type() {
        stored if stored == wanted => Ok(column),
        stored if accepts(stored) => cast(&column, wanted),
        stored => Err(wrong_type(stored, wanted)),
    }
}

/// The column without a dictionary; nulls without a type are nulls of the wanted one.
pub(super) fn unpacked(column: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, DecodeError> {
    match column.data_type() {
        DataType::Dictionary(_, values) => cast(column, values),
        DataType::Null => Ok(new_null_array(wanted, column.len())),
        _ => Ok(ArrayRef::clone(column)),
    }
}

pub(super) fn cast(column: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, DecodeError> {
    let strictly = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(column, wanted, &strictly).map_err(|error| DecodeError::new(0, error.to_string()))
}

pub(super) fn wrong_type(stored: &DataType, wanted: &DataType) -> DecodeError {
    DecodeError::new(0, format!("the column is {stored}, the field needs {wanted}"))
}

/// Refuses a null in a row that is asked for.
pub(super) fn no_nulls(column: &dyn Array, asked: Option<&NullBuffer>) -> Result<(), DecodeError> {
    let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) else { return Ok(()) };
    let is_asked = |row: &usize| asked.is_none_or(|asked| asked.is_valid(*row));
    match (0..nulls.len()).filter(|row| nulls.is_null(*row)).find(is_asked) {
        None => Ok(()),
        Some(row) => Err(DecodeError::new(row, "it is null, and the field is no `Option`")),
    }
}

/// The values of a column of plain numbers. Those of nulls that are not asked for are anything.
pub(super) fn primitive<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    asked: Option<&NullBuffer>,
    accepts: impl Fn(&DataType) -> bool,
) -> Result<ScalarBuffer<T::Native>, DecodeError> {
    let column = stored_as(column, &T::DATA_TYPE, accepts)?;
    no_nulls(&column, asked)?;
    Ok(column.as_primitive::<T>().values().clone())
}
