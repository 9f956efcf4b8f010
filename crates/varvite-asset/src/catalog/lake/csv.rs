//! Comma-separated values of data-lake assets.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;

use super::super::write::rows::arrow as failed;
use super::format::BATCH;
use crate::{ModelSchema, Result};

pub(super) fn encode(batch: &RecordBatch) -> Result<Bytes> {
    let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(Vec::new());
    writer.write(batch).map_err(failed("write CSV"))?;
    Ok(writer.into_inner().into())
}

pub(super) fn decode(schema: &ModelSchema, bytes: &[u8]) -> Result<Vec<RecordBatch>> {
    let names = arrow::csv::reader::Format::default().with_header(true).infer_schema(bytes, Some(0));
    let (names, _) = names.map_err(failed("read the header of a CSV file"))?;
    let fields = names.fields().iter().map(|field| {
        let known = schema.column(field.name()).map(|column| column.data_type.clone());
        Field::new(field.name(), known.unwrap_or(DataType::Utf8), true)
    });
    let fields = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let reader = arrow::csv::ReaderBuilder::new(fields).with_header(true).with_batch_size(BATCH);
    let reader = reader.build(bytes).map_err(failed("read CSV"))?;
    let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().map_err(failed("read CSV"))?;
    batches.into_iter().map(|batch| with_empty_texts(schema, &batch)).collect()
}

/// An empty text is a null in CSV: where there are no nulls, it is an empty text.
fn with_empty_texts(schema: &ModelSchema, batch: &RecordBatch) -> Result<RecordBatch> {
    let filled = |column: &ArrayRef, name: &str| -> ArrayRef {
        let full = schema.column(name).is_some_and(|column| !column.nullable) && column.null_count() > 0;
        match column.as_string_opt::<i32>().filter(|_| full) {
            None => Arc::clone(column),
            Some(texts) => Arc::new(StringArray::from_iter_values(texts.iter().map(Option::unwrap_or_default))),
        }
    };
    let names = batch.schema();
    let columns = batch.columns().iter().zip(names.fields()).map(|(column, field)| filled(column, field.name()));
    RecordBatch::try_new(batch.schema(), columns.collect()).map_err(failed("read CSV"))
}
