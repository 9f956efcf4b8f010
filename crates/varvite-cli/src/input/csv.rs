//! CSV files with a header line. An empty field is a missing value.

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;

use arrow::csv::reader::Format;
use arrow::csv::{Reader as CsvReader, ReaderBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::csv_lines::{bad_cell, ragged};
use super::source::{Cause, Source};
use super::text::{hinted, is_read_as_text, survey, typed_as};
use super::typed::Typed;
use crate::error::Result;

/// Types are those of `hint`, else what the whole file looks like.
pub(super) fn read(source: Source, hint: Option<&SchemaRef>) -> Result<Typed> {
    let explained = |error| ragged(&source).map_or(error, Cause::from);
    let (raw, columns) = columns(&source, hint).map_err(|error| source.failed(explained(error)))?;
    let read_as = Arc::clone(&raw);
    let typed = Typed::new(source, columns, move |source| Ok(Box::new(open(source, raw, None)?)));
    Ok(typed.explained_by(move |source, rows_before| bad_cell(source, &read_as, rows_before)))
}

/// The columns as they are read, and as they are meant.
fn columns(source: &Source, hint: Option<&SchemaRef>) -> std::result::Result<(SchemaRef, SchemaRef), Cause> {
    let (guessed, _) = Format::default().with_header(true).infer_schema(source.buffered()?, None)?;
    check_names(&guessed)?;
    let raw: Vec<Field> = guessed.fields().iter().map(|field| raw_field(field, hint)).collect();
    let mut columns: Vec<Field> = raw.iter().map(|field| typed_as(hint, field)).collect();
    let raw: SchemaRef = Arc::new(Schema::new(raw));
    let unsure = |at: &usize| {
        let field = guessed.field(*at);
        matches!(field.data_type(), DataType::Timestamp(..)) && hinted(hint, field).is_none()
    };
    let unsure: Vec<usize> = (0..columns.len()).filter(unsure).collect();
    if !unsure.is_empty() {
        let batches = open(source, Arc::clone(&raw), Some(unsure.clone()))?;
        for (at, data_type) in unsure.iter().zip(survey(batches, unsure.len())?) {
            columns[*at].set_data_type(data_type);
        }
    }
    Ok((raw, Arc::new(Schema::new(columns))))
}

/// Of two columns of one name one would be lost.
fn check_names(columns: &Schema) -> std::result::Result<(), Cause> {
    let mut names = HashSet::new();
    match columns.fields().iter().find(|field| !names.insert(field.name())) {
        Some(twice) => Err(format!("the header line has the column `{}` twice", twice.name()).into()),
        None => Ok(()),
    }
}

fn open(
    source: &Source,
    columns: SchemaRef,
    projection: Option<Vec<usize>>,
) -> std::result::Result<CsvReader<File>, Cause> {
    let mut builder = ReaderBuilder::new(columns).with_header(true).with_batch_size(super::BATCH_SIZE);
    if let Some(projection) = projection {
        builder = builder.with_projection(projection);
    }
    Ok(builder.build(source.reopened()?)?)
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
