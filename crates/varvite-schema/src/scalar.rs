//! [`Literal`], a value as somebody wrote it, and [`Scalar`], the same value in the type of its column.

use std::cmp::Ordering;
use std::fmt;

use arrow_schema::TimeUnit;
use varvite_time::{format_instant, parse_instant};

use crate::DataType;

/// A value as it stands in a file or in code, before the type of its column gives it a meaning.
///
/// Dates and timestamps are text (`"2024-01-31"`, `"2024-01-31T10:00:00Z"`); decimals are text or numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a point.
    Float(f64),
    /// Text in quotes.
    Text(String),
}

macro_rules! literal_from {
    ($($type:ty => $variant:ident),+) => {$(
        impl From<$type> for Literal {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )+};
}
literal_from!(bool => Boolean, i32 => Integer, i64 => Integer, f32 => Float, f64 => Float, &str => Text, String => Text);

/// One value of a type that is no array, map or struct.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Of [`DataType::Boolean`].
    Boolean(bool),
    /// Of [`DataType::Int`].
    Int(i32),
    /// Of [`DataType::BigInt`].
    BigInt(i64),
    /// Of [`DataType::Float`].
    Float(f32),
    /// Of [`DataType::Double`].
    Double(f64),
    /// Of [`DataType::String`].
    String(String),
    /// Of [`DataType::Date`]: days since 1970-01-01.
    Date(i32),
    /// Of [`DataType::Timestamp`].
    Timestamp {
        /// How many units after the epoch.
        value: i64,
        /// What is counted.
        unit: TimeUnit,
    },
    /// Of [`DataType::Decimal`].
    Decimal {
        /// The digits as a whole number.
        value: i128,
        /// How many of them stand after the point.
        scale: u8,
    },
}

impl Scalar {
    /// The value that `literal` means in a column of `data_type`, exactly; or why it means none.
    pub(crate) fn of(literal: &Literal, data_type: &DataType) -> Result<Self, String> {
        match (data_type, literal) {
            (DataType::Boolean, Literal::Boolean(value)) => Ok(Self::Boolean(*value)),
            (DataType::Int, Literal::Integer(value)) => {
                i32::try_from(*value).map(Self::Int).map_err(|_| format!("{value} does not fit 32 bits"))
            }
            (DataType::BigInt, Literal::Integer(value)) => Ok(Self::BigInt(*value)),
            (DataType::Float | DataType::Double, Literal::Float(value)) if !value.is_finite() => {
                Err(format!("{value} limits nothing: leave it out"))
            }
            (DataType::Float, Literal::Float(value)) => float(&value.to_string()),
            (DataType::Float, Literal::Integer(value)) => float(&value.to_string()),
            // Of two zeros that are equal, the one that is written `0`.
            (DataType::Double, Literal::Float(value)) => Ok(Self::Double(*value + 0.0)),
            (DataType::Double, Literal::Integer(value)) => double(*value),
            (DataType::String, Literal::Text(value)) => Ok(Self::String(value.clone())),
            (DataType::Date, Literal::Text(text)) => date(text),
            (DataType::Timestamp { unit, .. }, Literal::Text(text)) => {
                let value = parse_instant(text, ticks(*unit)).map_err(|error| error.to_string())?;
                Ok(Self::Timestamp { value, unit: *unit })
            }
            (DataType::Decimal { precision, scale }, Literal::Integer(value)) => {
                decimal(&value.to_string(), *precision, *scale)
            }
            (DataType::Decimal { precision, scale }, Literal::Float(value)) => {
                decimal(&value.to_string(), *precision, *scale)
            }
            (DataType::Decimal { precision, scale }, Literal::Text(text)) => decimal(text, *precision, *scale),
            (data_type, _) if !data_type.is_scalar() => {
                Err(format!("values of {data_type} are not limited one by one"))
            }
            (data_type, literal) => Err(format!("{} is no {data_type}{}", literal.described(), written(data_type))),
        }
    }

    /// How it is written in a file.
    pub(crate) fn to_literal(&self) -> Literal {
        match self {
            Self::Boolean(value) => Literal::Boolean(*value),
            Self::Int(value) => Literal::Integer((*value).into()),
            Self::BigInt(value) => Literal::Integer(*value),
            // The shortest text of a float, read as a double: the digits that were written.
            Self::Float(value) => Literal::Float(value.to_string().parse().unwrap_or_else(|_| f64::from(*value))),
            Self::Double(value) => Literal::Float(*value),
            Self::String(_) | Self::Date(_) | Self::Timestamp { .. } | Self::Decimal { .. } => {
                Literal::Text(self.to_string())
            }
        }
    }

