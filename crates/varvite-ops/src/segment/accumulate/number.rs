//! [`Number`]: what folds need of the numbers of a column.

use arrow::datatypes::{
    ArrowNativeType, ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

/// A number of a column.
pub(crate) trait Number: ArrowNativeType {
    /// The Arrow type that holds it.
    type Arrow: ArrowPrimitiveType<Native = Self>;

    /// The nearest `f64`.
    fn to_f64(self) -> f64;
    fn is_nan(self) -> bool;
    /// Whether it lies below `other`; `-0.0` lies below `0.0`. Neither is NaN.
    fn is_below(self, other: Self) -> bool;
    fn to_word(self) -> u64;
    fn of_word(word: u64) -> Self;
}

/// A whole number, and the type of its sums.
pub(crate) trait Whole: Number {
    type Sum: ArrowPrimitiveType;
    fn to_i128(self) -> i128;
    fn sum(sum: i128) -> Option<<Self::Sum as ArrowPrimitiveType>::Native>;
}

macro_rules! whole {
    ($($native:ty: $arrow:ty => $sum:ty),* $(,)?) => {$(
        impl Number for $native {
            type Arrow = $arrow;

            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, reason = "the nearest is wanted")]
            fn to_f64(self) -> f64 {
                self as f64
            }

            fn is_nan(self) -> bool {
                false
            }

            fn is_below(self, other: Self) -> bool {
                self < other
            }

            #[allow(clippy::cast_sign_loss, clippy::cast_lossless, reason = "its bits come back by the same way")]
            fn to_word(self) -> u64 {
                self as u64
            }

            #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "made by `to_word`")]
            fn of_word(word: u64) -> Self {
                word as Self
            }
        }

        impl Whole for $native {
            type Sum = $sum;

            fn to_i128(self) -> i128 {
                self.into()
            }

            fn sum(sum: i128) -> Option<<$sum as ArrowPrimitiveType>::Native> {
                sum.try_into().ok()
            }
        }
    )*};
}

whole! {
    i8: Int8Type => Int64Type, i16: Int16Type => Int64Type, i32: Int32Type => Int64Type, i64: Int64Type => Int64Type,
    u8: UInt8Type => UInt64Type, u16: UInt16Type => UInt64Type, u32: UInt32Type => UInt64Type,
    u64: UInt64Type => UInt64Type,
}

macro_rules! floating {
    ($($native:ty: $arrow:ty, $bits:ty);* $(;)?) => {$(
        impl Number for $native {
            type Arrow = $arrow;

            fn to_f64(self) -> f64 {
                self.into()
            }

            fn is_nan(self) -> bool {
                self.is_nan()
            }

            fn is_below(self, other: Self) -> bool {
                self.total_cmp(&other).is_lt()
            }

            fn to_word(self) -> u64 {
                self.to_bits().into()
            }

            #[allow(clippy::cast_possible_truncation, reason = "made by `to_word`")]
            fn of_word(word: u64) -> Self {
                Self::from_bits(word as $bits)
            }
        }
    )*};
}

floating! {
    f32: Float32Type, u32;
    f64: Float64Type, u64;
}
