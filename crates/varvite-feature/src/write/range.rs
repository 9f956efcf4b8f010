//! Rows that replace a range lie in it.

use std::ops::Range;

use arrow::array::RecordBatch;
use varvite_schema::FeatureGroupSchema;

use super::report::{RefusalKind, ValidationReport};
use crate::times::numbers;
use crate::{Error, Result};

pub(super) fn refuse_outside(
    group: &FeatureGroupSchema,
    batch: &RecordBatch,
    column: &str,
    range: Range<i64>,
) -> Result<()> {
    let Some(times) = batch.column_by_name(column) else { return Ok(()) };
    let times = numbers(times)?;
    let outside = times.values().iter().enumerate().filter(|(_, time)| !range.contains(time));
    let rows: Vec<u64> = outside.map(|(row, _)| row as u64).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut report = ValidationReport { rows: batch.num_rows() as u64, refusals: Vec::new() };
    report.add(RefusalKind::OutsideRange, column, rows, || "lies outside the range that is replaced".to_owned());
    Err(Error::Refused { group: group.id(), report })
}
