//! Late data: which bins of a period change, and of which rows they are computed again.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use arrow::array::{AsArray, Int64Array, RecordBatch, new_null_array};
use arrow::compute::{cast, interleave};
use arrow::datatypes::{DataType, Int64Type};
use varvite_time::TimeUnit;

use super::events::MAX_EMPTY;
use super::interval::Tiler;
use super::options::{Bins, EmptyBins, Function, PeriodBins};
use super::{SegmentOptions, batch};
use crate::keys::{find, unit};
use crate::{Error, Result};

/// Bins that follow each other and are to be computed again, from scratch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The values of the ordered column whose rows they are computed of: both ends included, in its unit.
    pub input: RangeInclusive<i64>,
    /// Their labels: the first and the last.
    pub labels: RangeInclusive<i64>,
}

/// Finds the bins that rows in `changed` are in: those that must be computed again after rows there came late, were
/// corrected or were deleted.
///
/// Ranges are half-open, of the ordered column, in `unit`; they may overlap and come in any order, and empty ones are
/// ignored. Neighbours are joined: the result ascends, and between two of its entries lies at least one bin.
///
/// # Errors
/// [`Error::InvalidOption`] for a period shorter than `unit`.
///
/// # Examples
/// ```
/// use varvite_ops::{PeriodBins, touched_bins};
/// use varvite_time::{Period, TimeUnit};
/// let touched = touched_bins(&PeriodBins::new(Period::MINUTE), TimeUnit::Second, &[190..191, 30..61])?;
/// assert_eq!((touched[0].input.clone(), touched[0].labels.clone()), (0..=119, 0..=60));
/// assert_eq!(touched[1].labels, 180..=180);
/// # Ok::<(), varvite_ops::Error>(())
/// ```
pub fn touched_bins(bins: &PeriodBins, unit: TimeUnit, changed: &[Range<i64>]) -> Result<Vec<Touched>> {
    let tiler = Tiler::of_unit(bins, unit)?;
    let mut changed: Vec<&Range<i64>> = changed.iter().filter(|range| !range.is_empty()).collect();
    changed.sort_by_key(|range| range.start);
    let mut touched: Vec<Touched> = Vec::new();
    for range in changed {
        let (first, last) = (tiler.of(range.start), tiler.of(range.end - 1));
        let (start, end) = (tiler.first(first), last.last);
        match touched.last_mut() {
            Some(before) if start <= before.input.end().saturating_add(1) => {
                if end > *before.input.end() {
                    before.input = *before.input.start()..=end;
                    before.labels = *before.labels.start()..=tiler.label(last);
                }
            }
            _ => touched.push(Touched { input: start..=end, labels: tiler.label(first)..=tiler.label(last) }),
        }
    }
    Ok(touched)
}

/// Puts bins that were computed again in the place of the old ones: the result is what an aggregation of all rows gives.
///
/// `old` has the bins as they were, `renewed` those of the rows of [`Touched::input`], entry by entry, each computed by
/// an aggregation of its own; without rows, an empty batch. Where bins without rows have nulls, they are made or dropped
/// as the first and the last row of all say.
///
/// # Errors
/// [`Error::InvalidOption`] if bins are not of a period, or if `old` and `renewed` have not the columns of `options`;
/// [`Error::TooManyBins`].
pub fn patch(
    options: &SegmentOptions,
    old: &RecordBatch,
    touched: &[Touched],
    renewed: &[RecordBatch],
) -> Result<RecordBatch> {
    let Bins::Period(bins) = &options.bins else {
        let reason = "bins that are not of a period change from the late row to the end".to_owned();
        return Err(Error::InvalidOption { option: "bins", reason });
    };
    if touched.len() != renewed.len() {
        let reason = format!("{} batches for {} ranges", renewed.len(), touched.len());
        return Err(Error::InvalidOption { option: "renewed", reason });
    }
    let batches: Vec<&RecordBatch> = [old].into_iter().chain(renewed).collect();
    if let Some(other) = batches.iter().find(|batch| batch.schema_ref().fields() != old.schema_ref().fields()) {
        let reason = format!("its columns are {:?}", other.schema_ref().fields());
        return Err(Error::InvalidOption { option: "renewed", reason });
    }
    let labels = batches.iter().map(|batch| ticks(batch, options)).collect::<Result<Vec<_>>>()?;
    let nothing = nothing(options, old)?;
    let is_empty = |(from, row): (usize, usize)| {
        let column = |at: usize| batches[from].column(at).slice(row, 1);
        (1..old.num_columns()).all(|at| column(at).as_ref() == nothing.column(at).as_ref())
    };
    let mut kept = place(touched, &labels);
    // Renewed bins begin and end with rows. Old ones do, too, unless what was in front or behind is gone.
    while kept.first().is_some_and(|at| at.0 == 0 && at.1 > 0 && is_empty(*at)) {
        kept.remove(0);
    }
    while kept.last().is_some_and(|at| at.0 == 0 && at.1 + 1 < old.num_rows() && is_empty(*at)) {
        kept.pop();
    }
    let filled = match options.empty {
        EmptyBins::LeftOut => kept.iter().map(|(from, row)| (labels[*from][*row], Some((*from, *row)))).collect(),
        EmptyBins::Null => fill(bins, &kept, &labels, unit_of(old, options)?)?,
    };
    put_together(&batches, &nothing, &filled)
}

