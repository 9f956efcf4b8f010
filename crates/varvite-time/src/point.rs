//! [`Instant`]: a point on the time line, whatever unit a column counts in.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use crate::error::Error;
use crate::instant::{Rfc3339, parse_ns};
use crate::unit::TimeUnit;

/// A point on the time line: nanoseconds since 1970-01-01T00:00:00Z, in 128 bits, so that every value of every
/// [`TimeUnit`] has one.
///
/// ```
/// use varvite_time::{Instant, TimeUnit};
/// let far: Instant = "9999-12-31T23:59:59.5Z".parse()?;
/// assert_eq!(far.floor(TimeUnit::Second), 253_402_300_799);
/// assert_eq!(far.ceil(TimeUnit::Second), 253_402_300_800);
/// assert_eq!(far.floor(TimeUnit::Nanosecond), i64::MAX, "as near as 64 bits come");
/// assert_eq!(far.to_string(), "9999-12-31T23:59:59.500Z");
/// # Ok::<(), varvite_time::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i128);

impl Instant {
    /// So many nanoseconds after 1970 began.
    pub const fn from_ns(ns: i128) -> Self {
        Self(ns)
    }

    /// The instant of a column's value.
    pub fn new(value: i64, unit: TimeUnit) -> Self {
        Self(unit.to_ns(value))
    }

    /// What the system's clock says.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Nanoseconds since 1970 began.
    pub const fn as_ns(self) -> i128 {
        self.0
    }

    /// The last value of `unit` that is not after it, or the one nearest to that.
    pub fn floor(self, unit: TimeUnit) -> i64 {
        saturated(self.0.div_euclid(unit.nanoseconds().into()))
    }

    /// The first value of `unit` that is not before it, or the one nearest to that.
    pub fn ceil(self, unit: TimeUnit) -> i64 {
        let step: i128 = unit.nanoseconds().into();
        saturated(self.0.div_euclid(step) + i128::from(self.0.rem_euclid(step) != 0))
    }

    /// The value of `unit` that is just this instant, if there is one.
    pub fn exactly(self, unit: TimeUnit) -> Option<i64> {
        unit.from_ns(self.0)
    }

    /// So many nanoseconds later, or earlier.
    pub const fn plus_ns(self, ns: i128) -> Self {
        Self(self.0.saturating_add(ns))
    }
}

fn saturated(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

impl From<SystemTime> for Instant {
    fn from(time: SystemTime) -> Self {
        let ns = |elapsed: Duration| i128::try_from(elapsed.as_nanos()).unwrap_or(i128::MAX);
        Self(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => ns(after),
            Err(before) => -ns(before.duration()),
        })
    }
}

/// RFC 3339; a time without a zone is in UTC, a date its midnight.
impl FromStr for Instant {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse_ns(text).map(Self)
    }
}

/// RFC 3339 in UTC, with as many digits of a second as it has.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&Rfc3339(self.0).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_unit_have_one() {
        for (value, unit, text) in [
            (0, TimeUnit::Nanosecond, "1970-01-01T00:00:00Z"),
            (-1, TimeUnit::Day, "1969-12-31T00:00:00Z"),
            (i64::MAX, TimeUnit::Millisecond, "+292278994-08-17T07:12:55.807Z"),
        ] {
            let instant = Instant::new(value, unit);
            assert_eq!(instant.to_string(), text);
            assert_eq!(instant.exactly(unit), Some(value));
        }
    }

    #[test]
    fn between_two_values_are_both() {
        let instant = Instant::new(-1, TimeUnit::Nanosecond);
        assert_eq!((instant.floor(TimeUnit::Second), instant.ceil(TimeUnit::Second)), (-1, 0));
        assert_eq!(instant.exactly(TimeUnit::Microsecond), None);
    }
}
