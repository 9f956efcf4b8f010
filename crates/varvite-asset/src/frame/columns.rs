//! The columns of stored rows as the model has them.

use arrow::datatypes::{DataType, Schema};
use polars::prelude::{Expr, LazyFrame, NULL, col, lit};

use super::literal::{literal, polars_type};
use crate::{Column, ColumnDefault, Error, Result};

/// `rows`, which have the columns `stored`, with the columns `wanted` in their order: absent ones by their defaults, narrower
/// ones widened. Columns that are as they were stored stay plain, so that predicates pass.
///
/// # Errors
/// [`Error::SchemaMismatch`] for an absent column without a default, and types that would lose something.
pub(super) fn conformed(rows: LazyFrame, stored: &Schema, wanted: &[&Column], label: &str) -> Result<LazyFrame> {
    let mismatch = |column: &Column, reason: String| Error::SchemaMismatch {
        asset: label.to_owned(),
        reason: format!("column `{}` {reason}", column.name),
    };
    // None for a column that is as it was stored.
    let made = |column: &&Column| -> Result<Option<Expr>> {
        let Some((_, field)) = stored.column_with_name(&column.name) else {
            return absent(column).map(Some).map_err(|reason| mismatch(column, reason));
        };
        match (field.data_type(), &column.data_type) {
            (found, needed) if found == needed => Ok(None),
            (found, needed) if is_wider(found, needed) => {
                Ok(Some(col(column.name.as_str()).strict_cast(polars_type(needed)?)))
            }
            (found, needed) => Err(mismatch(column, format!("is stored as {found}, the model needs {needed}"))),
        }
    };
    let same = stored.fields().len() == wanted.len()
        && stored
            .fields()
            .iter()
            .zip(wanted)
            .all(|(field, column)| *field.name() == column.name && *field.data_type() == column.data_type);
    if same {
        return Ok(rows);
    }
    let made: Vec<Expr> = wanted.iter().filter_map(|column| made(column).transpose()).collect::<Result<_>>()?;
    // Beside what is stored: a selection of defaults alone would be one row.
    let rows = if made.is_empty() { rows } else { rows.with_columns(made) };
    Ok(rows.select(wanted.iter().map(|column| col(column.name.as_str())).collect::<Vec<_>>()))
}

/// What stands for a column that is not stored.
fn absent(column: &Column) -> Result<Expr, String> {
    let value = match &column.default {
        ColumnDefault::Required => return Err("is not stored, and has no default".to_owned()),
        ColumnDefault::Null => {
            let data_type = polars_type(&column.data_type).map_err(|error| error.to_string())?;
            lit(NULL).cast(data_type)
        }
        ColumnDefault::Value(value) => literal(value, &column.data_type)?,
    };
    Ok(value.alias(column.name.as_str()))
}

/// Whether each value of `found` is one of `needed`, so that nothing is lost.
fn is_wider(found: &DataType, needed: &DataType) -> bool {
    let is_text = |data_type: &DataType| matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let is_bytes =
        |data_type: &DataType| matches!(data_type, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    let bits = |data_type: &DataType| data_type.primitive_width().unwrap_or(0) * 8;
    match (found, needed) {
        (DataType::Null, _) => true,
        (DataType::Dictionary(_, values), needed) => **values == *needed || is_wider(values, needed),
        (found, needed) if found.is_signed_integer() && needed.is_signed_integer() => bits(found) < bits(needed),
        (found, needed) if found.is_unsigned_integer() && needed.is_integer() => bits(found) < bits(needed),
        (DataType::Float32, DataType::Float64) => true,
        (found, DataType::Float64) if found.is_integer() => bits(found) <= 32,
        (found, DataType::Float32) if found.is_integer() => bits(found) <= 16,
        (found, needed) => is_text(found) && is_text(needed) || is_bytes(found) && is_bytes(needed),
    }
}
