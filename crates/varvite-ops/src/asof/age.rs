//! [`MaxAge`]: a tolerance in the terms of the ordered column.

use arrow::datatypes::DataType;

use super::options::Tolerance;
use crate::keys::{Keys, unit};
use crate::{Error, Result};

/// How far a row may lie before its target.
#[derive(Debug, Clone, Copy)]
pub(crate) enum MaxAge {
    Ticks(u64),
    Distance(f64),
}

impl MaxAge {
    pub(crate) fn try_new(tolerance: Tolerance, on: &str, data_type: &DataType) -> Result<Self> {
        let integer = data_type.is_integer() || unit(data_type).is_some();
        let floating = data_type.is_floating();
        match (tolerance, unit(data_type)) {
            (Tolerance::Units(units), _) if integer => Ok(Self::Ticks(units)),
            (Tolerance::Distance(distance), _) if floating => Ok(Self::Distance(distance)),
            (Tolerance::Period(period), Some(unit)) => {
                let ticks = period.elapsed_ns().map_or(0, |ns| ns / unit.nanoseconds());
                Ok(Self::Ticks(ticks.unsigned_abs()))
            }
            _ => Err(Error::InvalidOption {
                option: "tolerance",
                reason: format!("{tolerance:?} is no difference of values of `{on}`, which are {data_type}"),
            }),
        }
    }

    /// Whether the value at `row` of `rows` is too old for that of `targets` at `target`. One that lies after is not.
    pub(crate) fn is_exceeded(self, targets: &Keys, target: usize, rows: &Keys, row: usize) -> bool {
        match (self, targets, rows) {
            (Self::Ticks(ticks), Keys::Int(targets), Keys::Int(rows)) => {
                // The difference of two `i64`, the first not below the second, always fits `u64`.
                targets[target] > rows[row] && targets[target].wrapping_sub(rows[row]).cast_unsigned() > ticks
            }
            (Self::Ticks(ticks), Keys::UInt(targets), Keys::UInt(rows)) => {
                targets[target].saturating_sub(rows[row]) > ticks
            }
            (Self::Distance(distance), Keys::Float(targets), Keys::Float(rows)) => {
                targets[target] - rows[row] > distance
            }
            _ => false,
        }
    }
}
