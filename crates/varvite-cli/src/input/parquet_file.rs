//! Parquet files.

use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::source::Source;
use super::typed::{Typed, cast_to};
use crate::error::Result;

pub(super) fn read(source: Source, hint: Option<&SchemaRef>) -> Result<Typed> {
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(source.from_start()?).map_err(|error| source.failed(error))?;
    let reader = builder.with_batch_size(super::BATCH_SIZE).build().map_err(|error| source.failed(error))?;
    let columns = cast_to(&arrow::array::RecordBatchReader::schema(&reader), hint);
    Ok(Typed::new(source, Box::new(reader), columns))
}
