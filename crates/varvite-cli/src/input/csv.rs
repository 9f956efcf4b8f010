//! CSV files with a header line. An empty field is a missing value.

use std::sync::Arc;

use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::source::Source;
use super::text::{is_read_as_text, survey};
use super::typed::Typed;
use crate::error::Result;

/// Types are those of `hint`, else what the whole file looks like.
pub(super) fn read(source: Source, hint: Option<&SchemaRef>) -> Result<Typed> {
    let (guessed, _) = Format::default()
        .with_header(true)
        .infer_schema(source.buffered()?, None)
        .map_err(|error| source.failed(error))?;
    let raw: Vec<Field> = guessed.fields().iter().map(|field| raw_field(field, hint)).collect();
    let raw: SchemaRef = Arc::new(Schema::new(raw));
    let unsure: Vec<usize> = (0..guessed.fields().len())
        .filter(|at| {
            let field = guessed.field(*at);
            matches!(field.data_type(), DataType::Timestamp(..)) && hinted(hint, field).is_none()
        })
        .collect();
    let mut columns: Vec<Field> = raw
        .fields()
        .iter()
        .map(|field| match hinted(hint, field) {
            Some(data_type) => field.as_ref().clone().with_data_type(data_type.clone()),
            None => field.as_ref().clone(),
        })
        .collect();
    if !unsure.is_empty() {
        let batches = ReaderBuilder::new(Arc::clone(&raw))
            .with_header(true)
            .with_batch_size(super::BATCH_SIZE)
            .with_projection(unsure.clone())
            .build(source.buffered()?)
            .map_err(|error| source.failed(error))?;
        for (at, data_type) in unsure.iter().zip(survey(batches, unsure.len()).map_err(|error| source.failed(error))?) {
            columns[*at].set_data_type(data_type);
        }
    }
    let reader = ReaderBuilder::new(raw)
        .with_header(true)
        .with_batch_size(super::BATCH_SIZE)
        .build(source.buffered()?)
        .map_err(|error| source.failed(error))?;
    Ok(Typed::new(source, Box::new(reader), Arc::new(Schema::new(columns))))
}

/// How the column is read from the text: what the text's own reader would round or cut is read as a string first.
fn raw_field(guessed: &Field, hint: Option<&SchemaRef>) -> Field {
    let data_type = match (hinted(hint, guessed), guessed.data_type()) {
        (Some(wanted), _) if is_read_as_text(wanted) => DataType::Utf8,
        (Some(wanted), _) if wanted.is_numeric() || *wanted == DataType::Boolean => wanted.clone(),
        (_, DataType::Null | DataType::Timestamp(..)) => DataType::Utf8,
        (_, other) => other.clone(),
    };
    Field::new(guessed.name(), data_type, true)
}

fn hinted<'a>(hint: Option<&'a SchemaRef>, field: &Field) -> Option<&'a DataType> {
    hint?.field_with_name(field.name()).ok().map(Field::data_type)
}