    /// Compares two values of one type; `None` for values of different types, and for NaN.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.partial_cmp(b),
            (Self::Int(a), Self::Int(b)) | (Self::Date(a), Self::Date(b)) => a.partial_cmp(b),
            (Self::BigInt(a), Self::BigInt(b)) => a.partial_cmp(b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(b),
            (Self::String(a), Self::String(b)) => a.partial_cmp(b),
            (Self::Timestamp { value: a, unit: at }, Self::Timestamp { value: b, unit: bt }) => {
                ticks(*at).to_ns(*a).partial_cmp(&ticks(*bt).to_ns(*b))
            }
            (Self::Decimal { value: a, scale }, Self::Decimal { value: b, scale: same }) if scale == same => {
                a.partial_cmp(b)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::BigInt(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Double(value) => value.fmt(f),
            Self::String(value) => value.fmt(f),
            Self::Date(value) => f.pad(&format_instant((*value).into(), varvite_time::TimeUnit::Day)),
            Self::Timestamp { value, unit } => f.pad(&format_instant(*value, ticks(*unit))),
            Self::Decimal { value, scale } => f.pad(&decimal_text(*value, *scale)),
        }
    }
}

impl Literal {
    fn described(&self) -> String {
        match self {
            Self::Boolean(value) => format!("`{value}`"),
            Self::Integer(value) => format!("the number {value}"),
            Self::Float(value) => format!("the number {value}"),
            Self::Text(text) => format!("the text `{}`", text.escape_debug()),
        }
    }
}

/// What a value of the type looks like, where that is no plain number or text.
fn written(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Date => ": write it like \"2024-01-31\"",
        DataType::Timestamp { .. } => ": write it like \"2024-01-31T10:00:00Z\"",
        _ => "",
    }
}

fn ticks(unit: TimeUnit) -> varvite_time::TimeUnit {
    match unit {
        TimeUnit::Second => varvite_time::TimeUnit::Second,
        TimeUnit::Millisecond => varvite_time::TimeUnit::Millisecond,
        TimeUnit::Microsecond => varvite_time::TimeUnit::Microsecond,
        TimeUnit::Nanosecond => varvite_time::TimeUnit::Nanosecond,
    }
}

/// The `float` nearest to a number's text: `0.1` is the `0.1` of 32 bits.
fn float(text: &str) -> Result<Scalar, String> {
    let value: f32 = text.parse().map_err(|_| format!("{text} is no number"))?;
    if value.is_finite() { Ok(Scalar::Float(value + 0.0)) } else { Err(format!("{text} does not fit a float")) }
}

fn double(value: i64) -> Result<Scalar, String> {
    const EXACT: u64 = 1 << 53;
    let nearest = value.to_string().parse().map_err(|_| format!("{value} is no number"))?;
    if value.unsigned_abs() <= EXACT {
        Ok(Scalar::Double(nearest))
    } else {
        Err(format!("{value} is no double exactly"))
    }
}

fn date(text: &str) -> Result<Scalar, String> {
    let day = parse_instant(text, varvite_time::TimeUnit::Day).map_err(|error| error.to_string())?;
    i32::try_from(day).map(Scalar::Date).map_err(|_| format!("`{text}` is too far away for a date"))
}

fn decimal(text: &str, precision: u8, scale: u8) -> Result<Scalar, String> {
    let refused = || format!("`{text}` is no decimal({precision}, {scale})");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = part.trim_end_matches('0');
    let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits_only(whole) || !digits_only(part) || part.len() > scale.into() {
        return Err(refused());
    }
    let padded = format!("{whole}{part:0<width$}", width = usize::from(scale));
    let significant = padded.trim_start_matches('0');
    if significant.len() > precision.into() {
        return Err(refused());
    }
    let value: i128 = format!("0{significant}").parse().map_err(|_| refused())?;
    Ok(Scalar::Decimal { value: sign * value, scale })
}

fn decimal_text(value: i128, scale: u8) -> String {
    let width = usize::from(scale) + 1;
    let digits = format!("{:0>width$}", value.unsigned_abs());
    let (whole, part) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if value < 0 { "-" } else { "" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(literal: impl Into<Literal>, data_type: &str, expected: &str) {
        let data_type: DataType = data_type.parse().unwrap();
        let found = Scalar::of(&literal.into(), &data_type);
        assert_eq!(found.as_ref().map_or_else(Clone::clone, ToString::to_string), expected);
        if let Ok(scalar) = found {
            assert_eq!(Scalar::of(&scalar.to_literal(), &data_type), Ok(scalar));
        }
    }

    #[test]
    fn a_literal_means_a_value_of_its_type() {
        check(150, "int", "150");
        check(0.5, "double", "0.5");
        check(1, "double", "1");
        check(0.1, "float", "0.1");
        check("2024-01-31", "date", "2024-01-31");
        check("2024-01-31T10:00:00.5Z", "timestamp[ms]", "2024-01-31T10:00:00.500Z");
        check("-12.5", "decimal(5, 2)", "-12.50");
        check(0.05, "decimal(5, 2)", "0.05");
        check(7, "decimal(3, 0)", "7");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        check("old", "int", "the text `old` is no int");
        check(1_i64 << 40, "int", "1099511627776 does not fit 32 bits");
        check(f64::NAN, "double", "NaN limits nothing: leave it out");
        check(i64::MAX, "double", "9223372036854775807 is no double exactly");
        check("12.345", "decimal(5, 2)", "`12.345` is no decimal(5, 2)");
        check("1234.5", "decimal(5, 2)", "`1234.5` is no decimal(5, 2)");
        check(1, "array<int>", "values of array<int> are not limited one by one");
        check(20_240_131, "date", "the number 20240131 is no date: write it like \"2024-01-31\"");
    }
}
