//! JSON lines: one object a line. A key that a line lacks is a missing value.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::json::ReaderBuilder;
use arrow::json::reader::infer_json_schema;

use super::source::Source;
use super::text::{is_read_as_text, survey};
use super::typed::Typed;
use crate::error::Result;

/// Types are those of `hint`, else what the whole file looks like.
pub(super) fn read(source: Source, hint: Option<&SchemaRef>) -> Result<Typed> {
    let (guessed, _) = infer_json_schema(source.buffered()?, None).map_err(|error| source.failed(error))?;
    let guessed = in_order_of_first_line(&guessed, source.buffered()?);
    let raw: Vec<Field> = guessed.iter().map(|field| raw_field(field, hint)).collect();
    let mut columns: Vec<Field> = raw
        .iter()
        .map(|field| match hinted(hint, field) {
            Some(data_type) => field.clone().with_data_type(data_type.clone()),
            None => field.clone(),
        })
        .collect();
    let unsure: Vec<usize> = (0..raw.len())
        .filter(|at| *raw[*at].data_type() == DataType::Utf8 && hinted(hint, &raw[*at]).is_none())
        .collect();
    if !unsure.is_empty() {
        let projected = Schema::new(unsure.iter().map(|at| raw[*at].clone()).collect::<Vec<_>>());
        let batches = reader(&source, projected)?;
        for (at, data_type) in unsure.iter().zip(survey(batches, unsure.len()).map_err(|error| source.failed(error))?) {
            columns[*at].set_data_type(data_type);
        }
    }
    let reader = reader(&source, Schema::new(raw))?;
    Ok(Typed::new(source, Box::new(reader), Arc::new(Schema::new(columns))))
}

fn reader(source: &Source, schema: Schema) -> Result<arrow::json::Reader<BufReader<std::fs::File>>> {
    ReaderBuilder::new(Arc::new(schema))
        .with_batch_size(super::BATCH_SIZE)
        .build(source.buffered()?)
        .map_err(|error| source.failed(error))
}

/// How the column is read: times come as strings, and are not to be rounded.
fn raw_field(guessed: &Field, hint: Option<&SchemaRef>) -> Field {
    let data_type = match (hinted(hint, guessed), guessed.data_type()) {
        (Some(wanted), DataType::Utf8) if is_read_as_text(wanted) => DataType::Utf8,
        (Some(wanted), _) => wanted.clone(),
        (None, DataType::Null) => DataType::Utf8,
        (None, other) => other.clone(),
    };
    Field::new(guessed.name(), data_type, true)
}

fn hinted<'a>(hint: Option<&'a SchemaRef>, field: &Field) -> Option<&'a DataType> {
    hint?.field_with_name(field.name()).ok().map(Field::data_type)
}

/// The fields as the first line has them; those of later lines follow.
fn in_order_of_first_line(guessed: &Schema, file: BufReader<std::fs::File>) -> Vec<Field> {
    let first = first_line(file);
    let mut fields: Vec<Field> = guessed.fields().iter().map(|field| field.as_ref().clone()).collect();
    let position = |name: &String| first.iter().position(|key| key == name).unwrap_or(usize::MAX);
    fields.sort_by_key(|field| position(field.name()));
    fields
}

/// The keys of the first line, in order; none if they cannot be told.
fn first_line(mut file: BufReader<std::fs::File>) -> Vec<String> {
    let mut line = String::new();
    while line.trim().is_empty() {
        match file.by_ref().take(1 << 24).read_line(&mut line) {
            Ok(0) | Err(_) => return Vec::new(),
            Ok(_) => {}
        }
    }
    serde_json::from_str(&line).map(|Keys(keys)| keys).unwrap_or_default()
}

/// The keys of a JSON object in the order in which they are written.
struct Keys(Vec<String>);

impl<'de> serde::Deserialize<'de> for Keys {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Keys;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> std::result::Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, serde::de::IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
