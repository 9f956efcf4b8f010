//! JSON lines: one object a line. A key that a line lacks is a missing value.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::json::reader::infer_json_schema;
use arrow::json::{Reader as JsonReader, ReaderBuilder};

use super::source::{Cause, Source};
use super::text::{hinted, is_read_as_text, survey, typed_as};
use super::typed::Typed;
use crate::error::Result;

/// Types are those of `hint`, else what the whole file looks like.
pub(super) fn read(source: Source, hint: Option<&SchemaRef>) -> Result<Typed> {
    let (raw, columns) = columns(&source, hint).map_err(|error| source.failed(error))?;
    Ok(Typed::new(source, columns, move |source| Ok(Box::new(open(source, raw)?))))
}

/// The columns as they are read, and as they are meant.
fn columns(source: &Source, hint: Option<&SchemaRef>) -> std::result::Result<(Vec<Field>, SchemaRef), Cause> {
    let (guessed, _) = infer_json_schema(source.buffered()?, None)?;
    let guessed = in_order_of_first_line(&guessed, source.buffered()?);
    let raw: Vec<Field> = guessed.iter().map(|field| raw_field(field, hint)).collect();
    let mut columns: Vec<Field> = raw.iter().map(|field| typed_as(hint, field)).collect();
    let unsure = |at: &usize| *raw[*at].data_type() == DataType::Utf8 && hinted(hint, &raw[*at]).is_none();
    let unsure: Vec<usize> = (0..raw.len()).filter(unsure).collect();
    if !unsure.is_empty() {
        let batches = open(source, unsure.iter().map(|at| raw[*at].clone()).collect())?;
        for (at, data_type) in unsure.iter().zip(survey(batches, unsure.len())?) {
            columns[*at].set_data_type(data_type);
        }
    }
    Ok((raw, Arc::new(Schema::new(columns))))
}

fn open(source: &Source, columns: Vec<Field>) -> std::result::Result<JsonReader<BufReader<File>>, Cause> {
    let builder = ReaderBuilder::new(Arc::new(Schema::new(columns))).with_batch_size(super::BATCH_SIZE);
    Ok(builder.build(source.buffered()?)?)
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

/// The fields as the first line has them; those of later lines follow.
fn in_order_of_first_line(guessed: &Schema, file: BufReader<File>) -> Vec<Field> {
    let first = first_line(file);
    let mut fields: Vec<Field> = guessed.fields().iter().map(|field| field.as_ref().clone()).collect();
    let position = |name: &String| first.iter().position(|key| key == name).unwrap_or(usize::MAX);
    fields.sort_by_key(|field| position(field.name()));
    fields
}

/// The keys of the first line, in order; none if they cannot be told.
fn first_line(mut file: BufReader<File>) -> Vec<String> {
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
