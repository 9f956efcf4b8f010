//! Text, in each of the forms that Arrow has for it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, StringArray, StringViewArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use super::{DecodeError, Family, FieldType, stored};

/// A column of text.
#[derive(Debug)]
pub enum TextReader {
    /// With offsets of 32 bits.
    Small(StringArray),
    /// With offsets of 64 bits.
    Large(LargeStringArray),
    /// Views.
    View(StringViewArray),
}

impl FieldType for String {
    type Value = Self;
    type Reader = TextReader;
    const FAMILY: Family = Family::Text;

    fn data_type() -> DataType {
        DataType::Utf8
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        let column = stored::unpacked(column, &DataType::Utf8)?;
        stored::no_nulls(&column, asked)?;
        Ok(match column.data_type() {
            DataType::Utf8 => TextReader::Small(column.as_string().clone()),
            DataType::LargeUtf8 => TextReader::Large(column.as_string().clone()),
            DataType::Utf8View => TextReader::View(column.as_string_view().clone()),
            stored => return Err(stored::wrong_type(stored, &DataType::Utf8)),
        })
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        let text = match reader {
            TextReader::Small(column) => column.value(row),
            TextReader::Large(column) => column.value(row),
            TextReader::View(column) => column.value(row),
        };
        Ok(text.to_owned())
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        super::list::fits_offsets(values.clone().map(|text| text.map_or(0, String::len)))?;
        Ok(Arc::new(values.map(|text| text.map(String::as_str)).collect::<StringArray>()))
    }
}
