//! Bytes, in each of the forms that Arrow has for them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, LargeBinaryArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;
use bytes::Bytes;

use super::{DecodeError, Family, FieldType, stored};

/// A column of bytes.
#[derive(Debug)]
pub enum BytesReader {
    /// With offsets of 32 bits.
    Small(BinaryArray),
    /// With offsets of 64 bits.
    Large(LargeBinaryArray),
    /// Views.
    View(BinaryViewArray),
}

impl FieldType for Bytes {
    type Value = Self;
    type Reader = BytesReader;
    const FAMILY: Family = Family::Bytes;

    fn data_type() -> DataType {
        DataType::Binary
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        let column = stored::unpacked(column, &DataType::Binary)?;
        stored::no_nulls(&column, asked)?;
        Ok(match column.data_type() {
            DataType::Binary => BytesReader::Small(column.as_binary().clone()),
            DataType::LargeBinary => BytesReader::Large(column.as_binary().clone()),
            DataType::BinaryView => BytesReader::View(column.as_binary_view().clone()),
            DataType::FixedSizeBinary(_) => return Self::open(&stored::cast(&column, &DataType::Binary)?, asked),
            stored => return Err(stored::wrong_type(stored, &DataType::Binary)),
        })
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        Ok(Self::copy_from_slice(match reader {
            BytesReader::Small(column) => column.value(row),
            BytesReader::Large(column) => column.value(row),
            BytesReader::View(column) => column.value(row),
        }))
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        super::list::fits_offsets(values.clone().map(|bytes| bytes.map_or(0, Bytes::len)))?;
        Ok(Arc::new(values.map(|bytes| bytes.map(AsRef::<[u8]>::as_ref)).collect::<BinaryArray>()))
    }
}
