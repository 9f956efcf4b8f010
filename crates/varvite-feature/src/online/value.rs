//! Values of features as bytes: little-endian, nested ones with their lengths; and columns made of them again.
//!
//! A value of a fixed width is just its bytes; text is just its bytes; the elements of an array, the entries of a map
//! and the fields of a struct each say their length, unless all are of one width and none is null.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, ListArray, MapArray, PrimitiveArray, StringArray,
    StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType as Arrow, Date32Type, Decimal128Type, Decimal256Type, Fields, Float32Type,
    Float64Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, i256,
};
use arrow::error::ArrowError;

/// In the place of a length: null.
const NULL: u32 = u32::MAX;

/// The number of bytes that every value of this type has; `None` if they differ.
pub(super) fn width(data_type: &Arrow) -> Option<usize> {
    Some(match data_type {
        Arrow::Boolean => 1,
        Arrow::Int32 | Arrow::Float32 | Arrow::Date32 => 4,
        Arrow::Int64 | Arrow::Float64 | Arrow::Timestamp(..) => 8,
        Arrow::Decimal128(..) => 16,
        Arrow::Decimal256(..) => 32,
        _ => return None,
    })
}

/// Adds the bytes of a value that is not null.
///
/// # Errors
/// For types that no feature has, and values of 4 GiB.
pub(super) fn push_value(array: &dyn Array, at: usize, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    macro_rules! number {
        ($type:ty) => {
            out.extend_from_slice(&array.as_primitive::<$type>().value(at).to_le_bytes())
        };
    }
    match array.data_type() {
        Arrow::Boolean => out.push(u8::from(array.as_boolean().value(at))),
        Arrow::Int32 => number!(Int32Type),
        Arrow::Int64 => number!(Int64Type),
        Arrow::Float32 => number!(Float32Type),
        Arrow::Float64 => number!(Float64Type),
        Arrow::Date32 => number!(Date32Type),
        Arrow::Timestamp(TimeUnit::Second, _) => number!(TimestampSecondType),
        Arrow::Timestamp(TimeUnit::Millisecond, _) => number!(TimestampMillisecondType),
        Arrow::Timestamp(TimeUnit::Microsecond, _) => number!(TimestampMicrosecondType),
        Arrow::Timestamp(TimeUnit::Nanosecond, _) => number!(TimestampNanosecondType),
        Arrow::Decimal128(..) => number!(Decimal128Type),
        Arrow::Decimal256(..) => number!(Decimal256Type),
        Arrow::Utf8 => out.extend_from_slice(array.as_string::<i32>().value(at).as_bytes()),
        Arrow::List(_) => push_elements(&array.as_list::<i32>().value(at), out)?,
        Arrow::FixedSizeList(..) => push_elements(&array.as_fixed_size_list().value(at), out)?,
        Arrow::Map(..) => push_elements(&array.as_map().value(at), out)?,
        Arrow::Struct(_) => {
            for field in array.as_struct().columns() {
                push_optional(field, at, out)?;
            }
        }
        other => return Err(ArrowError::NotYetImplemented(format!("online values of type {other}"))),
    }
    Ok(())
}

fn push_elements(elements: &dyn Array, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    out.extend_from_slice(&length(elements.len())?.to_le_bytes());
    let packed = width(elements.data_type()).is_some() && elements.null_count() == 0;
    out.push(u8::from(packed));
    let push = if packed { push_value } else { push_optional };
    (0..elements.len()).try_for_each(|at| push(elements, at, out))
}

fn push_optional(array: &dyn Array, at: usize, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let start = out.len();
    out.extend_from_slice(&NULL.to_le_bytes());
    if array.is_valid(at) {
        push_value(array, at, out)?;
        let len = length(out.len() - start - 4)?;
        out[start..start + 4].copy_from_slice(&len.to_le_bytes());
    }
    Ok(())
}

fn length(len: usize) -> Result<u32, ArrowError> {
    let len = u32::try_from(len).ok().filter(|len| *len != NULL);
    len.ok_or_else(|| ArrowError::InvalidArgumentError("a value of 4 GiB".to_owned()))
}

