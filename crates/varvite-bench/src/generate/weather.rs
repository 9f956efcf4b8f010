//! The weather that the repository ships, in order of time.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, partition, take_record_batch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Microseconds of an hour.
pub(super) const HOUR_US: i64 = 3_600_000_000;

/// All rows of `source` in order of time and station, each once.
pub(super) fn rows(source: &Path) -> Result<RecordBatch> {
    let file = File::open(source).with_context(|| format!("opening {}", source.display()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let schema = builder.schema().clone();
    let batches = builder.build()?.collect::<Result<Vec<_>, _>>()?;
    let rows = concat_batches(&schema, &batches)?;
    let column = |name: &str| rows.column_by_name(name).cloned().with_context(|| format!("no column `{name}`"));
    let keys = [column("time_hour")?, column("origin")?];
    let order = keys.iter().map(|values| SortColumn { values: values.clone(), options: None }).collect::<Vec<_>>();
    let sorted = take_record_batch(&rows, &lexsort_to_indices(&order, None)?)?;
    once_each(&sorted)
}

/// Of rows with the same time and station, the last.
fn once_each(sorted: &RecordBatch) -> Result<RecordBatch> {
    let column = |name: &str| sorted.column_by_name(name).cloned().with_context(|| format!("no column `{name}`"));
    let ranges = partition(&[column("time_hour")?, column("origin")?])?.ranges();
    let last = ranges.into_iter().map(|range| u32::try_from(range.end - 1)).collect::<Result<Vec<_>, _>>()?;
    Ok(take_record_batch(sorted, &UInt32Array::from(last))?)
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;

    use super::*;
    use crate::case::instants;

    #[test]
    fn the_shipped_file_is_in_order_of_time() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../varvite-cli/data/nyc_weather_2013.parquet");
        let rows = rows(&source).unwrap();
        let times = instants(&rows, "time_hour").unwrap();
        let origins = rows.column_by_name("origin").unwrap().as_string::<i32>();
        let keys: Vec<(i64, &str)> = times.into_iter().zip(origins.iter().flatten()).collect();
        assert!(keys.len() > 26_000 && keys.is_sorted_by(|a, b| a < b));
    }
}
