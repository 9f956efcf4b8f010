//! What a look-up answers: a value, its status, and when it is from.

use std::fmt;

use arrow::array::ArrayRef;
use serde::Serialize;
use varvite_time::{Instant, TimeUnit};

/// Why a value is there, or is not.
///
/// ```
/// use varvite_feature::online::ValueStatus;
/// assert_eq!(ValueStatus::OutsideMaxAge.to_string(), "OUTSIDE_MAX_AGE");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ValueStatus {
    /// It is there.
    Present,
    /// The row is there, and its value is null.
    NullValue,
    /// No row of this key is known.
    NotFound,
    /// The row is older than the group's TTL allows; its value is withheld.
    OutsideMaxAge,
}

impl ValueStatus {
    /// Its name, as in columns of answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Present => "PRESENT",
            Self::NullValue => "NULL_VALUE",
            Self::NotFound => "NOT_FOUND",
            Self::OutsideMaxAge => "OUTSIDE_MAX_AGE",
        }
    }
}

impl fmt::Display for ValueStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One feature of one entity.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OnlineValue {
    /// Why it is there, or is not.
    pub status: ValueStatus,
    /// The value, where the status is [`ValueStatus::Present`].
    pub value: Option<OnlineScalar>,
    /// When it began to be true; also of values that are withheld. `None`: no row, or the group has no event time.
    pub event_time: Option<Instant>,
}

/// A value, whatever the width of its column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OnlineScalar {
    /// `int` and `bigint`.
    Int(i64),
    /// `float` and `double`.
    Double(f64),
    /// `string`.
    Text(String),
    /// `boolean`.
    Boolean(bool),
    /// `date`: days since 1970.
    Date(i32),
    /// `timestamp`: a count of a unit since 1970.
    Timestamp(i64, TimeUnit),
    /// Decimals, arrays, maps and structs: one element of the column's type.
    Element(ArrayRef),
}
