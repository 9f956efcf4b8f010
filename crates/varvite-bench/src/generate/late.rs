//! Late rows: half of them correct stored rows, half of them are new.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, UInt64Array};
use arrow::compute::{cast, concat_batches, sort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Float64Type};

use crate::case::{Fact, fact, instants};
use crate::random::Random;

/// Which late rows are wanted.
pub(super) struct Late {
    /// Positions of the stored rows among which they lie.
    pub(super) window: Range<usize>,
    pub(super) count: usize,
    pub(super) seed: u64,
}

/// What a correction adds to a value: no sum of prices hides it.
const CORRECTION: f64 = 0.25;

/// Late rows in order, each key once, and what is stored after they were merged into `all`.
///
/// A new row is a stored one, `shift` later: nothing is stored there, so that it is new for certain.
pub(super) fn late_rows(
    all: &RecordBatch,
    ordered_on: &str,
    value: &str,
    shift: i64,
    late: &Late,
    stored: Fact,
) -> Result<(RecordBatch, Fact)> {
    let mut random = Random::new(late.seed);
    let positions = random.shuffled(late.window.len());
    let positions: Vec<u64> =
        positions.into_iter().take(late.count).map(|at| (late.window.start + at) as u64).collect();
    let (corrected, new) = positions.split_at(positions.len() / 2);
    let take = |positions: &[u64]| take_record_batch(all, &UInt64Array::from(positions.to_vec()));
    let (before, new) = (take(corrected)?, take(new)?);
    let corrected = with_correction(&before, value)?;
    let new = shifted(&new, ordered_on, shift)?;
    let of = |rows: &RecordBatch| fact(std::slice::from_ref(rows), value);
    let schema = all.schema();
    let (was, is, more) = (of(&before)?, of(&corrected)?, of(&new)?);
    let after = Fact { rows: stored.rows + more.rows, sum: stored.sum - was.sum + is.sum + more.sum };
    let joined = concat_batches(&schema, [&corrected, &new])?;
    let times = Int64Array::from(instants(&joined, ordered_on)?);
    let order = sort_to_indices(&times, None, None)?;
    Ok((take_record_batch(&joined, &order)?, after))
}

/// The rows with other values; a missing one becomes [`CORRECTION`].
fn with_correction(rows: &RecordBatch, value: &str) -> Result<RecordBatch> {
    let column = rows.column_by_name(value).context("the value column is missing")?;
    let values = column.as_primitive::<Float64Type>();
    let corrected = values.iter().map(|value| Some(value.unwrap_or_default() + CORRECTION));
    replaced(rows, value, Arc::new(corrected.collect::<Float64Array>()))
}

fn shifted(rows: &RecordBatch, ordered_on: &str, shift: i64) -> Result<RecordBatch> {
    let data_type = rows.schema().field_with_name(ordered_on)?.data_type().clone();
    let times = instants(rows, ordered_on)?.into_iter().map(|time| time + shift);
    let times = cast(&(Arc::new(times.collect::<Int64Array>()) as ArrayRef), &DataType::Int64)?;
    replaced(rows, ordered_on, cast(&times, &data_type)?)
}

fn replaced(rows: &RecordBatch, name: &str, column: ArrayRef) -> Result<RecordBatch> {
    let at = rows.schema().index_of(name)?;
    let mut columns = rows.columns().to_vec();
    debug_assert_eq!(columns[at].len(), column.len());
    columns[at] = column;
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::generate::SeriesRows;

    /// Rows as a map from time and symbol to bid: merging is inserting.
    fn map(rows: &RecordBatch) -> BTreeMap<(i64, String), f64> {
        let times = instants(rows, "ts").unwrap();
        let symbols = rows.column(1).as_string::<i32>().iter().map(|symbol| symbol.unwrap().to_owned());
        let bids = rows.column(2).as_primitive::<Float64Type>().values().to_vec();
        times.into_iter().zip(symbols).zip(bids).collect()
    }

    #[test]
    fn the_fact_is_what_a_map_comes_to() {
        let all = SeriesRows::new(9).batches(10_000, 10_000).remove(0);
        let stored = fact(std::slice::from_ref(&all), "bid").unwrap();
        for window in [0..10_000, 5_000..5_100] {
            let late = Late { window: window.clone(), count: 100, seed: 1 };
            let (rows, after) = late_rows(&all, "ts", "bid", 1000, &late, stored).unwrap();
            assert!(instants(&rows, "ts").unwrap().is_sorted());
            let mut merged = map(&all);
            merged.extend(map(&rows));
            assert_eq!((rows.num_rows(), merged.len(), after.rows), (100, 10_050, 10_050), "{window:?}");
            assert!((merged.values().sum::<f64>() - after.sum).abs() < 1e-3);
        }
    }
}
