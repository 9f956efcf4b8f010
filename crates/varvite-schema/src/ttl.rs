//! [`Ttl`]: how old a value may be before it counts as missing.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use varvite_time::Period;

use crate::error::{Error, Result};

/// The greatest age at which a row still answers: elapsed time, never zero, exact to the nanosecond.
///
/// A row exactly this old still answers. No limit is `Option::None`, not zero.
///
/// # Examples
/// ```
/// use varvite_schema::Ttl;
///
/// let week: Ttl = "7d".parse()?;
/// assert_eq!(week.as_ns(), 7 * 86_400 * 1_000_000_000);
/// assert_eq!("168h".parse(), Ok(week));
/// assert_eq!(week.to_string(), "7d");
/// assert!("0s".parse::<Ttl>().is_err());
/// assert!("1mo".parse::<Ttl>().is_err()); // months differ in length
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(NonZeroU64);

/// Units of its text, largest first, in nanoseconds.
const UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const NOT_POSITIVE: &str = "it must be longer than zero";

impl Ttl {
    /// A TTL of so many nanoseconds.
    ///
    /// # Errors
    /// [`Error::InvalidTtl`] if it is zero or negative.
    pub fn from_ns(ns: i64) -> Result<Self> {
        let positive = u64::try_from(ns).ok().and_then(NonZeroU64::new);
        positive.map(Self).ok_or_else(|| refused(format!("{ns}ns"), NOT_POSITIVE))
    }

    /// Its nanoseconds: from 1 to `i64::MAX`.
    pub fn as_ns(self) -> i64 {
        self.0.get().cast_signed()
    }
}

impl FromStr for Ttl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let number = text.trim_end_matches(|c: char| c.is_alphabetic());
        let is_zero = !number.is_empty() && number.chars().all(|c| c == '0');
        if text.starts_with('-') || is_zero {
            return Err(refused(text, NOT_POSITIVE));
        }
        let period: Period = text.parse().map_err(|error: varvite_time::Error| refused(text, error.to_string()))?;
        let ns = period.elapsed_ns().ok_or_else(|| refused(text, "months differ in length: say it in days"))?;
        Self::from_ns(ns)
    }
}

impl fmt::Display for Ttl {
    /// Writes the largest unit that divides it, such as `7d` or `90s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ns = self.0.get();
        let (unit, size) = UNITS.into_iter().find(|(_, size)| ns.is_multiple_of(*size)).unwrap_or(("ns", 1));
        f.pad(&format!("{}{unit}", ns / size))
    }
}

fn refused(text: impl Into<String>, reason: impl Into<String>) -> Error {
    Error::InvalidTtl { text: text.into(), reason: reason.into() }
}

/// A TTL as it is given to a builder: a [`Ttl`], its text, nanoseconds, or a `Duration`.
#[derive(Debug, Clone)]
pub struct GivenTtl(pub(crate) Result<Ttl>);

impl From<Ttl> for GivenTtl {
    fn from(ttl: Ttl) -> Self {
        Self(Ok(ttl))
    }
}

impl From<&str> for GivenTtl {
    fn from(text: &str) -> Self {
        Self(text.parse())
    }
}

impl From<i64> for GivenTtl {
    /// Takes nanoseconds.
    fn from(ns: i64) -> Self {
        Self(Ttl::from_ns(ns))
    }
}

impl From<std::time::Duration> for GivenTtl {
    fn from(duration: std::time::Duration) -> Self {
        let ns = i64::try_from(duration.as_nanos());
        Self(ns.map_err(|_| refused(format!("{duration:?}"), "it is longer than 292 years")).and_then(Ttl::from_ns))
    }
}
