//! [`Bound`]: a value as `DuckDB` takes it.

use duckdb::types::Value as Theirs;
use varvite_time::TimeUnit;

use super::ENGINE;
use crate::{Error, Result, Value};

/// A value that is bound, and what is made of it in the query: the client hands over times in microseconds only, so that
/// others go as whole numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bound {
    value: Theirs,
    /// Before and after the placeholder.
    around: (&'static str, &'static str),
}

impl Bound {
    pub(super) fn value(&self) -> &Theirs {
        &self.value
    }

    /// What stands in the query for a placeholder.
    pub(super) fn expression(&self, placeholder: &str) -> String {
        let (before, after) = self.around;
        format!("{before}{placeholder}{after}")
    }
}

/// How a value is bound.
pub(super) fn bound(name: &str, value: &Value) -> Result<Bound> {
    let plain = |value| Bound { value, around: ("", "") };
    Ok(match value {
        Value::Null => plain(Theirs::Null),
        Value::Bool(value) => plain(Theirs::Boolean(*value)),
        Value::Int(value) => plain(Theirs::BigInt(*value)),
        Value::Float(value) => plain(Theirs::Double(*value)),
        Value::Text(value) => plain(Theirs::Text(value.clone())),
        Value::Bytes(value) => plain(Theirs::Blob(value.clone())),
        Value::Date(days) => plain(Theirs::Date32(*days)),
        Value::Timestamp { ticks, unit, zone } => {
            let micros = micros(*ticks, *unit);
            let around = match (unit, zone.is_some(), micros) {
                (TimeUnit::Nanosecond, false, _) => {
                    let around = ("make_timestamp_ns(CAST(", " AS BIGINT))");
                    return Ok(Bound { value: Theirs::BigInt(*ticks), around });
                }
                (_, _, None) => {
                    let reason = format!("{ENGINE} has microseconds there, which cannot tell {value}");
                    return Err(Error::Parameter { name: name.to_owned(), reason });
                }
                (_, true, _) => ("make_timestamptz(CAST(", " AS BIGINT))"),
                (TimeUnit::Second, ..) => ("CAST(make_timestamp(CAST(", " AS BIGINT)) AS TIMESTAMP_S)"),
                (TimeUnit::Millisecond, ..) => ("CAST(make_timestamp(CAST(", " AS BIGINT)) AS TIMESTAMP_MS)"),
                _ => ("make_timestamp(CAST(", " AS BIGINT))"),
            };
            Bound { value: Theirs::BigInt(micros.unwrap_or_default()), around }
        }
    })
}

/// Microseconds, if they are the same time.
fn micros(ticks: i64, unit: TimeUnit) -> Option<i64> {
    let ns = unit.to_ns(ticks);
    (ns % 1_000 == 0).then(|| TimeUnit::Microsecond.from_ns(ns)).flatten()
}
