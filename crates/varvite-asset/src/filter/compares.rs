//! [`ComparesWith`]: with what a column's values can be compared.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use varvite_time::Instant;

use crate::{Decimal, Value};

/// Columns of this type can be compared with a `V`.
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` cannot be compared with `{V}`",
    label = "no value of such a column"
)]
pub trait ComparesWith<V> {
    /// The value as a literal.
    fn literal(value: V) -> Value;
}

macro_rules! compares {
    ($($column:ty: $($value:ty),+ => |$name:ident| $literal:expr;)+) => {$($(
        impl ComparesWith<$value> for $column {
            fn literal($name: $value) -> Value {
                $literal
            }
        }
    )+)+};
}

compares! {
    i8: i8, i16, i32, i64, u8, u16, u32, u64 => |value| value.into();
    i16: i8, i16, i32, i64, u8, u16, u32, u64 => |value| value.into();
    i32: i8, i16, i32, i64, u8, u16, u32, u64 => |value| value.into();
    i64: i8, i16, i32, i64, u8, u16, u32, u64 => |value| value.into();
    u8: i8, i16, i32, i64, u8, u16, u32, u64 => |value| value.into();
    u16: i8, i16, i32, i64, u8, u16, u32, u64 => |value| value.into();
    u32: i8, i16, i32, i64, u8, u16, u32, u64 => |value| value.into();
    u64: i8, i16, i32, i64, u8, u16, u32, u64 => |value| value.into();
    f32: i8, i16, i32, u8, u16, u32, f32, f64 => |value| value.into();
    f64: i8, i16, i32, u8, u16, u32, f32, f64 => |value| value.into();
    bool: bool => |value| value.into();
    String: &str, String => |value| value.into();
    String: &String => |value| value.as_str().into();
    NaiveDate: NaiveDate => |value| value.to_string().into();
    NaiveTime: NaiveTime => |value| value.to_string().into();
    NaiveDateTime: NaiveDateTime => |value| value.and_utc().to_rfc3339().into();
    NaiveDateTime: NaiveDate => |value| value.to_string().into();
    DateTime<Utc>: DateTime<Utc> => |value| value.to_rfc3339().into();
    DateTime<Utc>: Instant, NaiveDate => |value| value.to_string().into();
    Instant: DateTime<Utc> => |value| value.to_rfc3339().into();
    Instant: Instant, NaiveDate => |value| value.to_string().into();
}

impl<const P: u8, const S: i8> ComparesWith<Self> for Decimal<P, S> {
    fn literal(value: Self) -> Value {
        value.to_string().into()
    }
}

macro_rules! decimals {
    ($($value:ty),+) => {$(
        impl<const P: u8, const S: i8> ComparesWith<$value> for Decimal<P, S> {
            fn literal(value: $value) -> Value {
                value.into()
            }
        }
    )+};
}

decimals!(i8, i16, i32, i64, u8, u16, u32, u64);
