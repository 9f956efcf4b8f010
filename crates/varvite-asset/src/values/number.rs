//! [`Numbers`]: a slice of numbers of any width.

/// Numbers of any width.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Numbers<'a> {
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
    I128(&'a [i128]),
    F32(&'a [f32]),
    F64(&'a [f64]),
}

/// A whole number.
pub(crate) trait Whole: Copy + Ord {
    /// The same number of this width, or the nearest one.
    fn saturated(number: i128) -> Self;
    /// The same number.
    fn wide(self) -> i128;
}

/// A float.
pub(crate) trait Real: Copy + PartialOrd {
    /// The same number, rounded to this width.
    fn rounded(number: f64) -> Self;
    /// The same number.
    fn wide(self) -> f64;
}

macro_rules! whole {
    ($($type:ty),+) => {$(
        impl Whole for $type {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_lossless, reason = "it is clamped")]
            fn saturated(number: i128) -> Self {
                number.clamp(Self::MIN as i128, Self::MAX as i128) as Self
            }

            #[allow(clippy::cast_lossless, reason = "an i128 is no wider than itself")]
            fn wide(self) -> i128 {
                self as i128
            }
        }
    )+};
}

whole!(i8, i16, i32, i64, u8, u16, u32, u64, i128);

impl Real for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "rounded")]
    fn rounded(number: f64) -> Self {
        number as Self
    }

    fn wide(self) -> f64 {
        self.into()
    }
}

impl Real for f64 {
    fn rounded(number: f64) -> Self {
        number
    }

    fn wide(self) -> f64 {
        self
    }
}

/// Does the same with the slice of any width: whole numbers one way, floats another.
macro_rules! each_width {
    ($numbers:expr, whole($slice:ident) => $whole:expr, real($float:ident) => $real:expr) => {
        match $numbers {
            $crate::values::Numbers::I8($slice) => $whole,
            $crate::values::Numbers::I16($slice) => $whole,
            $crate::values::Numbers::I32($slice) => $whole,
            $crate::values::Numbers::I64($slice) => $whole,
            $crate::values::Numbers::U8($slice) => $whole,
            $crate::values::Numbers::U16($slice) => $whole,
            $crate::values::Numbers::U32($slice) => $whole,
            $crate::values::Numbers::U64($slice) => $whole,
            $crate::values::Numbers::I128($slice) => $whole,
            $crate::values::Numbers::F32($float) => $real,
            $crate::values::Numbers::F64($float) => $real,
        }
    };
}
pub(crate) use each_width;
