//! The engine's errors in our words.

use datafusion::common::{Column, DataFusionError, SchemaError};

use super::ENGINE;
use super::tally::Tally;
use crate::{Error, Limits};

/// An error of planning: of the query, not of the data.
pub(super) fn of_plan(error: DataFusionError, tally: &Tally) -> Error {
    if let Some(ours) = tally.take_failure() {
        return ours;
    }
    let error = match ours(error) {
        Ok(ours) => return ours,
        Err(error) => error,
    };
    match error.find_root() {
        DataFusionError::SchemaError(schema, _) => of_schema(schema),
        root => Error::Refused { engine: ENGINE, reason: one_line(&root.strip_backtrace()) },
    }
}

/// What the engine says, in one line, without its own name for the kind of error.
fn one_line(text: &str) -> String {
    let text = text.strip_prefix("Error during planning: ").unwrap_or(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An error of running.
pub(super) fn of_run(error: DataFusionError, tally: &Tally, limits: &Limits) -> Error {
    if let Some(ours) = tally.take_failure() {
        return ours;
    }
    match (error.find_root(), limits.memory) {
        (DataFusionError::ResourcesExhausted(reason), Some(limit)) => {
            Error::OutOfMemory { limit, reason: reason.lines().next().unwrap_or_default().to_owned() }
        }
        _ => Error::Engine { engine: ENGINE, source: Box::new(error) },
    }
}

/// The error of ours that the engine carries, if it is one.
fn ours(error: DataFusionError) -> Result<Error, DataFusionError> {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => ours(*inner),
        DataFusionError::External(inner) => {
            inner.downcast::<Error>().map_or_else(|inner| Err(DataFusionError::External(inner)), |ours| Ok(*ours))
        }
        other => Err(other),
    }
}

fn of_schema(error: &SchemaError) -> Error {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let known: Vec<String> = valid_fields.iter().map(Column::flat_name).collect();
            // With the table where the query names it, so that `t.pice` finds `t.price`.
            let bare: Vec<&str> = valid_fields.iter().map(|column| column.name.as_str()).collect();
            match &field.relation {
                Some(_) => Error::unknown_column(&field.flat_name(), known.iter().map(String::as_str)),
                None => Error::unknown_column(&field.name, bare.into_iter()),
            }
        }
        other => Error::Refused { engine: ENGINE, reason: other.to_string() },
    }
}
