//! Arrow's columns as chunks.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;

use super::{Bits, Chunk, Numbers, Values};

/// The column without a dictionary, and without types that are only judged as others.
pub(crate) fn plain(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.data_type() {
        DataType::Dictionary(_, values) => cast(column, values),
        DataType::Float16 => cast(column, &DataType::Float32),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            cast(column, &DataType::Decimal128(*precision, *scale))
        }
        DataType::FixedSizeBinary(_) => cast(column, &DataType::Binary),
        DataType::FixedSizeList(field, _) => cast(column, &DataType::List(field.clone())),
        _ => Ok(ArrayRef::clone(column)),
    }
}

/// Shows a [`plain`] column as a chunk.
pub(crate) fn with_chunk<R>(column: &dyn Array, judge: impl FnOnce(Chunk<'_>) -> R) -> R {
    let nulls = column.nulls().filter(|nulls| nulls.null_count() > 0);
    let valid = nulls.map(|nulls| Bits::new(nulls.validity(), nulls.offset()));
    let len = column.len();
    macro_rules! chunk {
        ($values:expr) => {
            judge(Chunk { len, valid, values: $values })
        };
    }
    if let Some(numbers) = numbers(column) {
        return chunk!(Values::Numbers(numbers));
    }
    match column.data_type() {
        DataType::Utf8 => {
            let texts = column.as_string::<i32>();
            chunk!(Values::Texts(&|row| texts.value(row)))
        }
        DataType::LargeUtf8 => {
            let texts = column.as_string::<i64>();
            chunk!(Values::Texts(&|row| texts.value(row)))
        }
        DataType::Utf8View => {
            let texts = column.as_string_view();
            chunk!(Values::Texts(&|row| texts.value(row)))
        }
        DataType::Boolean => {
            let flags = column.as_boolean();
            chunk!(Values::Flags(&|row| flags.value(row)))
        }
        DataType::Binary => {
            let bytes = column.as_binary::<i32>();
            chunk!(Values::Lengths(&|row| bytes.value(row).len()))
        }
        DataType::LargeBinary => {
            let bytes = column.as_binary::<i64>();
            chunk!(Values::Lengths(&|row| bytes.value(row).len()))
        }
        DataType::BinaryView => {
            let bytes = column.as_binary_view();
            chunk!(Values::Lengths(&|row| bytes.value(row).len()))
        }
        DataType::List(_) => {
            let lists = column.as_list::<i32>();
            chunk!(Values::Lengths(&|row| usize::try_from(lists.value_length(row)).unwrap_or(0)))
        }
        DataType::LargeList(_) => {
            let lists = column.as_list::<i64>();
            chunk!(Values::Lengths(&|row| usize::try_from(lists.value_length(row)).unwrap_or(0)))
        }
        _ => chunk!(Values::Opaque),
    }
}

fn numbers(column: &dyn Array) -> Option<Numbers<'_>> {
    macro_rules! slice {
        ($variant:ident, $type:ty) => {
            Numbers::$variant(column.as_primitive::<$type>().values())
        };
    }
    Some(match column.data_type() {
        DataType::Int8 => slice!(I8, Int8Type),
        DataType::Int16 => slice!(I16, Int16Type),
        DataType::Int32 => slice!(I32, Int32Type),
        DataType::Int64 => slice!(I64, Int64Type),
        DataType::UInt8 => slice!(U8, UInt8Type),
        DataType::UInt16 => slice!(U16, UInt16Type),
        DataType::UInt32 => slice!(U32, UInt32Type),
        DataType::UInt64 => slice!(U64, UInt64Type),
        DataType::Float32 => slice!(F32, Float32Type),
        DataType::Float64 => slice!(F64, Float64Type),
        DataType::Decimal128(..) => slice!(I128, Decimal128Type),
        DataType::Date32 => slice!(I32, Date32Type),
        DataType::Date64 => slice!(I64, Date64Type),
        DataType::Time32(TimeUnit::Second) => slice!(I32, Time32SecondType),
        DataType::Time32(_) => slice!(I32, Time32MillisecondType),
        DataType::Time64(TimeUnit::Microsecond) => slice!(I64, Time64MicrosecondType),
        DataType::Time64(_) => slice!(I64, Time64NanosecondType),
        DataType::Timestamp(TimeUnit::Second, _) => slice!(I64, TimestampSecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => slice!(I64, TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => slice!(I64, TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => slice!(I64, TimestampNanosecondType),
        _ => return None,
    })
}
