//! Parquet files.

use arrow::array::RecordBatchReader;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::source::{Cause, Source};
use super::typed::{Typed, cast_to};
use crate::error::Result;

pub(super) fn read(source: Source, hint: Option<&SchemaRef>, evolve: bool) -> Result<Typed> {
    let given = open(&source).map_err(|error| source.failed(error))?.schema();
    Ok(Typed::new(source, cast_to(&given, hint, evolve), |source| Ok(Box::new(open(source)?))))
}

fn open(source: &Source) -> std::result::Result<ParquetRecordBatchReader, Cause> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(source.reopened()?)?;
    Ok(builder.with_batch_size(super::BATCH_SIZE).build()?)
}
