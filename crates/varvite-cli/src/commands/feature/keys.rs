//! `--key` and `--entities`: entities without times of their own.

use std::path::PathBuf;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use clap::ArgGroup;
use varvite::feature::EntityRows;

use super::options::{name_value, read_entities, usage};
use crate::error::Result;
use crate::input;

#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("who").args(["entities", "key"]).required(true)))]
pub(super) struct KeyArgs {
    /// A file with a row for each entity, `-` for standard input
    #[arg(long, value_name = "INPUT")]
    entities: Option<PathBuf>,

    /// Values of a key; the n-th values of several keys are one entity
    #[arg(long, value_name = "NAME=VALUE,...", value_parser = name_value)]
    key: Vec<(String, String)>,
}

impl KeyArgs {
    /// The entities; `meant` has the keys that are needed, with their types.
    pub(super) fn read(&self, meant: &SchemaRef) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        if let Some(input) = &self.entities {
            return read_entities(input, meant);
        }
        let columns = self.key.iter().map(|(name, values)| column(name, values, meant)).collect::<Result<Vec<_>>>()?;
        let batch = EntityRows::rows_of(columns)?;
        Ok((batch.schema(), vec![batch]))
    }
}

/// The values of a key as a column of its type.
fn column(name: &str, values: &str, meant: &SchemaRef) -> Result<(String, ArrayRef)> {
    let texts: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
    let data_type = meant.field_with_name(name).map_or(DataType::Utf8, |field| field.data_type().clone());
    let array = input::literals(&texts, &data_type).map_err(|value| {
        let defined = varvite::schema::DataType::from_arrow(&data_type).map(|defined| defined.to_string());
        usage(format!("--key {name}: `{value}` is no {}", defined.unwrap_or_else(|_| data_type.to_string())))
    })?;
    Ok((name.to_owned(), array))
}
