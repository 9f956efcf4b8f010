//! Which rows of a batch a filter wants.

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{and_kleene, is_null, not, or_kleene};
use arrow::error::ArrowError;

use super::{Comparison, Filter};
use crate::values::{Chunk, Range, Set, Values, number, plain, with_chunk};
use crate::{Error, Result, Value};

impl Filter {
    /// For each row whether it is wanted; null where that is unknown, as in SQL.
    ///
    /// # Errors
    /// For a column that is absent, or of a type that the filter's value has no place in.
    pub fn mask(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        match self {
            Self::Compare { column, comparison, value } => {
                compare(&stored(batch, column)?, *comparison, value).map_err(|reason| refused(column, &reason))
            }
            Self::OneOf { column, values } => {
                one_of(&stored(batch, column)?, values).map_err(|reason| refused(column, &reason))
            }
            Self::IsNull { column } => is_null(&stored(batch, column)?).map_err(failed),
            Self::All(filters) => combined(filters, batch, true, and_kleene),
            Self::Any(filters) => combined(filters, batch, false, or_kleene),
            Self::Not(filter) => not(&filter.mask(batch)?).map_err(failed),
        }
    }
}

fn stored(batch: &RecordBatch, column: &str) -> Result<ArrayRef> {
    let found = batch.column_by_name(column).ok_or_else(|| refused(column, "there is no such column"))?;
    plain(found).map_err(failed)
}

fn combined(
    filters: &[Filter],
    batch: &RecordBatch,
    of_none: bool,
    combine: fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, ArrowError>,
) -> Result<BooleanArray> {
    let mut masks = filters.iter().map(|filter| filter.mask(batch));
    let first = masks.next().unwrap_or_else(|| Ok(vec![of_none; batch.num_rows()].into()));
    masks.try_fold(first?, |all, mask| combine(&all, &mask?).map_err(failed))
}

fn compare(column: &ArrayRef, comparison: Comparison, value: &Value) -> Result<BooleanArray, String> {
    let range = Range::of(column.data_type(), comparison, value)?;
    let found = with_chunk(column, |chunk| in_range(&chunk, &range));
    let wanted = if comparison == Comparison::NotEqual { !&found } else { found };
    Ok(BooleanArray::new(wanted, column.nulls().cloned()))
}

fn one_of(column: &ArrayRef, values: &[Value]) -> Result<BooleanArray, String> {
    let set = Set::of(column.data_type(), values)?;
    let found = with_chunk(column, |chunk| in_set(&chunk, &set));
    Ok(BooleanArray::new(found, column.nulls().cloned()))
}

fn in_range(chunk: &Chunk<'_>, range: &Range) -> BooleanBuffer {
    match chunk.values {
        Values::Numbers(numbers) => number::each_width!(numbers,
            whole(slice) => mask_of(slice, range.whole()),
            real(slice) => mask_of(slice, range.real())),
        Values::Texts(text) => rows(chunk, |row| range.has_text(text(row))),
        Values::Flags(flag) => rows(chunk, |row| range.has_flag(flag(row))),
        Values::Lengths(_) | Values::Opaque => BooleanBuffer::new_unset(chunk.len),
    }
}

fn in_set(chunk: &Chunk<'_>, set: &Set) -> BooleanBuffer {
    match chunk.values {
        Values::Numbers(numbers) => number::each_width!(numbers,
            whole(slice) => mask_of(slice, |value| set.has_whole(number::Whole::wide(value))),
            real(slice) => mask_of(slice, |value| set.has_real(number::Real::wide(value)))),
        Values::Texts(text) => rows(chunk, |row| set.has_text(text(row))),
        Values::Flags(flag) => rows(chunk, |row| set.has_flag(flag(row))),
        Values::Lengths(_) | Values::Opaque => BooleanBuffer::new_unset(chunk.len),
    }
}

fn mask_of<T: Copy>(slice: &[T], test: impl Fn(T) -> bool) -> BooleanBuffer {
    BooleanBuffer::collect_bool(slice.len(), |row| test(slice[row]))
}

/// Asks only for rows that are not null.
fn rows(chunk: &Chunk<'_>, test: impl Fn(usize) -> bool) -> BooleanBuffer {
    BooleanBuffer::collect_bool(chunk.len, |row| chunk.is_valid(row) && test(row))
}

fn refused(column: &str, reason: &str) -> Error {
    Error::InvalidOption { option: "filter", reason: format!("column `{column}`: {reason}") }
}

fn failed(source: ArrowError) -> Error {
    Error::Arrow { action: "filter rows", source }
}
