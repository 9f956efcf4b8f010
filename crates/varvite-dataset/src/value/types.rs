//! [`OrderedType`]: the types that a dataset can be ordered on, and the text of their values.

use std::sync::Arc;

use arrow::datatypes::{ArrowPrimitiveType, DataType, Float16Type, TimeUnit as ArrowUnit, i256};
use varvite_time::{Period, TimeUnit, format_instant, parse_instant};

use super::{KeyRange, OrderedValue};
use crate::{ColumnPath, Error, Result};

/// The Arrow type of an ordered column: integers, floats, decimals, dates, timestamps or strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedType(DataType);

const DAY_MS: i64 = 86_400_000;

impl OrderedType {
    /// Takes `data_type` if rows can be ordered on it.
    ///
    /// # Errors
    /// [`Error::UnorderableType`] names the column.
    pub fn try_new(column: &ColumnPath, data_type: &DataType) -> Result<Self> {
        use DataType::{
            Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256, Float16, Float32, Float64, Int8, Int16,
            Int32, Int64, LargeUtf8, Timestamp, UInt8, UInt16, UInt32, UInt64, Utf8, Utf8View,
        };
        match data_type {
            Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 | Float16 | Float32 | Float64 | Date32
            | Date64 | Timestamp(..) | Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..) | Utf8
            | LargeUtf8 | Utf8View => Ok(Self(data_type.clone())),
            other => Err(Error::UnorderableType { column: column.to_string(), data_type: other.to_string() }),
        }
    }

    /// The Arrow type.
    pub fn data_type(&self) -> &DataType {
        &self.0
    }

    /// The unit of a timestamp or of a millisecond date; `None` for all else, also for day dates.
    pub fn time_unit(&self) -> Option<TimeUnit> {
        match &self.0 {
            DataType::Timestamp(unit, _) => Some(match unit {
                ArrowUnit::Second => TimeUnit::Second,
                ArrowUnit::Millisecond => TimeUnit::Millisecond,
                ArrowUnit::Microsecond => TimeUnit::Microsecond,
                ArrowUnit::Nanosecond => TimeUnit::Nanosecond,
            }),
            DataType::Date64 => Some(TimeUnit::Millisecond),
            _ => None,
        }
    }

    /// The instant that `value` stands for, as a count of the returned unit since 1970; `None` if this is no temporal type.
    pub fn instant(&self, value: &OrderedValue) -> Option<(i64, TimeUnit)> {
        match (&self.0, value) {
            (DataType::Date32, OrderedValue::Int(days)) => Some((days * (DAY_MS / 1000), TimeUnit::Second)),
            (_, OrderedValue::Int(count)) => self.time_unit().map(|unit| (*count, unit)),
            _ => None,
        }
    }

    /// The values of `period`'s tile that holds `value`: its first one, and the first one beyond it (`None`: there is
    /// none). `None` if this is no temporal type.
    pub fn tile(&self, period: Period, value: &OrderedValue) -> Option<(OrderedValue, Option<OrderedValue>)> {
        let (instant, unit) = self.instant(value)?;
        let ticks = period.tile_ticks(instant, unit);
        // A day belongs to the tile that its midnight lies in.
        let per_value = if self.0 == DataType::Date32 { DAY_MS / 1000 } else { 1 };
        let first = ticks.start().div_euclid(per_value) + i64::from(ticks.start().rem_euclid(per_value) != 0);
        let beyond = ticks.end().div_euclid(per_value).checked_add(1);
        Some((OrderedValue::Int(first), beyond.map(OrderedValue::Int)))
    }

    /// Whether values are dates or timestamps.
    pub fn is_temporal(&self) -> bool {
        self.time_unit().is_some() || self.0 == DataType::Date32
    }

    /// The exact text of `value`: what [`parse`](Self::parse) takes back.
    pub fn format(&self, value: &OrderedValue) -> String {
        match value {
            OrderedValue::Int(_) if self.is_temporal() => match self.instant(value) {
                Some((instant, unit)) => {
                    let text = format_instant(instant, unit);
                    match &self.0 {
                        DataType::Date32 => text.split('T').next().unwrap_or_default().to_owned(),
                        _ => text,
                    }
                }
                None => String::new(),
            },
            OrderedValue::Int(value) => value.to_string(),
            OrderedValue::UInt(value) => value.to_string(),
            OrderedValue::Float(value) => format!("{value:?}"),
            OrderedValue::Decimal(value) => decimal_text(*value, self.scale()),
            OrderedValue::Text(text) => text.to_string(),
        }
    }

    /// Reads the text of a value of this type.
    ///
    /// # Errors
    /// [`Error::InvalidBound`] says what the type takes.
    pub fn parse(&self, text: &str) -> Result<OrderedValue> {
        let invalid =
            |reason: String| Error::InvalidBound { text: text.to_owned(), data_type: self.0.to_string(), reason };
        let parsed = match &self.0 {
            DataType::Date32 => {
                let seconds = parse_instant(text, TimeUnit::Second).map_err(|error| invalid(error.to_string()))?;
                if seconds.rem_euclid(DAY_MS / 1000) != 0 {
                    return Err(invalid("a date has no time of day".to_owned()));
                }
                Some(OrderedValue::Int(seconds.div_euclid(DAY_MS / 1000)))
            }
            DataType::Timestamp(..) | DataType::Date64 => {
                let unit = self.time_unit().unwrap_or(TimeUnit::Nanosecond);
                Some(OrderedValue::Int(parse_instant(text, unit).map_err(|error| invalid(error.to_string()))?))
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(OrderedValue::Text(text.into())),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                self.parse_float(text).filter(|value| !value.is_nan()).map(OrderedValue::Float)
            }
            _ if self.scale().is_some() => parse_decimal(text, self.scale()).map(OrderedValue::Decimal),
            _ if self.is_unsigned() => text.parse().ok().map(OrderedValue::UInt),
            _ => text.parse().ok().map(OrderedValue::Int),
        };
        parsed.ok_or_else(|| invalid("write it as the column does".to_owned()))
    }

    /// Turns a bound that a caller gave into this type. `Ok(None)`: the bound lies below every value of the type.
    ///
    /// # Errors
    /// [`Error::InvalidBound`] if it has no meaning here.
    pub fn coerce(&self, bound: &OrderedValue) -> Result<Option<OrderedValue>> {
        let integer = |value: i128| -> Option<OrderedValue> {
            match &self.0 {
                _ if self.is_unsigned() => u64::try_from(value.max(0)).ok().map(OrderedValue::UInt),
                DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                    // Every integer up to there is a float.
                    let exact = i64::try_from(value).ok().filter(|value| value.unsigned_abs() <= 1 << 53)?;
                    #[allow(clippy::cast_precision_loss, reason = "checked on the line above")]
                    Some(OrderedValue::Float(exact as f64))
                }
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => None,
                _ => match self.scale() {
                    Some(_) => parse_decimal(&value.to_string(), self.scale()).map(OrderedValue::Decimal),
                    None => i64::try_from(value).ok().map(OrderedValue::Int),
                },
            }
        };
        let unsigned_below = |value: i64| self.is_unsigned() && value < 0;
        let coerced = match bound {
            OrderedValue::Text(text) => return self.parse(text).map(Some),
            OrderedValue::Int(value) if unsigned_below(*value) => return Ok(None),
            OrderedValue::Int(value) => integer(i128::from(*value)),
            OrderedValue::UInt(value) => integer(i128::from(*value)),
            OrderedValue::Float(value) => (self.is_float() && !value.is_nan()).then(|| bound.clone()),
            OrderedValue::Decimal(_) => self.scale().map(|_| bound.clone()),
        };
        coerced.map(Some).ok_or_else(|| Error::InvalidBound {
            text: format!("{bound:?}"),
            data_type: self.0.to_string(),
            reason: "give the bound in the column's own type, or as text".to_owned(),
        })
    }

    /// Turns a range that a caller gave into this type.
    ///
    /// # Errors
    /// As [`coerce`](Self::coerce).
    pub fn coerce_range(&self, range: &KeyRange) -> Result<KeyRange> {
        let start = range.start.as_ref().map(|bound| self.coerce(bound)).transpose()?.flatten();
        let end = match range.end.as_ref().map(|bound| self.coerce(bound)).transpose()? {
            // An end below every value: nothing belongs to the range. Start meets end there.
            Some(None) => return Ok(self.nothing()),
            Some(end) => end,
            None => None,
        };
        Ok(KeyRange { start, end })
    }

    /// A range without values: only unsigned types ever need it.
    fn nothing(&self) -> KeyRange {
        debug_assert!(self.is_unsigned(), "only unsigned types have bounds below every value");
        KeyRange { start: Some(OrderedValue::UInt(0)), end: Some(OrderedValue::UInt(0)) }
    }

    /// The value of the column's own precision that `text` stands for: `0.7` is the `f32` nearest to it, not the `f64`.
    fn parse_float(&self, text: &str) -> Option<f64> {
        match &self.0 {
            DataType::Float16 => text.parse::<<Float16Type as ArrowPrimitiveType>::Native>().ok().map(Into::into),
            DataType::Float32 => text.parse::<f32>().ok().map(Into::into),
            _ => text.parse().ok(),
        }
    }

    fn is_unsigned(&self) -> bool {
        self.0.is_unsigned_integer()
    }

    fn is_float(&self) -> bool {
        self.0.is_floating()
    }

    fn scale(&self) -> Option<i8> {
        match &self.0 {
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => Some(*scale),
            _ => None,
        }
    }
}

