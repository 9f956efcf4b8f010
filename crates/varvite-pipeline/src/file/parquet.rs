//! Parquet files.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{RecordBatch, RecordBatchReader};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::{BATCH_ROWS, Place};
use crate::source::Opened;
use crate::{Result, StepError};

pub(super) fn open(place: Place) -> Result<Opened> {
    let reader = guarded(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(&place.path)?)?;
        Ok(builder.with_batch_size(BATCH_ROWS).build()?)
    });
    let reader = reader.map_err(|error| place.failed(error))?;
    let schema = reader.schema();
    let mut reader = Some(reader);
    Ok(Opened::new(schema, std::iter::from_fn(move || next(&place, &mut reader))))
}

/// The next batch. After an error there is none, and the reader is gone.
fn next(place: &Place, reader: &mut Option<ParquetRecordBatchReader>) -> Option<Result<RecordBatch>> {
    let mut open = reader.take()?;
    let batch = guarded(|| Ok(open.next().transpose()?)).map_err(|error| place.failed(error)).transpose()?;
    if batch.is_ok() {
        *reader = Some(open);
    }
    Some(batch)
}

/// The library panics on some damaged files. What it works on must be dropped after an error.
fn guarded<T>(read: impl FnOnce() -> Result<T, StepError>) -> Result<T, StepError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("it is damaged".into()))
}
