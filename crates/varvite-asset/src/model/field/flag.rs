//! Flags.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::DataType;

use super::{DecodeError, Family, FieldType, stored};

impl FieldType for bool {
    type Value = Self;
    type Reader = BooleanBuffer;
    const FAMILY: Family = Family::Bool;

    fn data_type() -> DataType {
        DataType::Boolean
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        let column = stored::stored_as(column, &DataType::Boolean, |_| false)?;
        stored::no_nulls(&column, asked)?;
        Ok(column.as_boolean().values().clone())
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        Ok(reader.value(row))
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        Ok(Arc::new(values.map(Option::<&Self>::copied).collect::<BooleanArray>()))
    }
}
