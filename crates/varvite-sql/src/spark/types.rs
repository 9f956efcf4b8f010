//! Types as Spark calls them, and what stands for a stored column.

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::relations::{type_of, unsupported};
use crate::Result;
use crate::external::Constant;
use crate::syntax::{Dialect, quote_identifier, quote_text};

/// What the server says when a time has more digits than Spark: found again in its message.
pub(super) const LOSSY: &str = "varvite: nanoseconds would be lost in ";

/// The name of a type; `None` for one that Spark has not. Unsigned whole numbers are the next wider signed ones.
pub(super) fn type_name(data_type: &DataType) -> Option<String> {
    use DataType as T;
    Some(match data_type {
        T::Boolean => "BOOLEAN".to_owned(),
        T::Int8 => "TINYINT".to_owned(),
        T::Int16 | T::UInt8 => "SMALLINT".to_owned(),
        T::Int32 | T::UInt16 => "INT".to_owned(),
        T::Int64 | T::UInt32 => "BIGINT".to_owned(),
        T::UInt64 => "DECIMAL(20, 0)".to_owned(),
        T::Float32 => "FLOAT".to_owned(),
        T::Float64 => "DOUBLE".to_owned(),
        T::Utf8 | T::LargeUtf8 | T::Utf8View => "STRING".to_owned(),
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => "BINARY".to_owned(),
        T::Date32 => "DATE".to_owned(),
        T::Timestamp(_, Some(_)) => "TIMESTAMP".to_owned(),
        T::Timestamp(_, None) => "TIMESTAMP_NTZ".to_owned(),
        T::Decimal128(precision, scale) if *scale >= 0 => format!("DECIMAL({precision}, {scale})"),
        T::Dictionary(_, values) => type_name(values)?,
        T::List(item) | T::LargeList(item) | T::FixedSizeList(item, _) => {
            format!("ARRAY<{}>", nested(item.data_type())?)
        }
        T::Struct(fields) => {
            let fields: Option<Vec<String>> = fields
                .iter()
                .map(|field| Some(format!("{}: {}", quoted(field.name()).ok()?, nested(field.data_type())?)))
                .collect();
            format!("STRUCT<{}>", fields?.join(", "))
        }
        _ => return None,
    })
}

/// A type inside another one, where no expression could make a time of a number.
fn nested(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::Timestamp(TimeUnit::Second | TimeUnit::Nanosecond, _) => None,
        other => type_name(other),
    }
}

/// What a stored column is as the column of today.
pub(super) fn column(table: &str, stored: &Field, wanted: &Field) -> Result<String> {
    let (name, of) = (quoted(stored.name())?, type_of(table, wanted)?);
    Ok(match stored.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            let message = quote_text(Dialect::Spark, &format!("{LOSSY}column `{}` of table `{table}`", stored.name()))?;
            format!(
                "CAST(CASE WHEN {name} IS NULL THEN NULL WHEN {name} % 1000 = 0 THEN timestamp_micros({name} div 1000) \
                 ELSE raise_error({message}) END AS {of})"
            )
        }
        // Parquet has no seconds: they are stored as plain integers.
        DataType::Timestamp(TimeUnit::Second, _) => format!("CAST(timestamp_seconds({name}) AS {of})"),
        DataType::Time32(_) | DataType::Time64(_) => return Err(unsupported(table, stored.name(), stored.data_type())),
        _ => format!("CAST({name} AS {of})"),
    })
}

/// A column that a file has not.
pub(super) fn null(table: &str, wanted: &Field) -> Result<String> {
    Ok(format!("CAST(NULL AS {})", type_of(table, wanted)?))
}

/// A value that is the same in all rows.
pub(super) fn constant(value: &Constant) -> Result<String> {
    Ok(match value {
        Constant::Int(value) => format!("CAST('{value}' AS BIGINT)"),
        Constant::Bool(value) => format!("CAST({value} AS BOOLEAN)"),
        Constant::Text(value) => format!("CAST({} AS STRING)", quote_text(Dialect::Spark, value)?),
    })
}

/// A quoted name.
pub(super) fn quoted(name: &str) -> Result<String> {
    quote_identifier(Dialect::Spark, name)
}
