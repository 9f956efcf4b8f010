//! How a column is encoded, decided from a sample of it.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::row::{RowConverter, SortField};

/// The encoding of a leaf column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnEncoding {
    /// Differences of neighbours, packed: for integers that ascend.
    Delta,
    /// A dictionary: for few distinct values.
    Dictionary,
    /// The bytes of floats by significance: for noise, whose leading bytes are alike.
    ByteStreamSplit,
    /// As it is.
    Plain,
}

/// Rows that are looked at.
const SAMPLE: usize = 4096;
/// A dictionary pays if at most so many in a hundred values of the sample are distinct.
const DISTINCT_PERCENT: usize = 50;

/// What suits a column, judged by evenly spread rows of its first batch.
pub(super) fn choose(column: &ArrayRef, is_ordered: bool) -> ColumnEncoding {
    let integer = is_integer(column.data_type());
    if integer && (is_ordered || ascends(column)) {
        return ColumnEncoding::Delta;
    }
    if repeats(column) {
        return ColumnEncoding::Dictionary;
    }
    if splitting_pays(column) { ColumnEncoding::ByteStreamSplit } else { ColumnEncoding::Plain }
}

/// Types that Parquet stores as 32- or 64-bit integers and whose values delta encoding helps.
fn is_integer(data_type: &DataType) -> bool {
    data_type.is_integer()
        || matches!(data_type, DataType::Timestamp(..) | DataType::Date32 | DataType::Time32(_) | DataType::Time64(_))
}

fn sample(column: &ArrayRef) -> Option<Vec<Vec<u8>>> {
    let step = column.len().div_ceil(SAMPLE).max(1);
    let rows: arrow::array::UInt32Array =
        (0..column.len()).step_by(step).filter_map(|row| u32::try_from(row).ok()).collect();
    let taken = arrow::compute::take(column, &rows, None).ok()?;
    let converter = RowConverter::new(vec![SortField::new(taken.data_type().clone())]).ok()?;
    let rows = converter.convert_columns(&[taken]).ok()?;
    Some(rows.iter().map(|row| row.as_ref().to_vec()).collect())
}

fn ascends(column: &ArrayRef) -> bool {
    column.null_count() == 0 && sample(column).is_some_and(|rows| rows.len() > 1 && rows.is_sorted())
}

fn repeats(column: &ArrayRef) -> bool {
    sample(column).is_none_or(|rows| {
        let distinct: HashSet<&Vec<u8>> = rows.iter().collect();
        distinct.len() * 100 <= rows.len() * DISTINCT_PERCENT
    })
}

/// Whether the bytes of floats, sorted by significance, carry clearly less information than as they stand.
fn splitting_pays(column: &ArrayRef) -> bool {
    let values: Vec<Vec<u8>> = match column.data_type() {
        DataType::Float64 => column
            .as_primitive::<Float64Type>()
            .values()
            .iter()
            .take(SAMPLE)
            .map(|v| v.to_le_bytes().to_vec())
            .collect(),
        DataType::Float32 => column
            .as_primitive::<Float32Type>()
            .values()
            .iter()
            .take(SAMPLE)
            .map(|v| v.to_le_bytes().to_vec())
            .collect(),
        _ => return false,
    };
    let width = values.first().map_or(0, Vec::len);
    if width == 0 {
        return false;
    }
    let mixed = entropy(values.iter().flatten().copied());
    let split: f64 = (0..width).map(|byte| entropy(values.iter().map(move |value| value[byte]))).sum();
    split < 0.95 * mixed * f64::from(u8::try_from(width).unwrap_or(u8::MAX))
}

/// Shannon's entropy of bytes, in bits a byte.
#[allow(clippy::cast_precision_loss, reason = "an estimate over a few thousand bytes")]
fn entropy(bytes: impl Iterator<Item = u8>) -> f64 {
    let mut counts = [0_u32; 256];
    let mut total = 0_u32;
    for byte in bytes {
        counts[usize::from(byte)] += 1;
        total += 1;
    }
    let share = |count: u32| f64::from(count) / f64::from(total.max(1));
    counts.iter().filter(|count| **count > 0).map(|count| -share(*count) * share(*count).log2()).sum()
}
