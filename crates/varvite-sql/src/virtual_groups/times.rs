//! Columns of times in the answers of queries.

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use varvite_schema::VirtualSchema;

use super::tables::TimeType;
use crate::{Error, Result};

/// The type of a query's event time.
pub(super) fn dated(group: &VirtualSchema, name: &str, data_type: &DataType) -> Result<TimeType> {
    TimeType::of(data_type).ok_or_else(|| Error::InvalidTable {
        table: group.id(),
        reason: format!("event time `{name}` is {data_type}: a time is a timestamp or a date"),
    })
}

/// A column of times as numbers of its unit.
pub(super) fn numbers(column: &ArrayRef) -> Result<Int64Array> {
    let plain = match column.data_type() {
        DataType::Date32 => cast(column, &DataType::Int32),
        _ => Ok(column.clone()),
    };
    let numbers = plain.and_then(|plain| cast(&plain, &DataType::Int64));
    Ok(numbers.map_err(Error::arrow("read times as numbers"))?.as_primitive::<Int64Type>().clone())
}
