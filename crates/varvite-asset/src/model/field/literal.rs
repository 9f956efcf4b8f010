//! Literals as values of a field: what a default in an attribute becomes.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use varvite_time::Instant;

use super::{Decimal, FieldType};
use crate::model::{ColumnDefault, Value};

/// Types whose values can be written as a literal.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be written in an attribute",
    note = "defaults are numbers, flags, text, decimals, dates and times"
)]
pub trait FromLiteral: FieldType {
    /// The value that the literal says, if it is one of this type.
    fn from_literal(literal: &Value) -> Option<Self>;
}

/// Types with a value for rows whose column is absent, when the definition names none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default as a column",
    note = "an `Option` has one (null), and numbers, flags, text, decimals, dates and times of `chrono` have their `Default`"
)]
pub trait FieldDefault: FieldType {
    /// The value.
    fn field_default() -> Self;
    /// The same, as a schema says it.
    fn column_default() -> ColumnDefault;
}

impl<T: FieldType> FieldDefault for Option<T> {
    fn field_default() -> Self {
        None
    }

    fn column_default() -> ColumnDefault {
        ColumnDefault::Null
    }
}

impl<T: FromLiteral> FromLiteral for Option<T> {
    fn from_literal(literal: &Value) -> Option<Self> {
        T::from_literal(literal).map(Some)
    }
}

macro_rules! default_as {
    ($($type:ty => |$value:ident| $literal:expr;)+) => {$(
        impl FieldDefault for $type {
            fn field_default() -> Self {
                Self::default()
            }

            fn column_default() -> ColumnDefault {
                let $value = Self::default();
                ColumnDefault::Value($literal)
            }
        }
    )+};
}

default_as! {
    i8 => |value| value.into();
    i16 => |value| value.into();
    i32 => |value| value.into();
    i64 => |value| value.into();
    u8 => |value| value.into();
    u16 => |value| value.into();
    u32 => |value| value.into();
    u64 => |value| value.into();
    f32 => |value| value.into();
    f64 => |value| value.into();
    bool => |value| value.into();
    String => |value| value.into();
    NaiveDate => |value| value.to_string().into();
    NaiveTime => |value| value.to_string().into();
    NaiveDateTime => |value| value.and_utc().to_rfc3339().into();
    DateTime<Utc> => |value| value.to_rfc3339().into();
}

impl<const P: u8, const S: i8> FieldDefault for Decimal<P, S> {
    fn field_default() -> Self {
        Self::default()
    }

    fn column_default() -> ColumnDefault {
        ColumnDefault::Value(Self::default().to_string().into())
    }
}

macro_rules! from_integer {
    ($($type:ty),+) => {$(
        impl FromLiteral for $type {
            fn from_literal(literal: &Value) -> Option<Self> {
                let Value::Int(number) = literal else { return None };
                Self::try_from(*number).ok()
            }
        }
    )+};
}

from_integer!(i8, i16, i32, i64, u8, u16, u32, u64);

impl FromLiteral for f64 {
    #[expect(clippy::cast_precision_loss, reason = "as the compiler reads such a literal")]
    fn from_literal(literal: &Value) -> Option<Self> {
        match literal {
            Value::Float(number) => Some(*number),
            Value::Int(number) => Some(*number as Self),
            _ => None,
        }
    }
}

impl FromLiteral for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "as the compiler reads such a literal")]
    fn from_literal(literal: &Value) -> Option<Self> {
        f64::from_literal(literal).map(|number| number as Self)
    }
}

impl FromLiteral for bool {
    fn from_literal(literal: &Value) -> Option<Self> {
        if let Value::Bool(flag) = literal { Some(*flag) } else { None }
    }
}

impl FromLiteral for String {
    fn from_literal(literal: &Value) -> Option<Self> {
        text(literal).map(str::to_owned)
    }
}

impl FromLiteral for NaiveDate {
    fn from_literal(literal: &Value) -> Option<Self> {
        text(literal)?.parse().ok()
    }
}

impl FromLiteral for NaiveTime {
    fn from_literal(literal: &Value) -> Option<Self> {
        text(literal)?.parse().ok()
    }
}

impl FromLiteral for Instant {
    fn from_literal(literal: &Value) -> Option<Self> {
        text(literal)?.parse().ok()
    }
}

impl FromLiteral for DateTime<Utc> {
    fn from_literal(literal: &Value) -> Option<Self> {
        let ns = Instant::from_literal(literal)?.as_ns();
        let seconds = i64::try_from(ns.div_euclid(1_000_000_000)).ok()?;
        Self::from_timestamp(seconds, u32::try_from(ns.rem_euclid(1_000_000_000)).ok()?)
    }
}

impl FromLiteral for NaiveDateTime {
    fn from_literal(literal: &Value) -> Option<Self> {
        DateTime::<Utc>::from_literal(literal).map(|time| time.naive_utc())
    }
}

impl<const P: u8, const S: i8> FromLiteral for Decimal<P, S> {
    fn from_literal(literal: &Value) -> Option<Self> {
        match literal {
            Value::Text(text) => text.parse().ok(),
            Value::Int(number) => number.to_string().parse().ok(),
            Value::Float(number) => number.to_string().parse().ok(),
            Value::Bool(_) => None,
        }
    }
}

fn text(literal: &Value) -> Option<&str> {
    if let Value::Text(text) = literal { Some(text) } else { None }
}
