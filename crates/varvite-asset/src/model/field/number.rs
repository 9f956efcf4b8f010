//! Integers and floats. Columns of narrower ones are read, too, where every value has its place.

use std::sync::Arc;

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};

use super::{DecodeError, Family, FieldType, stored};

const fn integer(min: i128, max: i128) -> Family {
    Family::Integer { min, max }
}

macro_rules! numbers {
    ($($type:ty, $arrow:ident, $data:ident, $family:expr, [$($narrower:ident)*];)+) => {$(
        impl FieldType for $type {
            type Value = Self;
            type Reader = ScalarBuffer<Self>;
            const FAMILY: Family = $family;

            fn data_type() -> DataType {
                DataType::$data
            }

            fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
                stored::primitive::<$arrow>(column, asked, |stored| {
                    let narrower: &[DataType] = &[$(DataType::$narrower),*];
                    narrower.contains(stored)
                })
            }

            #[inline]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
                Ok(reader[row])
            }

            fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
                Ok(Arc::new(PrimitiveArray::<$arrow>::from_iter(values.map(Option::<&Self>::copied))))
            }
        }
    )+};
}

numbers! {
    i8, Int8Type, Int8, integer(i8::MIN as i128, i8::MAX as i128), [];
    i16, Int16Type, Int16, integer(i16::MIN as i128, i16::MAX as i128), [Int8 UInt8];
    i32, Int32Type, Int32, integer(i32::MIN as i128, i32::MAX as i128), [Int8 Int16 UInt8 UInt16];
    i64, Int64Type, Int64, integer(i64::MIN as i128, i64::MAX as i128), [Int8 Int16 Int32 UInt8 UInt16 UInt32];
    u8, UInt8Type, UInt8, integer(0, u8::MAX as i128), [];
    u16, UInt16Type, UInt16, integer(0, u16::MAX as i128), [UInt8];
    u32, UInt32Type, UInt32, integer(0, u32::MAX as i128), [UInt8 UInt16];
    u64, UInt64Type, UInt64, integer(0, u64::MAX as i128), [UInt8 UInt16 UInt32];
    f32, Float32Type, Float32, Family::Float, [Float16 Int8 Int16 UInt8 UInt16];
    f64, Float64Type, Float64, Family::Float, [Float16 Float32 Int8 Int16 Int32 UInt8 UInt16 UInt32];
}
