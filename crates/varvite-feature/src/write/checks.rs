//! The limits of a feature, over a whole column at once.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Float32Array, Float64Array,
    Int32Array, Int64Array, Scalar as One, StringArray,
};
use arrow::compute::{cast, is_null, kernels::cmp, or};
use arrow::datatypes::{DataType, Float32Type, Float64Type, i256};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use varvite_schema::{Check, Scalar};

use super::report::RefusalKind;
use crate::Result;
use crate::error::arrow;

pub(super) fn kind(check: &Check) -> RefusalKind {
    if *check == Check::NotNull { RefusalKind::NullViolation } else { RefusalKind::ConstraintViolation }
}

/// The rows whose values break `check`, in order. A null breaks nothing but "not null"; NaN is within no limits.
pub(super) fn broken(check: &Check, column: &ArrayRef) -> Result<Vec<usize>> {
    let column = &with_one_zero(column);
    let mask = match check {
        Check::NotNull => is_null(column).map_err(arrow("look for nulls"))?,
        Check::Min(min) => with_nan(column, &cmp::lt(column, &one(min, column)?).map_err(compare)?)?,
        Check::Max(max) => with_nan(column, &cmp::gt(column, &one(max, column)?).map_err(compare)?)?,
        Check::OneOf(allowed) => among(column, allowed)?,
        other => {
            let source = arrow::error::ArrowError::NotYetImplemented(format!("the limit `{other}`"));
            return Err(compare(source));
        }
    };
    Ok((0..mask.len()).filter(|row| mask.is_valid(*row) && mask.value(*row)).collect())
}

pub(super) fn reason(check: &Check, column: &ArrayRef, row: usize) -> String {
    match check {
        Check::NotNull => "is null, but it is defined as not null".to_owned(),
        limit => {
            let value = ArrayFormatter::try_new(column, &FormatOptions::default())
                .map_or_else(|_| "a value".to_owned(), |shown| shown.value(row).to_string());
            format!("is {value}, but must be {limit}")
        }
    }
}

fn compare(source: arrow::error::ArrowError) -> crate::Error {
    crate::Error::Arrow { action: "compare values with their limits", source }
}

/// The column with one zero: the two compare as equal, but Arrow's total order puts the negative one first.
fn with_one_zero(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Float32 => {
            Arc::new(column.as_primitive::<Float32Type>().unary::<_, Float32Type>(|value| value + 0.0))
        }
        DataType::Float64 => {
            Arc::new(column.as_primitive::<Float64Type>().unary::<_, Float64Type>(|value| value + 0.0))
        }
        _ => Arc::clone(column),
    }
}

/// `mask`, and every NaN.
fn with_nan(column: &ArrayRef, mask: &BooleanArray) -> Result<BooleanArray> {
    let nan: BooleanArray = match column.data_type() {
        DataType::Float32 => BooleanArray::from_unary(column.as_primitive::<Float32Type>(), f32::is_nan),
        DataType::Float64 => BooleanArray::from_unary(column.as_primitive::<Float64Type>(), f64::is_nan),
        _ => return Ok(mask.clone()),
    };
    or(mask, &nan).map_err(compare)
}

/// The rows that are none of `allowed`.
fn among(column: &ArrayRef, allowed: &[Scalar]) -> Result<BooleanArray> {
    let mut found: Option<BooleanArray> = None;
    for value in allowed {
        let equal = cmp::eq(column, &one(value, column)?).map_err(compare)?;
        found = Some(match found {
            None => equal,
            Some(found) => or(&found, &equal).map_err(compare)?,
        });
    }
    let found = found.unwrap_or_else(|| BooleanArray::from(vec![false; column.len()]));
    arrow::compute::not(&found).map_err(compare)
}

/// A limit as a value of the column's type.
fn one(limit: &Scalar, column: &ArrayRef) -> Result<One<ArrayRef>> {
    let value: ArrayRef = match limit {
        Scalar::Boolean(value) => Arc::new(BooleanArray::from(vec![*value])),
        Scalar::Int(value) => Arc::new(Int32Array::from(vec![*value])),
        // A timestamp's limit is written in the column's unit.
        Scalar::BigInt(value) | Scalar::Timestamp { value, .. } => Arc::new(Int64Array::from(vec![*value])),
        Scalar::Float(value) => Arc::new(Float32Array::from(vec![*value])),
        Scalar::Double(value) => Arc::new(Float64Array::from(vec![*value])),
        Scalar::String(value) => Arc::new(StringArray::from(vec![value.as_str()])),
        Scalar::Date(value) => Arc::new(Date32Array::from(vec![*value])),
        Scalar::Decimal { value, .. } => match column.data_type() {
            DataType::Decimal256(precision, scale) => {
                let digits = Decimal256Array::from(vec![i256::from_i128(*value)]);
                Arc::new(digits.with_precision_and_scale(*precision, *scale).map_err(compare)?)
            }
            DataType::Decimal128(precision, scale) => {
                let digits = Decimal128Array::from(vec![*value]);
                Arc::new(digits.with_precision_and_scale(*precision, *scale).map_err(compare)?)
            }
            other => {
                let source = arrow::error::ArrowError::NotYetImplemented(format!("a decimal limit of {other}"));
                return Err(compare(source));
            }
        },
    };
    cast(&value, column.data_type()).map(One::new).map_err(compare)
}
