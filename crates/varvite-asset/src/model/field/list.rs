//! Lists.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanBufferBuilder, LargeListArray, ListArray};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field};

use super::{DecodeError, Family, FieldType, stored};

/// A column of lists.
#[derive(Debug)]
pub struct ListReader<R> {
    offsets: OffsetBuffer<i64>,
    elements: R,
}

impl<T: FieldType> FieldType for Vec<T> {
    type Value = Self;
    type Reader = ListReader<T::Reader>;
    const FAMILY: Family = Family::List;

    fn data_type() -> DataType {
        DataType::List(element::<T>())
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        let lists = large(column, &Self::data_type())?;
        stored::no_nulls(&lists, asked)?;
        let (first, last) = (lists.value_offsets()[0], lists.value_offsets()[lists.len()]);
        let elements = lists.values().slice(index(first), index(last - first));
        let offsets = if first == 0 { lists.offsets().clone() } else { moved(lists.offsets(), first) };
        let of_asked = match (elements.null_count(), NullBuffer::union(asked, lists.nulls())) {
            (1.., Some(asked)) => Some(elements_of(&asked, &offsets)),
            _ => None,
        };
        let elements = T::open(&elements, of_asked.as_ref()).map_err(|error| error.of_element(&offsets))?;
        Ok(ListReader { offsets, elements })
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        let elements = index(reader.offsets[row])..index(reader.offsets[row + 1]);
        let mut values = Self::with_capacity(elements.len());
        for element in elements {
            values.push(T::read(&reader.elements, element)?);
        }
        Ok(values)
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        fits_offsets(values.clone().map(|list| list.map_or(0, Vec::len)))?;
        let offsets = OffsetBuffer::<i32>::from_lengths(values.clone().map(|list| list.map_or(0, Vec::len)));
        let elements = T::encode(values.clone().flatten().flatten().map(Some))
            .map_err(|error| error.of_element(&OffsetBuffer::from_lengths(offsets.lengths())))?;
        let lists = ListArray::try_new(element::<T>(), offsets, elements, validity(values));
        lists.map(|lists| Arc::new(lists) as ArrayRef).map_err(|error| DecodeError::new(0, error.to_string()))
    }
}

/// Which values are there; nothing if all are.
pub(super) fn validity<'a, T: 'a>(values: impl Iterator<Item = Option<&'a T>>) -> Option<NullBuffer> {
    let nulls = NullBuffer::new(values.map(|value| value.is_some()).collect::<BooleanBuffer>());
    (nulls.null_count() > 0).then_some(nulls)
}

/// Refuses a column of text, bytes or lists that would be too long for offsets of 32 bits.
pub(super) fn fits_offsets(lengths: impl Iterator<Item = usize>) -> Result<(), DecodeError> {
    let mut sum = 0_usize;
    for (row, length) in lengths.enumerate() {
        sum = sum.saturating_add(length);
        if i32::try_from(sum).is_err() {
            return Err(DecodeError::new(row, "a batch holds 2 GiB of a column: give fewer rows at once"));
        }
    }
    Ok(())
}

fn element<T: FieldType>() -> Arc<Field> {
    Arc::new(Field::new("item", T::data_type(), T::NULLABLE))
}

fn large(column: &ArrayRef, wanted: &DataType) -> Result<LargeListArray, DecodeError> {
    let column = stored::unpacked(column, wanted)?;
    match column.data_type() {
        DataType::LargeList(_) => Ok(column.as_list().clone()),
        DataType::List(field) | DataType::FixedSizeList(field, _) => {
            Ok(stored::cast(&column, &DataType::LargeList(Arc::clone(field)))?.as_list().clone())
        }
        stored => Err(stored::wrong_type(stored, wanted)),
    }
}

fn moved(offsets: &OffsetBuffer<i64>, by: i64) -> OffsetBuffer<i64> {
    OffsetBuffer::new(offsets.iter().map(|offset| offset - by).collect())
}

/// Which elements are in lists that are asked for.
fn elements_of(asked: &NullBuffer, offsets: &OffsetBuffer<i64>) -> NullBuffer {
    let mut elements = BooleanBufferBuilder::new(0);
    for (row, length) in offsets.lengths().enumerate() {
        elements.append_n(length, asked.is_valid(row));
    }
    NullBuffer::new(elements.finish())
}

/// Offsets are never negative.
fn index(offset: i64) -> usize {
    usize::try_from(offset).unwrap_or_default()
}
