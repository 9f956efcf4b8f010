//! [`OrderedValue`]: one value of an ordered column.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::datatypes::i256;

/// One value of an ordered column, in the column's own unit and scale.
///
/// Values of one column are always of one variant. As a bound of a range, any variant may be given where it can be
/// converted without loss, and text in the column's own spelling (`"2013-01-01"`, `"12.50"`) for every type.
#[derive(Debug, Clone)]
pub enum OrderedValue {
    /// Signed integers; dates and timestamps as counts of their unit since 1970.
    Int(i64),
    /// Unsigned integers.
    UInt(u64),
    /// Floats; never NaN. `-0.0` equals `0.0`.
    Float(f64),
    /// Decimals, unscaled.
    Decimal(i256),
    /// Strings, compared byte by byte.
    Text(Arc<str>),
}

impl OrderedValue {
    /// The image of this value in 64 bits that keeps the order: `a <= b` implies `image(a) <= image(b)`.
    #[allow(clippy::cast_sign_loss, reason = "the sign bit is flipped on purpose: two's complement in order")]
    pub fn image(&self) -> u64 {
        const SIGN: u64 = 1 << 63;
        match self {
            Self::Int(value) => (*value as u64) ^ SIGN,
            Self::UInt(value) => *value,
            Self::Float(value) => {
                let bits = (value + 0.0).to_bits(); // + 0.0 turns -0.0 into 0.0
                if bits & SIGN == 0 { bits ^ SIGN } else { !bits }
            }
            Self::Decimal(value) => {
                let clamped = (*value).clamp(i256::from_i128(i64::MIN.into()), i256::from_i128(i64::MAX.into()));
                (clamped.to_i128().and_then(|wide| i64::try_from(wide).ok()).unwrap_or_default() as u64) ^ SIGN
            }
            Self::Text(text) => {
                let mut first = [0; 8];
                for (to, from) in first.iter_mut().zip(text.bytes()) {
                    *to = from;
                }
                u64::from_be_bytes(first)
            }
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Int(_) => 0,
            Self::UInt(_) => 1,
            Self::Float(_) => 2,
            Self::Decimal(_) => 3,
            Self::Text(_) => 4,
        }
    }
}

impl Ord for OrderedValue {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::UInt(a), Self::UInt(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Self::Decimal(a), Self::Decimal(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for OrderedValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for OrderedValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for OrderedValue {}

macro_rules! from_integers {
    ($variant:ident: $($from:ty),*) => {$(
        impl From<$from> for OrderedValue {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}
from_integers!(Int: i8, i16, i32, i64);
from_integers!(UInt: u8, u16, u32, u64);
from_integers!(Float: f32, f64);
from_integers!(Text: &str, String);
