//! Values that may be null.

use arrow::array::{Array, ArrayRef};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use super::{DecodeError, Family, FieldType, stored};

/// A column with nulls.
#[derive(Debug)]
pub struct OptionReader<R> {
    nulls: Option<NullBuffer>,
    values: R,
}

impl<T: FieldType> FieldType for Option<T> {
    type Value = T::Value;
    type Reader = OptionReader<T::Reader>;
    const FAMILY: Family = {
        assert!(!T::NULLABLE, "an `Option` in an `Option` cannot be told from one in a column");
        T::FAMILY
    };
    const NULLABLE: bool = true;

    fn data_type() -> DataType {
        T::data_type()
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        let column = stored::unpacked(column, &T::data_type())?;
        let nulls = column.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
        let asked = NullBuffer::union(asked, nulls.as_ref());
        let values = T::open(&column, asked.as_ref())?;
        Ok(OptionReader { nulls, values })
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        match &reader.nulls {
            Some(nulls) if nulls.is_null(row) => Ok(None),
            _ => T::read(&reader.values, row).map(Some),
        }
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        T::encode(values.map(|value| value.and_then(Option::as_ref)))
    }
}
