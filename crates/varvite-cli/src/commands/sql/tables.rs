//! The tables that a query may name.

use std::path::{Path, PathBuf};

use serde_json::json;
use varvite::dataset::Dataset;
use varvite::feature::FeatureStore;
use varvite::sql::{FileTable, Source, Table as SqlTable, Tables};

use super::columns;
use crate::commands::{dataset, store};
use crate::error::{Error, Result};
use crate::output::format::plural;
use crate::output::table::Table;
use crate::output::{print, print_json};

/// A table that is named on the command line.
#[derive(Debug, Clone)]
pub(super) struct Named {
    name: String,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Dataset(PathBuf),
    Files(FileTable),
}

/// Reads `trades=parquet:/data/trades`.
pub(super) fn named(text: &str) -> std::result::Result<Named, String> {
    let (name, place) = text.split_once('=').ok_or("write it like trades=parquet:PATH")?;
    if name.is_empty() {
        return Err("it has no name: write it like trades=parquet:PATH".to_owned());
    }
    let place = match place.strip_prefix("dataset:") {
        Some(path) => Place::Dataset(path.into()),
        None => Place::Files(place.parse().map_err(|error: varvite::sql::Error| error.to_string())?),
    };
    Ok(Named { name: name.to_owned(), place })
}

/// Everything below the root, and what is named beside it.
pub(super) fn open(root: Option<&Path>, named: &[Named]) -> Result<Tables> {
    let mut tables = root.map_or_else(|| Ok(Tables::new()), below)?;
    for Named { name, place } in named {
        let table: SqlTable = match place {
            Place::Dataset(path) => dataset::open(path)?.into(),
            Place::Files(files) => files.clone().into(),
        };
        tables = tables.with(name, Source::new(table));
    }
    Ok(tables)
}

/// A feature store has its groups and sources by their names; a dataset is one table by its own; all else is a store.
fn below(root: &Path) -> Result<Tables> {
    if root.join("registry").is_dir() {
        return Ok(Tables::of_features(&FeatureStore::open(root)?)?);
    }
    if let (Ok(dataset), Some(name)) = (Dataset::open(root), root.file_name()) {
        return Ok(Tables::new().with(name.to_string_lossy(), dataset));
    }
    let tables = Tables::of_catalog(&store::open(root)?)?;
    if tables.is_empty() {
        let path = root.display().to_string();
        return Err(Error::NoFolder { path, reason: "there is none below it" }.into());
    }
    Ok(tables)
}

pub(super) fn list(tables: &Tables, as_json: bool) -> Result<()> {
    if as_json {
        let line = |(name, Source { table, event_time }): (&str, &Source)| {
            let columns = table.schema().map(|schema| columns(&schema));
            json!({"name": name, "kind": table.kind(), "columns": columns, "event_time": event_time})
        };
        return print_json(&json!({"tables": tables.iter().map(line).collect::<Vec<_>>()}));
    }
    let mut shown = Table::new().left("table").left("kind").left("event time").left("columns");
    for (name, Source { table, event_time }) in tables.iter() {
        let names = |schema: varvite::arrow::datatypes::SchemaRef| {
            schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>().join(", ")
        };
        let columns = table.schema().map_or_else(|| "those of the files".to_owned(), names);
        shown.row([&in_a_query(name), table.kind(), event_time.as_deref().unwrap_or("-"), &columns]);
    }
    print(&format!("{}\n{}", shown.to_text(), plural(tables.names().count() as u64, "table")))
}

/// A name as a query writes it.
fn in_a_query(name: &str) -> String {
    let part = |part: &str| {
        let is_plain = part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if is_plain { part.to_owned() } else { format!("\"{}\"", part.replace('"', "\"\"")) }
    };
    // `Bar.AAPL/5` is the dataset `AAPL/5` of the key type `Bar`.
    match name.split_once('.') {
        Some((schema, table)) => format!("{}.{}", part(schema), part(table)),
        None => part(name),
    }
}
