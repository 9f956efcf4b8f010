//! The tables that a query may name.

use std::path::Path;

use serde_json::json;
use varvite::dataset::Dataset;
use varvite::feature::FeatureStore;
use varvite::sql::{FileTable, Source, Table as SqlTable, Tables, Value};
use varvite::store::Catalog;

use crate::error::Result;
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
    Dataset(String),
    Files(FileTable),
}

/// A value for a placeholder.
pub(super) type Bound = Value;

/// Reads `trades=parquet:/data/trades`.
pub(super) fn named(text: &str) -> Result<Named, String> {
    let (name, place) = text.split_once('=').ok_or("write it like trades=parquet:PATH")?;
    let place = match place.strip_prefix("dataset:") {
        Some(path) => Place::Dataset(path.to_owned()),
        None => Place::Files(place.parse().map_err(|error: varvite::sql::Error| error.to_string())?),
    };
    Ok(Named { name: name.to_owned(), place })
}

/// Reads `symbol=AAPL`.
pub(super) fn bound(text: &str) -> Result<(String, Bound), String> {
    let (name, value) = text.split_once('=').ok_or("write it like symbol=AAPL")?;
    let value = match value {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => {
            let number = value.parse().map(Value::Int).or_else(|_| value.parse().map(Value::Float));
            number.unwrap_or_else(|_: std::num::ParseFloatError| Value::Text(value.to_owned()))
        }
    };
    Ok((name.to_owned(), value))
}

/// Everything below the root, and what is named beside it.
pub(super) fn open(root: Option<&Path>, named: &[Named]) -> Result<Tables> {
    let mut tables = Tables::new();
    if let Some(root) = root {
        tables = below(root)?;
    }
    for Named { name, place } in named {
        let table: SqlTable = match place {
            Place::Dataset(path) => Dataset::open(path)?.into(),
            Place::Files(files) => files.clone().into(),
        };
        tables = tables.with(name.clone(), Source::new(table));
    }
    Ok(tables)
}

/// A feature store has its groups and sources by their names; all else is a store.
fn below(root: &Path) -> Result<Tables> {
    if root.join("registry").is_dir() {
        return Ok(Tables::of_features(&FeatureStore::open(root)?)?);
    }
    Ok(Tables::of_catalog(&Catalog::open(root)?)?)
}

pub(super) fn list(tables: &Tables, as_json: bool) -> Result<()> {
    if as_json {
        let line = |(name, source): (&str, &Source)| json!({"name": name, "kind": source.table.kind(), "columns": columns(source), "event_time": source.event_time});
        return print_json(&json!({"tables": tables.iter().map(line).collect::<Vec<_>>()}));
    }
    let mut shown = Table::new().left("table").left("kind").left("event time").left("columns");
    let mut count = 0;
    for (name, source) in tables.iter() {
        let event_time = source.event_time.as_deref().unwrap_or("-");
        let columns = columns(source).map_or_else(|| "as in its files".to_owned(), |columns| columns.join(", "));
        shown.row([name, source.table.kind(), event_time, &columns]);
        count += 1;
    }
    print(&format!("{}\n{}", shown.to_text(), plural(count, "table")))
}

fn columns(source: &Source) -> Option<Vec<String>> {
    let schema = source.table.schema()?;
    Some(schema.fields().iter().map(|field| field.name().clone()).collect())
}
