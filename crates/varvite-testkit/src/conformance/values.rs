//! The coding of values: columns of JSON to Arrow and back.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use serde_json::Value;
use varvite_dataset::OrderedValue;

/// Column names with their types, as a case gives them.
#[derive(Debug, Clone)]
pub struct Columns(Vec<(String, DataType)>);

impl Columns {
    /// Reads `[["t", "i64"], ...]`.
    ///
    /// # Errors
    /// A type that the format does not know.
    pub fn parse(schema: &Value) -> Result<Self> {
        let columns = schema.as_array().context("a schema is a list")?;
        columns
            .iter()
            .map(|column| {
                let name = column[0].as_str().context("a column has a name")?.to_owned();
                let data_type = match column[1].as_str().context("a column has a type")? {
                    "i64" => DataType::Int64,
                    "i32" => DataType::Int32,
                    "f64" => DataType::Float64,
                    "f32" => DataType::Float32,
                    "str" => DataType::Utf8,
                    "bool" => DataType::Boolean,
                    "ts" => DataType::Timestamp(TimeUnit::Nanosecond, None),
                    other => bail!("unknown type `{other}`"),
                };
                Ok((name, data_type))
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Adds the columns of `other` that are missing here.
    pub fn extend(&mut self, other: &Self) {
        for column in &other.0 {
            if !self.0.iter().any(|(name, _)| *name == column.0) {
                self.0.push(column.clone());
            }
        }
    }

    /// Makes a batch of `{"t": [...], ...}`: the columns that are there, in the schema's order.
    ///
    /// # Errors
    /// A value that its type does not have.
    pub fn batch(&self, data: &Value) -> Result<RecordBatch> {
        let object = data.as_object().context("columns are an object")?;
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for (name, data_type) in &self.0 {
            if let Some(values) = object.get(name) {
                fields.push(Field::new(name, data_type.clone(), true));
                arrays.push(array(data_type, values).with_context(|| format!("column `{name}`"))?);
            }
        }
        let unknown = object.keys().find(|name| !self.0.iter().any(|(known, _)| known == *name));
        ensure!(unknown.is_none(), "column {unknown:?} is not in the schema");
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
    }

    /// One value of a column, as a bound.
    ///
    /// # Errors
    /// A value that its type does not have.
    pub fn bound(&self, column: &str, value: &Value) -> Result<OrderedValue> {
        let (_, data_type) = self.0.iter().find(|(name, _)| name == column).context("unknown column")?;
        Ok(match data_type {
            DataType::Timestamp(..) | DataType::Utf8 => value.as_str().context("not a text")?.into(),
            DataType::Float64 | DataType::Float32 => value.as_f64().context("not a number")?.into(),
            _ => value.as_i64().context("not an integer")?.into(),
        })
    }

    /// Compares rows with the expected columns, ties included. An empty dataset has no columns of its own.
    ///
    /// # Errors
    /// The first column that differs.
    pub fn compare(&self, actual: &RecordBatch, expected: &Value) -> Result<()> {
        let expected = self.batch(expected)?;
        if expected.num_rows() == 0 && actual.num_rows() == 0 {
            return Ok(());
        }
        ensure!(
            actual.num_columns() == expected.num_columns(),
            "{} columns instead of {}",
            actual.num_columns(),
            expected.num_columns()
        );
        for (field, wanted) in expected.schema().fields().iter().zip(expected.columns()) {
            let found = actual.column_by_name(field.name()).with_context(|| format!("no column `{}`", field.name()))?;
            ensure!(found == wanted, "column `{}` is {} instead of {}", field.name(), text(found), text(wanted));
        }
        Ok(())
    }
}

fn text(array: &ArrayRef) -> String {
    let full = format!("{array:?}");
    full.lines().map(str::trim).collect::<Vec<_>>().join(" ").chars().take(400).collect()
}

fn array(data_type: &DataType, values: &Value) -> Result<ArrayRef> {
    let values = values.as_array().context("a column is a list")?;
    #[allow(clippy::cast_possible_truncation, reason = "the format writes 32-bit floats as they are")]
    let narrow = |value: &Value| value.as_f64().map(|wide| wide as f32);
    Ok(match data_type {
        DataType::Int64 => Arc::new(Int64Array::from(all(values, Value::as_i64)?)),
        DataType::Int32 => {
            Arc::new(Int32Array::from(all(values, |value| value.as_i64().and_then(|wide| i32::try_from(wide).ok()))?))
        }
        DataType::Float64 => Arc::new(Float64Array::from(all(values, Value::as_f64)?)),
        DataType::Float32 => Arc::new(Float32Array::from(all(values, narrow)?)),
        DataType::Utf8 => Arc::new(StringArray::from(all(values, |value| value.as_str().map(str::to_owned))?)),
        DataType::Boolean => Arc::new(BooleanArray::from(all(values, Value::as_bool)?)),
        _ => Arc::new(TimestampNanosecondArray::from(all(values, |value| {
            varvite_time::parse_instant(value.as_str()?, varvite_time::TimeUnit::Nanosecond).ok()
        })?)),
    })
}

fn all<T>(values: &[Value], get: impl Fn(&Value) -> Option<T>) -> Result<Vec<Option<T>>> {
    let one = |value: &Value| match value {
        Value::Null => Ok(None),
        value => get(value).map(Some).with_context(|| value.to_string()),
    };
    values.iter().map(one).collect()
}
