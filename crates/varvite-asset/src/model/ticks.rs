//! Counts of one unit of time as counts of another.

use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::TimeUnit;

use super::DecodeError;

/// How long a unit is.
pub(crate) const fn nanoseconds(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1000,
        TimeUnit::Nanosecond => 1,
    }
}

/// Counts of a unit of `from` nanoseconds as counts of one of `to`, if each valid one is a whole count that fits.
pub(crate) fn rescaled(
    counts: &[i64],
    valid: Option<&NullBuffer>,
    from: i64,
    to: i64,
) -> Result<ScalarBuffer<i64>, DecodeError> {
    let is_valid = |row: usize| valid.is_none_or(|valid| valid.is_valid(row));
    let mut scaled = Vec::with_capacity(counts.len());
    for (row, count) in counts.iter().enumerate() {
        let fits = if from >= to {
            count.checked_mul(from / to)
        } else {
            (count % (to / from) == 0).then_some(count / (to / from))
        };
        match fits {
            Some(count) => scaled.push(count),
            None if !is_valid(row) => scaled.push(0),
            None if from >= to => {
                return Err(DecodeError::new(row, "the time does not fit 64 bits in the field's unit"));
            }
            None => {
                return Err(DecodeError::new(
                    row,
                    "the time lies between two ticks of the field's unit, and nothing is rounded: `Instant` counts \
                     nanoseconds",
                ));
            }
        }
    }
    Ok(scaled.into())
}