/// A bin of the result: its label, and the batch and row that it comes from; none if it is without rows.
type Bin = (i64, Option<(usize, usize)>);

/// The batches and rows that the bins of the result come from, in order: the renewed ones in the place of the old.
fn place(touched: &[Touched], labels: &[Vec<i64>]) -> Vec<(usize, usize)> {
    let old = &labels[0];
    let (mut kept, mut row) = (Vec::new(), 0);
    for (at, touched) in touched.iter().enumerate() {
        let start = old.partition_point(|label| label < touched.labels.start());
        kept.extend((row..start).map(|row| (0, row)));
        kept.extend((0..labels[at + 1].len()).map(|row| (at + 1, row)));
        row = old.partition_point(|label| label <= touched.labels.end());
    }
    kept.extend((row..old.len()).map(|row| (0, row)));
    kept
}

/// Adds the bins without rows that lie between those kept.
fn fill(bins: &PeriodBins, kept: &[(usize, usize)], labels: &[Vec<i64>], unit: TimeUnit) -> Result<Vec<Bin>> {
    let tiler = Tiler::of_unit(bins, unit)?;
    let mut filled: Vec<Bin> = Vec::with_capacity(kept.len());
    let mut empty = 0;
    for (from, row) in kept {
        let label = labels[*from][*row];
        if let Some((before, _)) = filled.last() {
            let mut next = tiler.after(tiler.named(*before));
            while tiler.label(next) < label {
                empty += 1;
                if empty > MAX_EMPTY {
                    return Err(Error::TooManyBins { limit: MAX_EMPTY, after: format!("tick {}", tiler.label(next)) });
                }
                filled.push((tiler.label(next), None));
                next = tiler.after(next);
            }
        }
        filled.push((label, Some((*from, *row))));
    }
    Ok(filled)
}

fn put_together(batches: &[&RecordBatch], nothing: &RecordBatch, bins: &[Bin]) -> Result<RecordBatch> {
    let failed = || Error::arrow("put renewed bins in their places");
    let schema = nothing.schema();
    let labels = Int64Array::from_iter_values(bins.iter().map(|(label, _)| *label));
    let mut columns = vec![cast(&labels, schema.field(0).data_type()).map_err(failed())?];
    let from: Vec<(usize, usize)> = bins.iter().map(|(_, from)| from.unwrap_or((batches.len(), 0))).collect();
    for at in 1..schema.fields().len() {
        let sources = batches.iter().copied().chain([nothing]).map(|batch| batch.column(at).as_ref());
        columns.push(interleave(&sources.collect::<Vec<_>>(), &from).map_err(failed())?);
    }
    batch(schema, columns)
}

/// A bin without rows; its label is to be replaced.
fn nothing(options: &SegmentOptions, bins: &RecordBatch) -> Result<RecordBatch> {
    let mut columns = vec![new_null_array(bins.column(0).data_type(), 1)];
    for (at, aggregate) in options.aggregates.iter().enumerate() {
        columns.push(match aggregate.function {
            Function::Count | Function::Rows => Arc::new(Int64Array::from(vec![0])),
            _ => new_null_array(bins.column(at + 1).data_type(), 1),
        });
    }
    batch(bins.schema(), columns)
}

/// The labels of `bins`, in the ticks of their type.
fn ticks(bins: &RecordBatch, options: &SegmentOptions) -> Result<Vec<i64>> {
    let labels = cast(find(bins, &options.label, "bins")?, &DataType::Int64);
    Ok(labels.map_err(Error::arrow("read the labels of bins"))?.as_primitive::<Int64Type>().values().to_vec())
}

fn unit_of(bins: &RecordBatch, options: &SegmentOptions) -> Result<TimeUnit> {
    let data_type = find(bins, &options.label, "bins")?.data_type();
    unit(data_type).ok_or_else(|| Error::UnsupportedType {
        column: options.label.clone(),
        place: "bins".to_owned(),
        data_type: data_type.to_string(),
        reason: "bins of a period are named by timestamps or dates".to_owned(),
    })
}
