//! The units that instants are counted in.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::line::DAY_NS;

/// What one step of an integer instant is worth. Instants count from 1970-01-01T00:00:00 UTC.
///
/// These are the units of Arrow's timestamps, and the day of `Date32`. A day is the instant of its UTC midnight.
///
/// # Examples
/// ```
/// use varvite_time::TimeUnit;
/// assert_eq!(TimeUnit::Millisecond.nanoseconds(), 1_000_000);
/// assert_eq!("us".parse(), Ok(TimeUnit::Microsecond));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeUnit {
    /// `ns`.
    Nanosecond,
    /// `us`.
    Microsecond,
    /// `ms`.
    Millisecond,
    /// `s`.
    Second,
    /// `d`: 86,400 seconds.
    Day,
}

impl TimeUnit {
    /// All units, finest first.
    pub const ALL: [Self; 5] = [Self::Nanosecond, Self::Microsecond, Self::Millisecond, Self::Second, Self::Day];

    /// Returns the length of one tick, in nanoseconds.
    pub const fn nanoseconds(self) -> i64 {
        match self {
            Self::Nanosecond => 1,
            Self::Microsecond => 1_000,
            Self::Millisecond => 1_000_000,
            Self::Second => 1_000_000_000,
            Self::Day => 86_400_000_000_000,
        }
    }

    /// Returns `instant`, a count of this unit, in UTC nanoseconds since the epoch. Exact for every `i64`.
    pub fn to_ns(self, instant: i64) -> i128 {
        i128::from(instant) * i128::from(self.nanoseconds())
    }

    /// Returns the instant at `ns` UTC nanoseconds in this unit, or `None` where it lies between two ticks or outside
    /// `i64`.
    pub fn from_ns(self, ns: i128) -> Option<i64> {
        let tick = i128::from(self.nanoseconds());
        (ns.rem_euclid(tick) == 0).then(|| i64::try_from(ns / tick).ok()).flatten()
    }

    fn symbol(self) -> &'static str {
        match self {
            Self::Nanosecond => "ns",
            Self::Microsecond => "us",
            Self::Millisecond => "ms",
            Self::Second => "s",
            Self::Day => "d",
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.symbol())
    }
}

impl FromStr for TimeUnit {
    type Err = Error;

    /// Reads `ns`, `us`, `ms`, `s` or `d`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let unit = Self::ALL.into_iter().find(|unit| unit.symbol() == text);
        unit.ok_or_else(|| Error::BadUnit { text: text.to_owned() })
    }
}

const _: () = assert!(TimeUnit::Day.nanoseconds() as i128 == DAY_NS);
