//! The text that makes a query's tables known to `DuckDB`. Nothing is run here.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::ENGINE;
use super::types::{constant, quoted, stored_column, text, type_name};
use crate::external::{Part, Parts, path_text};
use crate::{Error, FileFormat, FileTable, Result};

/// `CREATE SCHEMA`, where the name of a table has one, and the table's own name.
pub(super) fn qualified(name: &str) -> Result<(Option<String>, String)> {
    match name.split_once('.') {
        None => Ok((None, quoted(name)?)),
        Some((schema, table)) => {
            let schema = quoted(schema)?;
            let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
            Ok((Some(create), format!("{schema}.{}", quoted(table)?)))
        }
    }
}

/// A view over data files of ours.
pub(super) fn of_parts(name: &str, parts: &Parts) -> Result<String> {
    check_columns(name, &parts.schema)?;
    let types = types(name, &parts.schema)?;
    let mut selects = Vec::new();
    for part in &parts.parts {
        selects.push(select_part(name, part, &types)?);
    }
    if selects.is_empty() {
        let nulls: Result<Vec<String>> = types.iter().map(|(column, of)| Ok(null(of, &quoted(column)?))).collect();
        selects.push(format!("SELECT {} WHERE false", nulls?.join(", ")));
    }
    view(name, &selects.join(" UNION ALL "))
}

fn select_part(name: &str, part: &Part, types: &[(String, String)]) -> Result<String> {
    let mut columns = Vec::new();
    for (column, wanted) in types {
        let called = quoted(column)?;
        let constant_of = part.constants.iter().find(|(known, _)| known == column);
        let stored = part.stored.field_with_name(column).ok();
        columns.push(match (constant_of, stored) {
            (Some((_, value)), _) => format!("{} AS {called}", constant(value)?),
            (None, Some(field)) => format!("{} AS {called}", stored_column(column, field.data_type(), wanted)?),
            (None, None) => null(wanted, &called),
        });
    }
    let files = list(name, &part.paths)?;
    Ok(format!("SELECT {} FROM read_parquet({files}, hive_partitioning = false)", columns.join(", ")))
}

/// A view over files of others.
pub(super) fn of_files(name: &str, table: &FileTable, paths: &[PathBuf]) -> Result<String> {
    let files = list(name, paths)?;
    let mut options = vec!["union_by_name = true", "hive_partitioning = false"];
    let read = match table.format() {
        FileFormat::Parquet => "read_parquet",
        FileFormat::Csv => {
            options.push("header = true");
            "read_csv"
        }
        FileFormat::Json => {
            options.push("format = 'newline_delimited'");
            "read_json"
        }
    };
    let mut columns = "*".to_owned();
    if let Some(schema) = table.schema() {
        check_columns(name, schema)?;
        let cast = |(column, wanted): (String, String)| Ok(format!("CAST({0} AS {wanted}) AS {0}", quoted(&column)?));
        let all: Result<Vec<String>> = types(name, schema)?.into_iter().map(cast).collect();
        columns = all?.join(", ");
    }
    view(name, &format!("SELECT {columns} FROM {read}({files}, {})", options.join(", ")))
}

/// A table of its own, for rows.
pub(super) fn of_rows(name: &str, schema: &Schema) -> Result<String> {
    check_columns(name, schema)?;
    let column = |(column, of): (String, String)| Ok(format!("{} {of}", quoted(&column)?));
    let columns: Result<Vec<String>> = types(name, schema)?.into_iter().map(column).collect();
    Ok(format!("CREATE TABLE {} ({})", qualified(name)?.1, columns?.join(", ")))
}

/// Whether files of these columns are read as they are: times in nanoseconds with a zone would lose their last digits.
pub(super) fn is_read_as_it_is(schema: &Schema) -> bool {
    schema.fields().iter().all(|field| !is_zoned_nanoseconds(field))
}

/// A column that `DuckDB` holds in microseconds alone.
pub(super) fn is_zoned_nanoseconds(field: &Field) -> bool {
    matches!(field.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, Some(_)))
}

/// A list of texts: paths that may be read, or files of a table.
pub(super) fn list(name: &str, paths: &[PathBuf]) -> Result<String> {
    let texts: Result<Vec<String>> = paths.iter().map(|path| text(path_text(name, path)?)).collect();
    Ok(format!("[{}]", texts?.join(", ")))
}

fn view(name: &str, select: &str) -> Result<String> {
    Ok(format!("CREATE VIEW {} AS {select}", qualified(name)?.1))
}

fn null(of: &str, called: &str) -> String {
    format!("CAST(NULL AS {of}) AS {called}")
}

/// The columns with the names of their types.
fn types(table: &str, schema: &Schema) -> Result<Vec<(String, String)>> {
    let of = |field: &Arc<Field>| {
        let unsupported = || {
            let what = format!("hold {} in column `{}` of table `{table}`", field.data_type(), field.name());
            Error::Unsupported { engine: ENGINE, what }
        };
        Ok((field.name().clone(), type_name(field.data_type()).ok_or_else(unsupported)?))
    };
    schema.fields().iter().map(of).collect()
}

/// `DuckDB` takes names for the same that differ in case alone.
fn check_columns(table: &str, schema: &Schema) -> Result<()> {
    let mut seen = std::collections::BTreeMap::new();
    for field in schema.fields() {
        if let Some(like) = seen.insert(field.name().to_lowercase(), field.name()) {
            let what = format!("tell the columns `{like}` and `{}` of table `{table}` apart", field.name());
            return Err(Error::Unsupported { engine: ENGINE, what });
        }
    }
    Ok(())
}

/// The columns of rows as `DuckDB` takes them.
pub(super) fn taken(schema: &SchemaRef) -> SchemaRef {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, Some(zone)) => {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::clone(zone)));
            Arc::new(field.as_ref().clone().with_data_type(micros))
        }
        _ => Arc::clone(field),
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}
