//! Columns of times as numbers, with the unit that they count.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit as ArrowUnit};
use varvite_time::TimeUnit;

use crate::Result;
use crate::error::arrow;

/// The unit that a column of times counts; `None` for any other column. Times without a zone are in UTC, a date is its
/// midnight (S07).
pub(crate) fn unit_of(data_type: &DataType) -> Option<TimeUnit> {
    Some(match data_type {
        DataType::Timestamp(ArrowUnit::Second, _) => TimeUnit::Second,
        DataType::Timestamp(ArrowUnit::Millisecond, _) | DataType::Date64 => TimeUnit::Millisecond,
        DataType::Timestamp(ArrowUnit::Microsecond, _) => TimeUnit::Microsecond,
        DataType::Timestamp(ArrowUnit::Nanosecond, _) => TimeUnit::Nanosecond,
        DataType::Date32 => TimeUnit::Day,
        _ => return None,
    })
}

/// The numbers of a column of times or integers, nulls kept.
pub(crate) fn numbers(column: &ArrayRef) -> Result<Int64Array> {
    if column.data_type() == &DataType::Date32 {
        return Ok(column.as_primitive::<Date32Type>().unary::<_, Int64Type>(i64::from));
    }
    let numbers = cast(column, &DataType::Int64).map_err(arrow("read times as numbers"))?;
    Ok(numbers.as_primitive::<Int64Type>().clone())
}

/// Numbers as a column of times of a type that counts them.
pub(crate) fn as_times(values: Int64Array, data_type: &DataType) -> Result<ArrayRef> {
    let narrow =
        if data_type == &DataType::Date32 { cast(&values, &DataType::Int32) } else { Ok(Arc::new(values) as _) };
    narrow.and_then(|values: ArrayRef| cast(&values, data_type)).map_err(arrow("make times of numbers"))
}

/// The same instants counted in another unit; `None` where they are none of its values.
pub(crate) fn converted(value: i64, from: TimeUnit, to: TimeUnit) -> Option<i64> {
    if from == to { Some(value) } else { to.from_ns(from.to_ns(value)) }
}

/// Whether a column has no null at a row, and its value.
pub(crate) fn at(values: &Int64Array, row: usize) -> Option<i64> {
    values.is_valid(row).then(|| values.value(row))
}
