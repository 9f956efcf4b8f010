//! [`HyperionDate`]: a date and time of day as Python has it, with an offset or without.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use varvite_time::{Instant, TimeUnit};

use crate::{Error, Result};

/// A date and time of day of the years 1 to 9999, in microseconds, with an offset from UTC or without. One without counts as
/// UTC.
///
/// ```
/// use varvite_asset::HyperionDate;
/// let date: HyperionDate = "2025-01-01T00:00:00-05:00".parse()?;
/// assert_eq!((date.to_string(), date.in_utc().to_string()), ("2025-01-01T00:00:00-05:00".into(), "2025-01-01T05:00:00+00:00".into()));
/// # Ok::<(), varvite_asset::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HyperionDate {
    /// As it stands on the clock there.
    pub(super) local: NaiveDateTime,
    /// Seconds ahead of UTC.
    pub(super) offset: Option<i32>,
}

impl HyperionDate {
    /// The instant in UTC; `None` outside of the years 1 to 9999. Fractions of a microsecond are dropped.
    pub fn try_new(instant: Instant) -> Option<Self> {
        let micros = instant.floor(TimeUnit::Microsecond);
        Self::checked(DateTime::from_timestamp_micros(micros)?.naive_utc(), Some(0))
    }

    /// The instant.
    pub fn instant(&self) -> Instant {
        let local = self.local.and_utc().timestamp_micros();
        let offset = i64::from(self.offset.unwrap_or_default()) * 1_000_000;
        Instant::new(local - offset, TimeUnit::Microsecond)
    }

    /// The same instant in UTC. One without an offset is taken as UTC.
    pub fn in_utc(&self) -> Self {
        let offset = TimeDelta::seconds(self.offset.unwrap_or_default().into());
        Self { local: self.local - offset, offset: Some(0) }
    }

    /// The same offset with another time, if that lies in the years of Python.
    pub(super) fn checked(local: NaiveDateTime, offset: Option<i32>) -> Option<Self> {
        (1..=9999).contains(&local.year()).then_some(Self { local, offset })
    }
}

impl fmt::Display for HyperionDate {
    /// Python's `isoformat`: microseconds only where they are not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{}", self.local.year(), self.local.format("-%m-%dT%H:%M:%S"))?;
        let micros = self.local.nanosecond() / 1000;
        if micros > 0 {
            write!(f, ".{micros:06}")?;
        }
        let Some(offset) = self.offset else { return Ok(()) };
        let (sign, seconds) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
        write!(f, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
        if seconds.is_multiple_of(60) { Ok(()) } else { write!(f, ":{:02}", seconds % 60) }
    }
}

impl FromStr for HyperionDate {
    type Err = Error;

    /// Reads what `isoformat` writes, and a date alone.
    fn from_str(text: &str) -> Result<Self> {
        let refused =
            || Error::InvalidRange { range: text.to_owned(), reason: "it is no date that Hyperion writes".to_owned() };
        read(text).filter(|date| (1..=9999).contains(&date.in_utc().local.year())).ok_or_else(refused)
    }
}

fn read(text: &str) -> Option<HyperionDate> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return HyperionDate::checked(date.and_time(NaiveTime::MIN), None);
    }
    if let Ok(naive) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        return HyperionDate::checked(naive, None);
    }
    let aware = DateTime::parse_from_rfc3339(text).ok()?;
    HyperionDate::checked(aware.naive_local(), Some(aware.offset().local_minus_utc()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_python_does() {
        for text in [
            "2025-01-02T00:00:00+00:00",
            "2025-01-02T03:04:05.000006+00:00",
            "2025-01-02T03:04:05.120000-05:30",
            "2025-01-02T00:00:00",
            "0001-01-01T00:00:00+00:00",
            "9999-12-31T23:59:59.999999+00:00",
        ] {
            assert_eq!(text.parse::<HyperionDate>().unwrap().to_string(), text);
        }
        assert_eq!("2025-01-02".parse::<HyperionDate>().unwrap().to_string(), "2025-01-02T00:00:00");
        for bad in ["", "2025", "2025-13-01", "tomorrow", "0001-01-01T00:00:00+01:00", "10000-01-01T00:00:00"] {
            assert!(bad.parse::<HyperionDate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_come_back() {
        let date: HyperionDate = "2025-06-01T01:00:00+02:00".parse().unwrap();
        assert_eq!(date.instant(), "2025-05-31T23:00:00Z".parse().unwrap());
        assert_eq!(HyperionDate::try_new(date.instant()), Some(date.in_utc()));
        assert_eq!(HyperionDate::try_new("-0001-01-01".parse().unwrap()), None);
    }
}
