//! Columns of Polars as chunks to be judged, without a copy.

use polars::prelude::{DataType, Series};

use crate::values::{Bits, Chunk, Numbers, Values};

/// Shows a column to `judge`, chunk by chunk. Dates, times and decimals are what they count.
pub(super) fn each_chunk(series: &Series, judge: &mut dyn FnMut(Chunk<'_>)) {
    let physical = series.to_physical_repr();
    macro_rules! chunks {
        ($column:expr, |$array:ident| $values:expr) => {
            if let Ok(column) = $column {
                for ($array, chunk) in column.downcast_iter().zip(column.chunks()) {
                    let mask = chunk.validity().filter(|mask| mask.unset_bits() > 0).map(|mask| mask.as_slice());
                    let valid = mask.map(|(bytes, offset, _)| Bits::new(bytes, offset));
                    judge(Chunk { len: chunk.len(), valid, values: $values });
                }
            }
        };
    }
    macro_rules! numbers {
        ($column:ident, $variant:ident) => {
            chunks!(physical.$column(), |array| Values::Numbers(Numbers::$variant(array.values().as_slice())))
        };
    }
    match physical.dtype() {
        DataType::Int8 => numbers!(i8, I8),
        DataType::Int16 => numbers!(i16, I16),
        DataType::Int32 => numbers!(i32, I32),
        DataType::Int64 => numbers!(i64, I64),
        DataType::Int128 => numbers!(i128, I128),
        DataType::UInt8 => numbers!(u8, U8),
        DataType::UInt16 => numbers!(u16, U16),
        DataType::UInt32 => numbers!(u32, U32),
        DataType::UInt64 => numbers!(u64, U64),
        DataType::Float32 => numbers!(f32, F32),
        DataType::Float64 => numbers!(f64, F64),
        DataType::String => chunks!(physical.str(), |array| Values::Texts(&|row| array.value(row))),
        DataType::Boolean => chunks!(physical.bool(), |array| Values::Flags(&|row| array.value(row))),
        DataType::Binary => chunks!(physical.binary(), |array| Values::Lengths(&|row| array.value(row).len())),
        DataType::List(_) => {
            chunks!(physical.list(), |array| Values::Lengths(&|row| array.offsets().length_at(row)));
        }
        // Of structs it is only known which ones are null.
        _ => {
            let mask = physical.is_not_null();
            let flags: Vec<bool> = (0..mask.len()).map(|row| mask.get(row) == Some(true)).collect();
            let bytes: Vec<u8> = packed(&flags);
            let valid = (physical.null_count() > 0).then(|| Bits::new(&bytes, 0));
            judge(Chunk { len: physical.len(), valid, values: Values::Opaque });
        }
    }
}

/// Bits, the first one being the lowest of its byte.
fn packed(flags: &[bool]) -> Vec<u8> {
    let byte = |flags: &[bool]| flags.iter().rev().fold(0, |byte, flag| byte << 1 | u8::from(*flag));
    flags.chunks(8).map(byte).collect()
}