/// `1234` with scale 2 is `12.34`; with a negative scale the zeros are written out.
fn decimal_text(value: i256, scale: Option<i8>) -> String {
    let scale = scale.unwrap_or_default();
    let digits = value.to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
    match usize::try_from(scale) {
        Ok(0) => format!("{sign}{digits}"),
        Ok(places) => {
            let padded = format!("{digits:0>width$}", width = places + 1);
            let (whole, fraction) = padded.split_at(padded.len() - places);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) if digits == "0" => digits.to_owned(),
        Err(_) => format!("{sign}{digits}{}", "0".repeat(usize::from(scale.unsigned_abs()))),
    }
}

/// The exact inverse of [`decimal_text`], also for fewer fraction digits; `None` for what the scale cannot hold.
fn parse_decimal(text: &str, scale: Option<i8>) -> Option<i256> {
    let scale = scale.unwrap_or_default();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = match usize::try_from(scale) {
        Ok(places) if fraction.len() <= places => format!("{whole}{fraction:0<places$}"),
        Ok(_) => return None,
        Err(_) if text == "0" => text.to_owned(),
        Err(_) if !fraction.is_empty() => return None,
        Err(_) => whole.strip_suffix(&"0".repeat(usize::from(scale.unsigned_abs())))?.to_owned(),
    };
    let valid = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !valid(digits.strip_prefix('-').unwrap_or(&digits)) || text.ends_with('.') {
        return None;
    }
    i256::from_string(&digits)
}

impl From<&OrderedType> for DataType {
    fn from(ordered: &OrderedType) -> Self {
        ordered.0.clone()
    }
}

/// Shares the text of a string value.
pub(crate) fn text(value: &str) -> OrderedValue {
    OrderedValue::Text(Arc::from(value))
}
