//! [`Value`]: what is bound to a parameter.

use std::fmt;

use varvite_time::TimeUnit;

/// A value that is bound to a placeholder, and reaches the engine as a value: no text of it is ever read as SQL.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Null, of whatever type.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Days since 1970 began.
    Date(i32),
    /// A point in time, in the type of the column that it is compared with.
    Timestamp {
        /// Ticks since 1970 began, in UTC.
        ticks: i64,
        /// What a tick is.
        unit: TimeUnit,
        /// The zone of the column's type; `None` if it is naive.
        zone: Option<String>,
    },
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Bytes(value) => write!(f, "{} bytes", value.len()),
            Self::Date(days) => write!(f, "day {days} after 1970-01-01"),
            Self::Timestamp { ticks, unit, zone } => {
                let zone = zone.as_deref().map_or_else(String::new, |zone| format!(" {zone}"));
                write!(f, "{}{zone}", varvite_time::format_instant(*ticks, *unit))
            }
        }
    }
}

macro_rules! from {
    ($($given:ty => $variant:ident),* $(,)?) => {$(
        impl From<$given> for Value {
            fn from(value: $given) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from!(bool => Bool, i64 => Int, i32 => Int, u32 => Int, f64 => Float, f32 => Float, String => Text, &str => Text, Vec<u8> => Bytes);

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
