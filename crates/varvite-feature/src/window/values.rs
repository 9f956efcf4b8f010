//! [`Values`]: a column of the history as the folds take it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal256Type, Float32Type, Float64Type, Int64Type, i256};
use arrow::row::{RowConverter, Rows, SortField};

use crate::Result;
use crate::error::arrow;
use crate::times::numbers;

/// Bytes that are equal, and ordered, as the values that they stand for.
pub(super) type Bytes = Arc<[u8]>;

/// What a fold takes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Whether there is a value.
    Presence,
    /// Integers.
    Integers,
    /// The nearest doubles.
    Doubles,
    Decimals,
    /// 64-bit numbers in the order of the values, which are found again from them.
    Ordered {
        /// Floats that count as equal become one.
        one_zero: bool,
    },
    /// The same in bytes, for values that have no such number.
    Bytes,
}

/// The values of a batch.
pub(super) enum Values {
    Presence(Option<NullBuffer>),
    Integers(Int64Array),
    Doubles(Float64Array),
    Decimals(PrimitiveArray<Decimal256Type>),
    Bytes(Rows, Option<NullBuffer>),
}

/// A value that can be taken out of [`Values`].
pub(super) trait Value: Sized {
    /// The value of a row that has one.
    fn of(values: &Values, row: usize) -> Option<Self>;
}

impl Value for () {
    fn of(values: &Values, row: usize) -> Option<()> {
        match values {
            Values::Presence(nulls) => nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)).then_some(()),
            _ => None,
        }
    }
}

impl Value for i64 {
    fn of(values: &Values, row: usize) -> Option<i64> {
        match values {
            Values::Integers(array) => array.is_valid(row).then(|| array.value(row)),
            _ => None,
        }
    }
}

impl Value for f64 {
    fn of(values: &Values, row: usize) -> Option<f64> {
        match values {
            Values::Doubles(array) => array.is_valid(row).then(|| array.value(row)),
            _ => None,
        }
    }
}

impl Value for i256 {
    fn of(values: &Values, row: usize) -> Option<i256> {
        match values {
            Values::Decimals(array) => array.is_valid(row).then(|| array.value(row)),
            _ => None,
        }
    }
}

impl Value for Bytes {
    fn of(values: &Values, row: usize) -> Option<Bytes> {
        match values {
            Values::Bytes(rows, nulls) if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) => {
                Some(rows.row(row).as_ref().into())
            }
            _ => None,
        }
    }
}

/// Whether values of a type have numbers in their order.
pub(super) fn has_numbers(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Int32
            | DataType::Int64
            | DataType::Float32
            | DataType::Float64
            | DataType::Boolean
            | DataType::Date32
            | DataType::Timestamp(..)
    )
}

/// Takes the values of a column, in one of the types of definitions.
pub(super) fn load(column: Option<&ArrayRef>, form: Form, converter: Option<&RowConverter>) -> Result<Values> {
    let Some(column) = column else { return Ok(Values::Presence(None)) };
    let to = |wanted: &DataType| cast(column, wanted).map_err(arrow("read values of a window"));
    Ok(match form {
        Form::Presence => Values::Presence(column.logical_nulls()),
        Form::Integers => Values::Integers(to(&DataType::Int64)?.as_primitive::<Int64Type>().clone()),
        Form::Doubles => Values::Doubles(to(&DataType::Float64)?.as_primitive::<Float64Type>().clone()),
        Form::Decimals => {
            let scale = match column.data_type() {
                DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => *scale,
                _ => 0,
            };
            Values::Decimals(to(&DataType::Decimal256(76, scale))?.as_primitive::<Decimal256Type>().clone())
        }
        Form::Ordered { one_zero } => Values::Integers(ordered(column, one_zero)?),
        Form::Bytes => {
            let column = std::slice::from_ref(column);
            let rows = match converter {
                Some(converter) => converter.convert_columns(column),
                None => bytes_of(column[0].data_type())?.convert_columns(column),
            };
            let rows = rows.map_err(arrow("compare values"))?;
            Values::Bytes(rows, column[0].logical_nulls())
        }
    })
}

/// What turns values of a type into bytes and back.
pub(super) fn bytes_of(data_type: &DataType) -> Result<RowConverter> {
    RowConverter::new(vec![SortField::new(data_type.clone())]).map_err(arrow("compare values"))
}

fn ordered(column: &ArrayRef, one_zero: bool) -> Result<Int64Array> {
    let doubles: Float64Array = match column.data_type() {
        DataType::Float32 => column.as_primitive::<Float32Type>().unary(f64::from),
        DataType::Float64 => column.as_primitive::<Float64Type>().clone(),
        _ => return numbers(column),
    };
    let one = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 };
    let doubles = if one_zero { doubles.unary::<_, Float64Type>(one) } else { doubles };
    Ok(doubles.unary::<_, Int64Type>(|value| flipped(value.to_bits().cast_signed())))
}

/// The order of `f64::total_cmp`; its own inverse.
fn flipped(bits: i64) -> i64 {
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// The values that [`Form::Ordered`] stands for.
pub(super) fn from_ordered(numbers: &Int64Array, data_type: &DataType) -> Result<ArrayRef> {
    let array: ArrayRef = match data_type {
        DataType::Float32 | DataType::Float64 => {
            Arc::new(numbers.unary::<_, Float64Type>(|number| f64::from_bits(flipped(number).cast_unsigned())))
        }
        _ => Arc::new(numbers.clone()),
    };
    cast(&array, data_type).map_err(arrow("answer a window"))
}

/// The values that [`Form::Bytes`] stands for.
pub(super) fn from_bytes(found: &[Option<Bytes>], data_type: &DataType) -> Result<ArrayRef> {
    let converter = bytes_of(data_type)?;
    let null = arrow::array::new_null_array(data_type, 1);
    let null = converter.convert_columns(&[null]).map_err(arrow("answer a window"))?;
    let parser = converter.parser();
    let rows = found.iter().map(|found| found.as_ref().map_or_else(|| null.row(0), |bytes| parser.parse(bytes)));
    let mut columns = converter.convert_rows(rows).map_err(arrow("answer a window"))?;
    Ok(columns.remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_keep_their_order_and_their_bits() {
        let sorted = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-300, 1.5, f64::INFINITY, f64::NAN];
        let array: ArrayRef = Arc::new(Float64Array::from(sorted.to_vec()));
        let numbers = ordered(&array, false).unwrap();
        assert!(numbers.values().windows(2).all(|pair| pair[0] < pair[1]));
        let back = from_ordered(&numbers, &DataType::Float64).unwrap();
        let bits = |array: &ArrayRef| {
            array.as_primitive::<Float64Type>().values().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(bits(&back), bits(&array));
    }
}
