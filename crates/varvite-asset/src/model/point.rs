//! [`Point`]: where a literal lies among the whole counts that a column stores.

use arrow::datatypes::DataType;
use chrono::{NaiveTime, Timelike};
use varvite_time::Instant;

use super::Value;
use super::ticks::nanoseconds;

/// Where a literal lies among whole numbers: at `floor`, or between it and the next one.
///
/// Integers, dates, times and decimals are all stored as counts of something; so each limit on them is a limit on whole
/// numbers, and one comparison serves them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    /// The last whole number that is not above it.
    pub(crate) floor: i128,
    /// Whether it is that number.
    pub(crate) exact: bool,
}

impl Point {
    const fn exactly(floor: i128) -> Self {
        Self { floor, exact: true }
    }

    /// Where `value` lies in a column of this type; what is wrong, if it has no place there.
    pub(crate) fn of(value: &Value, data_type: &DataType) -> Result<Self, String> {
        let no_place = |wanted: &str| format!("{value} is no {wanted}");
        match (data_type, value) {
            (DataType::Decimal128(_, scale), value) => {
                let text = match value {
                    Value::Text(text) => text.clone(),
                    Value::Int(number) => number.to_string(),
                    Value::Float(number) => number.to_string(),
                    Value::Bool(_) => return Err(no_place("decimal number")),
                };
                Self::of_decimal(&text, *scale).ok_or_else(|| no_place("decimal number"))
            }
            (data_type, Value::Int(number)) if data_type.is_integer() || data_type.is_temporal() => {
                Ok(Self::exactly(*number))
            }
            (data_type, Value::Float(number)) if data_type.is_integer() => {
                Self::of_float(*number).ok_or_else(|| no_place("number"))
            }
            (DataType::Date32 | DataType::Date64 | DataType::Timestamp(..), Value::Text(text)) => {
                let instant: Instant = text.parse().map_err(|error: varvite_time::Error| error.to_string())?;
                Ok(Self::in_units(instant.as_ns(), unit_ns(data_type)))
            }
            (DataType::Time32(_) | DataType::Time64(_), Value::Text(text)) => {
                let time = text.parse::<NaiveTime>().map_err(|_| no_place("time of a day, such as \"08:30:00\""))?;
                let ns = i128::from(time.num_seconds_from_midnight()) * 1_000_000_000 + i128::from(time.nanosecond());
                Ok(Self::in_units(ns, unit_ns(data_type)))
            }
            (data_type, _) if data_type.is_integer() => Err(no_place("number")),
            (DataType::Date32 | DataType::Date64, _) => Err(no_place("date, such as \"2024-01-31\"")),
            (DataType::Timestamp(..), _) => Err(no_place("timestamp, such as \"2024-01-31T12:00:00Z\"")),
            (DataType::Time32(_) | DataType::Time64(_), _) => Err(no_place("time of a day, such as \"08:30:00\"")),
            _ => Err(no_place("value of such a column")),
        }
    }

    fn in_units(ns: i128, unit: i128) -> Self {
        Self { floor: ns.div_euclid(unit), exact: ns.rem_euclid(unit) == 0 }
    }

    /// Infinite ones lie beyond all; NaN has no place.
    #[expect(clippy::cast_possible_truncation, reason = "it saturates, beyond each column's type")]
    fn of_float(number: f64) -> Option<Self> {
        (!number.is_nan()).then(|| Self { floor: number.floor() as i128, exact: number.fract() == 0.0 })
    }

    /// A decimal number in units of its `scale`th digit after the point.
    pub(crate) fn of_decimal(text: &str, scale: i8) -> Option<Self> {
        let scale = usize::try_from(scale).ok()?;
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, after) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + after.len() == 0 || !are_digits(whole) || !are_digits(after) {
            return None;
        }
        let (kept, rest) = after.split_at(scale.min(after.len()));
        let units: i128 = format!("{whole}{kept:0<scale$}").parse().ok()?;
        let exact = rest.bytes().all(|digit| digit == b'0');
        Some(match (negative, exact) {
            (false, _) => Self { floor: units, exact },
            (true, true) => Self::exactly(-units),
            (true, false) => Self { floor: -units - 1, exact },
        })
    }
}

/// How long a date's or a time's unit is.
fn unit_ns(data_type: &DataType) -> i128 {
    match data_type {
        DataType::Date32 => 86_400_000_000_000,
        DataType::Date64 => 1_000_000,
        DataType::Timestamp(unit, _) | DataType::Time32(unit) | DataType::Time64(unit) => nanoseconds(*unit).into(),
        _ => 1,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::*;

    #[track_caller]
    fn check(value: impl Into<Value>, data_type: &DataType, floor: i128, exact: bool) {
        assert_eq!(Point::of(&value.into(), data_type), Ok(Point { floor, exact }));
    }

    #[test]
    fn literals_have_a_place_among_counts() {
        check(5, &DataType::Int8, 5, true);
        check(-0.5, &DataType::Int64, -1, false);
        check("1970-01-02", &DataType::Date32, 1, true);
        check("1969-12-31T23:00:00Z", &DataType::Date32, -1, false);
        check("1970-01-01T00:00:01.5Z", &DataType::Timestamp(TimeUnit::Second, None), 1, false);
        check("00:00:01", &DataType::Time64(TimeUnit::Microsecond), 1_000_000, true);
        check("-1.255", &DataType::Decimal128(9, 2), -126, false);
        check(".5", &DataType::Decimal128(9, 2), 50, true);
        check(3, &DataType::Decimal128(9, 2), 300, true);
        check(0.1, &DataType::Decimal128(9, 2), 10, true);
    }

    #[test]
    fn what_is_no_such_value_is_refused() {
        assert_eq!(Point::of(&"x".into(), &DataType::Int8).unwrap_err(), "\"x\" is no number");
        assert!(Point::of(&f64::NAN.into(), &DataType::Int8).is_err());
        assert!(Point::of(&"1.2.3".into(), &DataType::Decimal128(9, 2)).is_err());
        assert!(Point::of(&"".into(), &DataType::Decimal128(9, 2)).is_err());
        assert!(Point::of(&true.into(), &DataType::Date32).is_err());
    }
}
