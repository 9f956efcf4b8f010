//! Values of a definition as Polars has them, of the type of their column.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema};
use polars::prelude::{Expr, Scalar, lit};
use varvite_dataset::to_frame;

use crate::model::Point;
use crate::{Error, Result, Value};

/// The type that Polars has for a type of Arrow.
pub(super) fn polars_type(data_type: &DataType) -> Result<polars::prelude::DataType> {
    let schema = Schema::new(vec![Field::new("column", data_type.clone(), true)]);
    let frame = to_frame(&RecordBatch::new_empty(Arc::new(schema)))
        .map_err(|source| Error::Dataset { asset: data_type.to_string(), source: Box::new(source) })?;
    let none = || Error::InvalidOption { option: "columns", reason: format!("Polars has no {data_type}") };
    frame.columns().first().map(|column| column.dtype().clone()).ok_or_else(none)
}

/// The value as a literal of the type `data_type`; what is wrong, if it is none.
pub(super) fn literal(value: &Value, data_type: &DataType) -> Result<Expr, String> {
    scalar(array(value, data_type)?)
}

/// What a column of the type stores as `count`, as a literal.
pub(super) fn counted_literal(count: i128, data_type: &DataType) -> Result<Expr, String> {
    let one = counted(count, data_type).ok_or_else(|| format!("{count} is no {data_type}"))?;
    scalar(strictly_cast(&one, data_type)?)
}

fn scalar(one: ArrayRef) -> Result<Expr, String> {
    let batch = RecordBatch::try_from_iter([("value", one)]).map_err(|error| error.to_string())?;
    let frame = to_frame(&batch).map_err(|error| error.to_string())?;
    let column = frame.columns().first().ok_or("there is no value")?;
    let any = column.get(0).map_err(|error| error.to_string())?.into_static();
    Ok(lit(Scalar::new(column.dtype().clone(), any)))
}

/// The value as an array of one row.
fn array(value: &Value, data_type: &DataType) -> Result<ArrayRef, String> {
    let wrong = || format!("{value} is no {data_type}");
    let one: ArrayRef = match (value, data_type) {
        (Value::Bool(value), DataType::Boolean) => Arc::new(BooleanArray::from(vec![*value])),
        (Value::Float(value), DataType::Float32 | DataType::Float64) => Arc::new(Float64Array::from(vec![*value])),
        // Text is exact for integers of any width.
        (Value::Int(value), DataType::Float32 | DataType::Float64) => {
            Arc::new(StringArray::from(vec![value.to_string()]))
        }
        (Value::Text(value), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
            Arc::new(StringArray::from(vec![value.as_str()]))
        }
        _ => counted(Point::of(value, data_type).ok().filter(|point| point.exact).ok_or_else(wrong)?.floor, data_type)
            .ok_or_else(wrong)?,
    };
    strictly_cast(&one, data_type).map_err(|_| wrong())
}

fn strictly_cast(one: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, String> {
    let strictly = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(one, data_type, &strictly).map_err(|error| error.to_string())
}

/// A count of what the column stores, as an array of one row that can be cast to its type.
fn counted(count: i128, data_type: &DataType) -> Option<ArrayRef> {
    Some(match data_type {
        DataType::Decimal128(precision, scale) => {
            let one = Decimal128Array::from(vec![count]).with_precision_and_scale(*precision, *scale);
            Arc::new(one.ok()?)
        }
        DataType::Date32 | DataType::Time32(_) => Arc::new(Int32Array::from(vec![i32::try_from(count).ok()?])),
        data_type if data_type.is_temporal() => Arc::new(Int64Array::from(vec![i64::try_from(count).ok()?])),
        _ => Arc::new(StringArray::from(vec![count.to_string()])),
    })
}
