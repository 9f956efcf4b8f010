//! Types as `DuckDB` calls them, and what stands for a stored column.

use arrow::datatypes::{DataType, TimeUnit};

use crate::syntax::{Dialect, quote_identifier, quote_text};
use crate::{Result, external::Constant};

/// The name of a type; `None` for one that `DuckDB` has not.
pub(super) fn type_name(data_type: &DataType) -> Option<String> {
    use DataType as T;
    Some(match data_type {
        T::Boolean => "BOOLEAN".to_owned(),
        T::Int8 => "TINYINT".to_owned(),
        T::Int16 => "SMALLINT".to_owned(),
        T::Int32 => "INTEGER".to_owned(),
        T::Int64 => "BIGINT".to_owned(),
        T::UInt8 => "UTINYINT".to_owned(),
        T::UInt16 => "USMALLINT".to_owned(),
        T::UInt32 => "UINTEGER".to_owned(),
        T::UInt64 => "UBIGINT".to_owned(),
        T::Float16 | T::Float32 => "FLOAT".to_owned(),
        T::Float64 => "DOUBLE".to_owned(),
        T::Utf8 | T::LargeUtf8 | T::Utf8View => "VARCHAR".to_owned(),
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => "BLOB".to_owned(),
        T::Date32 => "DATE".to_owned(),
        T::Time32(TimeUnit::Millisecond) | T::Time64(TimeUnit::Microsecond) => "TIME".to_owned(),
        T::Timestamp(TimeUnit::Nanosecond, Some(_)) => return None,
        T::Timestamp(_, Some(_)) => "TIMESTAMPTZ".to_owned(),
        T::Timestamp(TimeUnit::Second, None) => "TIMESTAMP_S".to_owned(),
        T::Timestamp(TimeUnit::Millisecond, None) => "TIMESTAMP_MS".to_owned(),
        T::Timestamp(TimeUnit::Microsecond, None) => "TIMESTAMP".to_owned(),
        T::Timestamp(TimeUnit::Nanosecond, None) => "TIMESTAMP_NS".to_owned(),
        T::Decimal128(precision, scale) if *scale >= 0 => format!("DECIMAL({precision}, {scale})"),
        T::Dictionary(_, values) => type_name(values)?,
        T::List(item) | T::LargeList(item) => format!("{}[]", type_name(item.data_type())?),
        T::FixedSizeList(item, len) => format!("{}[{len}]", type_name(item.data_type())?),
        T::Struct(fields) => {
            let fields: Option<Vec<String>> = fields
                .iter()
                .map(|field| Some(format!("{} {}", quoted(field.name()).ok()?, type_name(field.data_type())?)))
                .collect();
            format!("STRUCT({})", fields?.join(", "))
        }
        _ => return None,
    })
}

/// What a stored column is as the wider type that it has now.
pub(super) fn stored_column(name: &str, stored: &DataType, wanted: &str) -> Result<String> {
    let column = quoted(name)?;
    Ok(match stored {
        // Parquet has no seconds: they are stored as plain integers.
        DataType::Timestamp(TimeUnit::Second, zone) => {
            let make = if zone.is_some() { "make_timestamptz" } else { "make_timestamp" };
            format!("CAST({make}({column} * 1000000) AS {wanted})")
        }
        _ => format!("CAST({column} AS {wanted})"),
    })
}

/// A value that is the same in all rows.
pub(super) fn constant(value: &Constant) -> Result<String> {
    Ok(match value {
        Constant::Int(value) => format!("CAST({value} AS BIGINT)"),
        Constant::Bool(value) => format!("CAST({value} AS BOOLEAN)"),
        Constant::Text(value) => format!("CAST({} AS VARCHAR)", text(value)?),
    })
}

/// A quoted name.
pub(super) fn quoted(name: &str) -> Result<String> {
    quote_identifier(Dialect::DuckDb, name)
}

/// A quoted text.
pub(super) fn text(value: &str) -> Result<String> {
    quote_text(Dialect::DuckDb, value)
}
