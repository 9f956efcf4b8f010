//! Columns of times made of counts: the way back from [`crate::times`].

use arrow::array::{ArrayRef, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::DataType as Arrow;

/// A column of times with these counts.
pub(super) fn from_counts(counts: &Int64Array, data_type: &Arrow) -> Option<ArrayRef> {
    match data_type {
        Arrow::Date32 => cast(&cast(counts, &Arrow::Int32).ok()?, data_type).ok(),
        _ => cast(counts, data_type).ok(),
    }
}