/// The column of these values.
///
/// # Errors
/// For bytes that are no values of the type.
pub(super) fn column(data_type: &Arrow, values: &[Option<&[u8]>]) -> Result<ArrayRef, ArrowError> {
    macro_rules! numbers {
        ($type:ty) => {
            numbers::<$type, _>(data_type, values, <$type as ArrowPrimitiveType>::Native::from_le_bytes)
        };
    }
    match data_type {
        Arrow::Boolean => {
            let flag = |value: &&[u8]| value.first().map(|byte| *byte != 0).ok_or_else(damaged);
            let flags = values.iter().map(|value| value.as_ref().map(flag).transpose());
            Ok(Arc::new(flags.collect::<Result<BooleanArray, _>>()?))
        }
        Arrow::Int32 => numbers!(Int32Type),
        Arrow::Int64 => numbers!(Int64Type),
        Arrow::Float32 => numbers!(Float32Type),
        Arrow::Float64 => numbers!(Float64Type),
        Arrow::Date32 => numbers!(Date32Type),
        Arrow::Timestamp(TimeUnit::Second, _) => numbers!(TimestampSecondType),
        Arrow::Timestamp(TimeUnit::Millisecond, _) => numbers!(TimestampMillisecondType),
        Arrow::Timestamp(TimeUnit::Microsecond, _) => numbers!(TimestampMicrosecondType),
        Arrow::Timestamp(TimeUnit::Nanosecond, _) => numbers!(TimestampNanosecondType),
        Arrow::Decimal128(..) => numbers!(Decimal128Type),
        Arrow::Decimal256(..) => numbers::<Decimal256Type, 32>(data_type, values, i256::from_le_bytes),
        Arrow::Utf8 => {
            let text = |value: &[u8]| std::str::from_utf8(value).map(str::to_owned).map_err(|_| damaged());
            let texts = values.iter().map(|value| value.map(text).transpose());
            Ok(Arc::new(texts.collect::<Result<StringArray, _>>()?))
        }
        Arrow::List(element) => {
            let (lengths, elements) = elements(element.data_type(), values, None)?;
            let offsets = OffsetBuffer::from_lengths(lengths);
            let elements = column(element.data_type(), &elements)?;
            Ok(Arc::new(ListArray::try_new(Arc::clone(element), offsets, elements, nulls(values))?))
        }
        Arrow::FixedSizeList(element, size) => {
            let expected = usize::try_from(*size).map_err(|_| damaged())?;
            let (_, elements) = elements(element.data_type(), values, Some(expected))?;
            let elements = column(element.data_type(), &elements)?;
            Ok(Arc::new(FixedSizeListArray::try_new(Arc::clone(element), *size, elements, nulls(values))?))
        }
        Arrow::Map(entry, sorted) => {
            let Arrow::Struct(parts) = entry.data_type() else { return Err(damaged()) };
            let (lengths, entries) = elements(entry.data_type(), values, None)?;
            let offsets = OffsetBuffer::from_lengths(lengths);
            let entries = fields(parts, &entries)?;
            Ok(Arc::new(MapArray::try_new(Arc::clone(entry), offsets, entries, nulls(values), *sorted)?))
        }
        Arrow::Struct(parts) => Ok(Arc::new(fields(parts, values)?)),
        other => Err(ArrowError::NotYetImplemented(format!("online values of type {other}"))),
    }
}

fn numbers<T: ArrowPrimitiveType, const N: usize>(
    data_type: &Arrow,
    values: &[Option<&[u8]>],
    read: fn([u8; N]) -> T::Native,
) -> Result<ArrayRef, ArrowError> {
    let number = |value: &[u8]| <[u8; N]>::try_from(value).map(read).map_err(|_| damaged());
    let numbers = values.iter().map(|value| value.map(number).transpose());
    Ok(Arc::new(numbers.collect::<Result<PrimitiveArray<T>, _>>()?.with_data_type(data_type.clone())))
}

/// The number of elements of each value, and all elements. With `expected`, each value has so many, null ones too.
#[allow(clippy::type_complexity, reason = "two lists")]
fn elements<'a>(
    data_type: &Arrow,
    values: &[Option<&'a [u8]>],
    expected: Option<usize>,
) -> Result<(Vec<usize>, Vec<Option<&'a [u8]>>), ArrowError> {
    let (mut lengths, mut elements) = (Vec::with_capacity(values.len()), Vec::new());
    for value in values {
        let Some(mut rest) = *value else {
            lengths.push(0);
            elements.resize(elements.len() + expected.unwrap_or_default(), None);
            continue;
        };
        let len = take_u32(&mut rest)? as usize;
        if expected.is_some_and(|expected| expected != len) {
            return Err(damaged());
        }
        lengths.push(len);
        let packed = take(&mut rest, 1)? == [1];
        let width = width(data_type).filter(|_| packed);
        for _ in 0..len {
            elements.push(match width {
                Some(width) => Some(take(&mut rest, width)?),
                None => take_optional(&mut rest)?,
            });
        }
    }
    Ok((lengths, elements))
}

