//! Values of the ordered column as the engine's values, and back.

use arrow::datatypes::{ArrowPrimitiveType, DataType, Float16Type, TimeUnit, i256};
use datafusion::common::ScalarValue;
use varvite_dataset::OrderedValue;

/// The value as the engine's, of this type; `None` if it does not fit.
pub(super) fn to_scalar(value: &OrderedValue, data_type: &DataType) -> Option<ScalarValue> {
    let scalar = match value {
        OrderedValue::Int(value) => of_int(*value, data_type)?,
        OrderedValue::UInt(value) => match data_type {
            DataType::UInt8 => ScalarValue::UInt8(u8::try_from(*value).ok()),
            DataType::UInt16 => ScalarValue::UInt16(u16::try_from(*value).ok()),
            DataType::UInt32 => ScalarValue::UInt32(u32::try_from(*value).ok()),
            DataType::UInt64 => ScalarValue::UInt64(Some(*value)),
            _ => return None,
        },
        OrderedValue::Float(value) => match data_type {
            DataType::Float16 => {
                ScalarValue::Float16(Some(<Float16Type as ArrowPrimitiveType>::Native::from_f64(*value)))
            }
            #[allow(clippy::cast_possible_truncation, reason = "the column's own values are of this precision")]
            DataType::Float32 => ScalarValue::Float32(Some(*value as f32)),
            DataType::Float64 => ScalarValue::Float64(Some(*value)),
            _ => return None,
        },
        OrderedValue::Decimal(value) => match data_type {
            DataType::Decimal32(precision, scale) => {
                ScalarValue::Decimal32(i32::try_from(value.to_i128()?).ok(), *precision, *scale)
            }
            DataType::Decimal64(precision, scale) => {
                ScalarValue::Decimal64(i64::try_from(value.to_i128()?).ok(), *precision, *scale)
            }
            DataType::Decimal128(precision, scale) => ScalarValue::Decimal128(value.to_i128(), *precision, *scale),
            DataType::Decimal256(precision, scale) => ScalarValue::Decimal256(Some(*value), *precision, *scale),
            _ => return None,
        },
        OrderedValue::Text(text) => match data_type {
            DataType::Utf8 => ScalarValue::Utf8(Some(text.to_string())),
            DataType::LargeUtf8 => ScalarValue::LargeUtf8(Some(text.to_string())),
            DataType::Utf8View => ScalarValue::Utf8View(Some(text.to_string())),
            _ => return None,
        },
    };
    Some(scalar).filter(|scalar| !scalar.is_null())
}

fn of_int(value: i64, data_type: &DataType) -> Option<ScalarValue> {
    Some(match data_type {
        DataType::Int8 => ScalarValue::Int8(i8::try_from(value).ok()),
        DataType::Int16 => ScalarValue::Int16(i16::try_from(value).ok()),
        DataType::Int32 => ScalarValue::Int32(i32::try_from(value).ok()),
        DataType::Int64 => ScalarValue::Int64(Some(value)),
        DataType::Date32 => ScalarValue::Date32(i32::try_from(value).ok()),
        DataType::Date64 => ScalarValue::Date64(Some(value)),
        DataType::Timestamp(TimeUnit::Second, zone) => ScalarValue::TimestampSecond(Some(value), zone.clone()),
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            ScalarValue::TimestampMillisecond(Some(value), zone.clone())
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            ScalarValue::TimestampMicrosecond(Some(value), zone.clone())
        }
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => ScalarValue::TimestampNanosecond(Some(value), zone.clone()),
        _ => return None,
    })
}

/// The engine's value as one of an ordered column; `None` for null, NaN and all that cannot be ordered.
pub(super) fn to_ordered(scalar: &ScalarValue) -> Option<OrderedValue> {
    use ScalarValue as S;
    let int = |value: Option<i64>| value.map(OrderedValue::Int);
    let uint = |value: Option<u64>| value.map(OrderedValue::UInt);
    match scalar {
        S::Int8(value) => int(value.map(i64::from)),
        S::Int16(value) => int(value.map(i64::from)),
        S::Int32(value) | S::Date32(value) => int(value.map(i64::from)),
        S::Int64(value)
        | S::Date64(value)
        | S::TimestampSecond(value, _)
        | S::TimestampMillisecond(value, _)
        | S::TimestampMicrosecond(value, _)
        | S::TimestampNanosecond(value, _) => int(*value),
        S::UInt8(value) => uint(value.map(u64::from)),
        S::UInt16(value) => uint(value.map(u64::from)),
        S::UInt32(value) => uint(value.map(u64::from)),
        S::UInt64(value) => uint(*value),
        S::Float16(value) => float(value.map(f64::from)),
        S::Float32(value) => float(value.map(f64::from)),
        S::Float64(value) => float(*value),
        S::Decimal32(value, ..) => value.map(|value| OrderedValue::Decimal(i256::from_i128(value.into()))),
        S::Decimal64(value, ..) => value.map(|value| OrderedValue::Decimal(i256::from_i128(value.into()))),
        S::Decimal128(value, ..) => value.map(|value| OrderedValue::Decimal(i256::from_i128(value))),
        S::Decimal256(value, ..) => value.map(OrderedValue::Decimal),
        S::Utf8(text) | S::LargeUtf8(text) | S::Utf8View(text) => text.as_deref().map(OrderedValue::from),
        _ => None,
    }
}

fn float(value: Option<f64>) -> Option<OrderedValue> {
    value.filter(|value| !value.is_nan()).map(OrderedValue::Float)
}

/// Zero has two floats, which are equal here and not to the engine.
pub(super) fn is_float_zero(value: &OrderedValue) -> bool {
    matches!(value, OrderedValue::Float(value) if *value == 0.0)
}
