//! [`Filter`] as an expression of Polars. Its answers are those of [`Filter::mask`].

use arrow::datatypes::DataType;
use polars::prelude::{Expr, NULL, col, lit};

use super::literal::{counted_literal, literal};
use crate::filter::unknown;
use crate::values::Range;
use crate::{Col, Comparison, Error, Filter, ModelSchema, Result, Value};

impl<T> Col<T> {
    /// The column as an expression of Polars.
    pub fn expr(self) -> Expr {
        col(self.name())
    }
}

impl<T> From<Col<T>> for Expr {
    fn from(column: Col<T>) -> Self {
        column.expr()
    }
}

/// The filter, whose values are taken as the columns of `schema` have them.
///
/// # Errors
/// [`Error::InvalidOption`] for columns that are not there, and values that have no place in them.
pub(super) fn expression(filter: &Filter, schema: &ModelSchema) -> Result<Expr> {
    let each = |filters: &[Filter]| filters.iter().map(|filter| expression(filter, schema)).collect::<Result<Vec<_>>>();
    Ok(match filter {
        Filter::Compare { column, comparison, value } => {
            let data_type = type_of(column, schema)?;
            compared(column, data_type, *comparison, value).map_err(|reason| refused(column, &reason))?
        }
        Filter::OneOf { column, values } => {
            let data_type = type_of(column, schema)?;
            let equal = |value| compared(column, data_type, Comparison::Equal, value);
            let all: Vec<Expr> =
                values.iter().map(equal).collect::<Result<_, _>>().map_err(|reason| refused(column, &reason))?;
            all.into_iter().reduce(Expr::or).unwrap_or_else(|| never(col(column.as_str())))
        }
        Filter::IsNull { column } => {
            type_of(column, schema)?;
            col(column.as_str()).is_null()
        }
        Filter::All(filters) => each(filters)?.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true)),
        Filter::Any(filters) => each(filters)?.into_iter().reduce(Expr::or).unwrap_or_else(|| lit(false)),
        Filter::Not(filter) => expression(filter, schema)?.not(),
    })
}

fn type_of<'a>(column: &str, schema: &'a ModelSchema) -> Result<&'a DataType> {
    let known = schema.column(column).map(|column| &column.data_type);
    known.ok_or_else(|| Error::InvalidOption { option: "filter", reason: unknown(column, schema) })
}

fn refused(column: &str, reason: &str) -> Error {
    Error::InvalidOption { option: "filter", reason: format!("column `{column}`: {reason}") }
}

fn compared(column: &str, data_type: &DataType, comparison: Comparison, value: &Value) -> Result<Expr, String> {
    let values = col(column);
    if let Range::Whole { least, greatest } = Range::of(data_type, comparison, value)? {
        let found = within(values, data_type, least, greatest)?;
        return Ok(if comparison == Comparison::NotEqual { found.not() } else { found });
    }
    let value = literal(value, data_type)?;
    Ok(match comparison {
        Comparison::Equal => values.eq(value),
        Comparison::NotEqual => values.neq(value),
        Comparison::Less => values.lt(value),
        Comparison::LessOrEqual => values.lt_eq(value),
        Comparison::Greater => values.gt(value),
        Comparison::GreaterOrEqual => values.gt_eq(value),
    })
}

/// Whether what the column counts lies between these, both included. What is beyond its type is not asked about.
fn within(values: Expr, data_type: &DataType, least: i128, greatest: i128) -> Result<Expr, String> {
    let (min, max) = limits(data_type);
    if least > greatest || least > max || greatest < min {
        return Ok(never(values));
    }
    if least == greatest {
        return Ok(values.eq(counted_literal(least, data_type)?));
    }
    let mut found = Vec::new();
    if least > min {
        found.push(values.clone().gt_eq(counted_literal(least, data_type)?));
    }
    if greatest < max {
        found.push(values.clone().lt_eq(counted_literal(greatest, data_type)?));
    }
    Ok(found.into_iter().reduce(Expr::and).unwrap_or_else(|| never(values).not()))
}

/// False, and unknown for nulls.
fn never(values: Expr) -> Expr {
    values.is_null().and(lit(NULL).cast(polars::prelude::DataType::Boolean))
}

/// The least and the greatest count that a column of this type holds.
fn limits(data_type: &DataType) -> (i128, i128) {
    let signed = |bits: u32| (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1);
    match data_type {
        DataType::UInt8 => (0, u8::MAX.into()),
        DataType::UInt16 => (0, u16::MAX.into()),
        DataType::UInt32 => (0, u32::MAX.into()),
        DataType::UInt64 => (0, u64::MAX.into()),
        DataType::Int8 => signed(8),
        DataType::Int16 => signed(16),
        DataType::Int32 | DataType::Date32 | DataType::Time32(_) => signed(32),
        DataType::Decimal128(precision, _) => {
            let greatest = 10_i128.checked_pow((*precision).into()).map_or(i128::MAX, |above| above - 1);
            (-greatest, greatest)
        }
        _ => signed(64),
    }
}