fn fields(parts: &Fields, values: &[Option<&[u8]>]) -> Result<StructArray, ArrowError> {
    let mut rests: Vec<Option<&[u8]>> = values.to_vec();
    let mut columns = Vec::with_capacity(parts.len());
    for part in parts {
        let values = rests.iter_mut().map(|rest| rest.as_mut().map_or(Ok(None), take_optional));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        columns.push(column(part.data_type(), &values)?);
    }
    StructArray::try_new(parts.clone(), columns, nulls(values))
}

fn nulls(values: &[Option<&[u8]>]) -> Option<NullBuffer> {
    let nulls: NullBuffer = values.iter().map(Option::is_some).collect();
    (nulls.null_count() > 0).then_some(nulls)
}

fn take_optional<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, ArrowError> {
    match take_u32(rest)? {
        NULL => Ok(None),
        len => take(rest, len as usize).map(Some),
    }
}

fn take_u32(rest: &mut &[u8]) -> Result<u32, ArrowError> {
    let bytes = take(rest, 4)?;
    <[u8; 4]>::try_from(bytes).map(u32::from_le_bytes).map_err(|_| damaged())
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8], ArrowError> {
    let (taken, left) = rest.split_at_checked(len).ok_or_else(damaged)?;
    *rest = left;
    Ok(taken)
}

fn damaged() -> ArrowError {
    ArrowError::ParseError("bytes that are no value of the column's type".to_owned())
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Int32Array, Int32Builder, ListBuilder, MapBuilder, StringBuilder};
    use arrow::datatypes::Field;

    use super::*;

    #[track_caller]
    fn check(array: &dyn Array) {
        let mut bytes = Vec::new();
        for at in 0..array.len() {
            let mut value = Vec::new();
            if array.is_valid(at) {
                push_value(array, at, &mut value).unwrap();
                assert!(width(array.data_type()).is_none_or(|width| width == value.len()));
            }
            bytes.push(array.is_valid(at).then_some(value));
        }
        let values: Vec<Option<&[u8]>> = bytes.iter().map(Option::as_deref).collect();
        let back = column(array.data_type(), &values).unwrap();
        assert_eq!(back.as_ref(), array);
        for cut in bytes.iter().flatten().filter(|bytes| !bytes.is_empty()).map(|bytes| &bytes[..bytes.len() - 1]) {
            let cut = column(array.data_type(), &[Some(cut)]);
            assert!(array.data_type() == &Arrow::Utf8 || cut.is_err(), "cut bytes are refused");
        }
    }

    #[test]
    fn single_values_come_back() {
        check(&Int32Array::from(vec![Some(1), None, Some(-7)]));
        check(&BooleanArray::from(vec![Some(true), None, Some(false)]));
        check(&StringArray::from(vec![Some(""), None, Some("ü\0")]));
        let decimals = Decimal128Array::from(vec![Some(-1), None]);
        check(&decimals.with_precision_and_scale(10, 2).unwrap());
    }

    #[test]
    fn nested_values_come_back() {
        let mut lists = ListBuilder::new(ListBuilder::new(Int32Builder::new()));
        lists.append_value([Some(vec![Some(1), None]), None, Some(vec![Some(2), Some(3)])]);
        lists.append_null();
        lists.append_value::<[Option<Vec<Option<i32>>>; 0], _>([]);
        check(&lists.finish());

        let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
        maps.keys().append_value("a");
        maps.values().append_null();
        maps.append(true).unwrap();
        maps.append(false).unwrap();
        check(&maps.finish());
    }

    #[test]
    fn vectors_and_structs_come_back() {
        let element = Arc::new(Field::new("item", Arrow::Int32, false));
        let elements = Arc::new(Int32Array::from(vec![1, 2, 0, 0]));
        let nulls = Some(NullBuffer::from(vec![true, false]));
        let vectors = FixedSizeListArray::try_new(element, 2, elements, nulls.clone()).unwrap();
        check(&vectors);
        let parts =
            Fields::from(vec![Field::new("v", vectors.data_type().clone(), true), Field::new("t", Arrow::Utf8, true)]);
        let texts = Arc::new(StringArray::from(vec![None, None::<&str>]));
        check(&StructArray::try_new(parts, vec![Arc::new(vectors), texts], nulls).unwrap());
    }
}
