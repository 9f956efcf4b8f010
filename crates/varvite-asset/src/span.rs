//! [`Span`] and [`Bound`]: which stretch of time a field wants, as it is written down, before a clock is read.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Months, NaiveDate, NaiveTime, TimeDelta};
use varvite_time::{Instant, TimeSpan, TimeUnit};

use crate::{Error, Resolution, Result};

/// One end of a [`Span`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// No limit.
    Unbounded,
    /// This instant.
    At(Instant),
    /// The moment of the fetch, moved, then moved back to where an interval of `floor` starts.
    Now {
        /// By how much it is moved; not at all if the count is zero.
        shift: Shift,
        /// Whose intervals' start is taken.
        floor: Option<Resolution>,
    },
}

/// By how much an instant is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// Elapsed time, in nanoseconds.
    Elapsed(i128),
    /// Calendar months in UTC; a day that the month does not have becomes its last one.
    Months(i32),
}

impl Shift {
    /// Not at all.
    pub const NONE: Self = Self::Elapsed(0);
}

/// Which stretch of time is wanted: `start..end`, half-open, resolved by one `now` for a whole fetch.
///
/// ```
/// use varvite_asset::{Bound, Span};
/// use varvite_time::Instant;
///
/// let now: Instant = "2025-01-10T12:00:00Z".parse()?;
/// let week: Span = "now-7d/d..now".parse()?;
/// assert_eq!(week.resolve(now)?.to_string(), "2025-01-03T00:00:00Z..2025-01-10T12:00:00Z");
/// assert_eq!(Span::last(chrono::TimeDelta::days(7)).resolve(now)?.to_string(), "2025-01-03T12:00:00Z..2025-01-10T12:00:00Z");
/// assert_eq!(Span::all().start, Bound::Unbounded);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First instant that is wanted.
    pub start: Bound,
    /// First instant that is not.
    pub end: Bound,
}

impl Span {
    /// All that is stored, also what lies in the future.
    pub const fn all() -> Self {
        Self { start: Bound::Unbounded, end: Bound::Unbounded }
    }

    /// From `start` until now.
    pub fn since(start: impl Into<Instant>) -> Self {
        Self { start: Bound::At(start.into()), end: Bound::NOW }
    }

    /// So much elapsed time before now, until now.
    pub fn last(elapsed: TimeDelta) -> Self {
        Self { start: Bound::from_now(-elapsed), end: Bound::NOW }
    }

    /// From `start`, included, to `end`, excluded.
    pub fn between(start: impl Into<Instant>, end: impl Into<Instant>) -> Self {
        Self { start: Bound::At(start.into()), end: Bound::At(end.into()) }
    }

    /// The stretch as of `now`. Equal ends make an empty one.
    ///
    /// # Errors
    /// [`Error::InvalidRange`] if it ends before it starts.
    pub fn resolve(&self, now: Instant) -> Result<TimeSpan> {
        let (start, end) = (self.start.resolve(now)?, self.end.resolve(now)?);
        TimeSpan::try_from_ns(start.map(Instant::as_ns), end.map(Instant::as_ns)).map_err(|error| Error::InvalidRange {
            range: format!("{self}"),
            reason: match (start, end) {
                (Some(start), Some(end)) if end < start => {
                    format!("at {now} it ends at {end}, before it starts at {start}")
                }
                _ => error.to_string(),
            },
        })
    }

    /// Whether the end lies before the start whenever it is asked: what can be refused without a clock.
    pub const fn is_reversed(&self) -> bool {
        match (self.start, self.end) {
            (Bound::At(start), Bound::At(end)) => end.as_ns() < start.as_ns(),
            (Bound::Now { shift: start, floor: None }, Bound::Now { shift: end, floor: None }) => match (start, end) {
                (Shift::Elapsed(start), Shift::Elapsed(end)) => end < start,
                (Shift::Months(start), Shift::Months(end)) => end < start,
                _ => false,
            },
            _ => false,
        }
    }
}

impl Bound {
    /// The moment of the fetch.
    pub const NOW: Self = Self::Now { shift: Shift::NONE, floor: None };

    /// The moment of the fetch, moved by elapsed time.
    pub fn from_now(elapsed: TimeDelta) -> Self {
        let ns = i128::from(elapsed.num_seconds()) * 1_000_000_000 + i128::from(elapsed.subsec_nanos());
        Self::Now { shift: Shift::Elapsed(ns), floor: None }
    }

    /// The instant as of `now`; `None` is no limit.
    ///
    /// # Errors
    /// [`Error::InvalidRange`] if the calendar does not reach so far.
    pub fn resolve(&self, now: Instant) -> Result<Option<Instant>> {
        match *self {
            Self::Unbounded => Ok(None),
            Self::At(instant) => Ok(Some(instant)),
            Self::Now { shift, floor } => {
                let moved = shift.apply(now).ok_or_else(|| Error::InvalidRange {
                    range: self.to_string(),
                    reason: "the calendar does not reach so far".to_owned(),
                })?;
                Ok(Some(floor.map_or(moved, |resolution| floored(moved, resolution))))
            }
        }
    }

    /// Reads `now`, `now-7d`, `now-7d/d`, an RFC 3339 timestamp, or a date, which is its midnight in UTC.
    ///
    /// Units of a shift are `s m h d w` of elapsed time, and `M y` of the calendar. What follows the slash is a unit, or a
    /// resolution such as `15m`.
    ///
    /// # Errors
    /// What is wrong, as text.
    pub const fn parse(text: &str) -> Result<Self, &'static str> {
        literal::bound(text.as_bytes())
    }

    /// Reads a bound in a constant.
    ///
    /// # Panics
    /// On bad text, with the reason; in a constant that is a compile error.
    #[track_caller]
    pub const fn literal(text: &str) -> Self {
        match Self::parse(text) {
            Ok(bound) => bound,
            Err(reason) => panic!("{}", reason),
        }
    }
}

impl Shift {
    fn apply(self, to: Instant) -> Option<Instant> {
        match self {
            Self::Elapsed(ns) => Some(to.plus_ns(ns)),
            Self::Months(months) => {
                let seconds = to.floor(TimeUnit::Second);
                let rest = to.as_ns() - i128::from(seconds) * 1_000_000_000;
                let date = DateTime::from_timestamp(seconds, 0)?;
                let by = Months::new(months.unsigned_abs());
                let moved = if months < 0 { date.checked_sub_months(by) } else { date.checked_add_months(by) }?;
                Some(Instant::new(moved.timestamp(), TimeUnit::Second).plus_ns(rest))
            }
        }
    }
}

/// Where the interval that `instant` lies in starts.
fn floored(instant: Instant, resolution: Resolution) -> Instant {
    let second = instant.floor(TimeUnit::Second);
    let tile = resolution.period().tile(second, TimeUnit::Second);
    tile.start_ns().map_or(instant, Instant::from_ns)
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbounded => Ok(()),
            Self::At(instant) => write!(f, "{instant}"),
            Self::Now { shift, floor } => {
                write!(f, "now{shift}")?;
                floor.map_or(Ok(()), |resolution| write!(f, "/{resolution}"))
            }
        }
    }
}

impl fmt::Display for Shift {
    /// In the longest unit that fits: `-7d`, `+90s`, `-1M`; shorter ones as decimals of a second, nothing if there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECOND: i128 = 1_000_000_000;
        match *self {
            Self::Elapsed(0) | Self::Months(0) => Ok(()),
            Self::Months(months) if months % 12 == 0 => write!(f, "{:+}y", months / 12),
            Self::Months(months) => write!(f, "{months:+}M"),
            Self::Elapsed(ns) if ns % SECOND != 0 => {
                let sign = if ns < 0 { '-' } else { '+' };
                let (seconds, rest) = (ns.unsigned_abs() / 1_000_000_000, ns.unsigned_abs() % 1_000_000_000);
                write!(f, "{sign}{seconds}.{}s", format!("{rest:09}").trim_end_matches('0'))
            }
            Self::Elapsed(ns) => {
                let seconds = ns / SECOND;
                let units = [(604_800, 'w'), (86_400, 'd'), (3600, 'h'), (60, 'm')];
                // Weeks are said as days: `7d` is what people write.
                let unit = units.into_iter().skip(1).find(|(length, _)| seconds % length == 0).unwrap_or((1, 's'));
                write!(f, "{:+}{}", seconds / unit.0, unit.1)
            }
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl FromStr for Bound {
    type Err = Error;

    /// As [`Bound::parse`]; empty text is no limit.
    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::Unbounded);
        }
        Self::parse(text).map_err(|reason| Error::InvalidRange { range: text.to_owned(), reason: reason.to_owned() })
    }
}

impl FromStr for Span {
    type Err = Error;

    /// `start..end`, each as [`Bound`] or left out where open.
    fn from_str(text: &str) -> Result<Self> {
        let (start, end) = text.split_once("..").ok_or_else(|| Error::InvalidRange {
            range: text.to_owned(),
            reason: "write `start..end`, such as `now-7d..now` or `2024-01-01..2024-02-01`".to_owned(),
        })?;
        Ok(Self { start: start.parse()?, end: end.parse()? })
    }
}

/// Text of bounds, read also while compiling: so it is all loops over bytes.
mod literal {
    use super::{Bound, Instant, NaiveDate, NaiveTime, Resolution, Shift};

    const FORM: &str = "write `now`, `now-7d`, `now-7d/d`, a date such as `2024-01-31`, or a timestamp with an offset";
    const OFFSET: &str = "a timestamp ends with `Z` or an offset such as `+01:00`";

    pub(super) const fn bound(text: &[u8]) -> Result<Bound, &'static str> {
        if text.len() >= 3 && text[0] == b'n' && text[1] == b'o' && text[2] == b'w' {
            return now(text);
        }
        match timestamp(text) {
            Ok(ns) => Ok(Bound::At(Instant::from_ns(ns))),
            Err(reason) => Err(reason),
        }
    }

    /// `now`, a shift, a slash and a resolution.
    const fn now(text: &[u8]) -> Result<Bound, &'static str> {
        let mut at = 3;
        let mut shift = Shift::NONE;
        if at < text.len() && (text[at] == b'-' || text[at] == b'+') {
            let sign = if text[at] == b'-' { -1 } else { 1 };
            let Some((count, end)) = number(text, at + 1) else { return Err(FORM) };
            if end >= text.len() {
                return Err("say the unit: one of `s m h d w M y`");
            }
            let elapsed: i128 = match text[end] {
                b's' => 1,
                b'm' => 60,
                b'h' => 3600,
                b'd' => 86_400,
                b'w' => 604_800,
                b'M' | b'y' => 0,
                _ => return Err("unknown unit: use one of `s m h d w M y`"),
            };
            shift = if elapsed > 0 {
                Shift::Elapsed(sign as i128 * count as i128 * elapsed * 1_000_000_000)
            } else {
                let months = count.saturating_mul(if text[end] == b'y' { 12 } else { 1 });
                if months > 1_000_000 {
                    return Err("that is too far away");
                }
                Shift::Months(sign * months.cast_signed())
            };
            at = end + 1;
        }
        if at == text.len() {
            return Ok(Bound::Now { shift, floor: None });
        }
        if text[at] != b'/' || at + 1 == text.len() {
            return Err(FORM);
        }
        match resolution(text, at + 1) {
            Ok(resolution) => Ok(Bound::Now { shift, floor: Some(resolution) }),
            Err(reason) => Err(reason),
        }
    }

    /// `d`, or `15m`.
    const fn resolution(text: &[u8], from: usize) -> Result<Resolution, &'static str> {
        const BAD: &str = "what follows `/` is a unit of `s m h d w M y`, or a resolution such as `15m`";
        let (_, rest) = text.split_at(from);
        if rest.len() == 1 {
            let one = [b'1', rest[0]];
            return match std::str::from_utf8(&one) {
                Ok(text) => match Resolution::parse(text) {
                    Ok(found) => Ok(found),
                    Err(_) => Err(BAD),
                },
                Err(_) => Err(BAD),
            };
        }
        match std::str::from_utf8(rest) {
            Ok(text) => match Resolution::parse(text) {
                Ok(found) => Ok(found),
                Err(_) => Err(BAD),
            },
            Err(_) => Err(BAD),
        }
    }

    /// Digits from `at`, at least one, at most nine, and where they end.
    const fn number(text: &[u8], mut at: usize) -> Option<(u32, usize)> {
        let from = at;
        let mut value = 0;
        while at < text.len() && text[at].is_ascii_digit() && at - from < 9 {
            value = value * 10 + (text[at] - b'0') as u32;
            at += 1;
        }
        if at == from || (at < text.len() && text[at].is_ascii_digit()) { None } else { Some((value, at)) }
    }

    /// Two digits at `at`.
    const fn two(text: &[u8], at: usize) -> Option<u32> {
        if at + 2 > text.len() || !text[at].is_ascii_digit() || !text[at + 1].is_ascii_digit() {
            return None;
        }
        Some((text[at] - b'0') as u32 * 10 + (text[at + 1] - b'0') as u32)
    }

    /// `2024-01-31`, or `2024-01-31T12:00:00.25+01:00`; seconds and their fraction may be left out. In nanoseconds.
    const fn timestamp(text: &[u8]) -> Result<i128, &'static str> {
        let (Some(century), Some(year), Some(month), Some(day)) =
            (two(text, 0), two(text, 2), two(text, 5), two(text, 8))
        else {
            return Err(FORM);
        };
        if text[4] != b'-' || text[7] != b'-' {
            return Err(FORM);
        }
        let Some(date) = NaiveDate::from_ymd_opt((century * 100 + year).cast_signed(), month, day) else {
            return Err("there is no such day");
        };
        let midnight = date.and_time(NaiveTime::MIN).and_utc().timestamp() as i128 * 1_000_000_000;
        if text.len() == 10 {
            return Ok(midnight);
        }
        let (Some(hour), Some(minute)) = (two(text, 11), two(text, 14)) else { return Err(FORM) };
        if text[10] != b'T' && text[10] != b't' && text[10] != b' ' || text[13] != b':' {
            return Err(FORM);
        }
        let (mut second, mut fraction, mut at) = (0, 0, 16);
        if at < text.len() && text[at] == b':' {
            second = match two(text, at + 1) {
                Some(second) => second,
                None => return Err(FORM),
            };
            at += 3;
            if at < text.len() && text[at] == b'.' {
                let Some((digits, end)) = number(text, at + 1) else {
                    return Err("a second has at most nine decimals");
                };
                fraction = digits as i128;
                let mut missing = 9 - (end - at - 1);
                while missing > 0 {
                    fraction *= 10;
                    missing -= 1;
                }
                at = end;
            }
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err("there is no such time of day");
        }
        let Some(offset) = offset(text, at) else { return Err(OFFSET) };
        let seconds = hour as i128 * 3600 + minute as i128 * 60 + second as i128 - offset;
        Ok(midnight + seconds * 1_000_000_000 + fraction)
    }

    /// `Z`, or `+01:00`, in seconds.
    const fn offset(text: &[u8], at: usize) -> Option<i128> {
        if at + 1 == text.len() && (text[at] == b'Z' || text[at] == b'z') {
            return Some(0);
        }
        if at + 6 != text.len() || text[at + 3] != b':' {
            return None;
        }
        let (Some(hour), Some(minute)) = (two(text, at + 1), two(text, at + 4)) else { return None };
        if hour > 23 || minute > 59 {
            return None;
        }
        let seconds = hour as i128 * 3600 + minute as i128 * 60;
        match text[at] {
            b'+' => Some(seconds),
            b'-' => Some(-seconds),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const NOW: &str = "2025-01-10T12:34:56.5Z";

    #[track_caller]
    fn at(text: &str, expected: &str) {
        let bound: Bound = text.parse().unwrap();
        let found = bound.resolve(NOW.parse().unwrap()).unwrap().unwrap();
        assert_eq!(found, expected.parse().unwrap(), "{text}: {found}");
        assert_eq!(bound.to_string().parse::<Bound>().unwrap(), bound, "{text} is printed as {bound}");
    }

    #[test]
    fn every_form_of_a_time_is_understood() {
        at("now", NOW);
        at("now-7d", "2025-01-03T12:34:56.5Z");
        at("now-1w/d", "2025-01-03T00:00:00Z");
        at("now/w", "2025-01-06T00:00:00Z");
        at("now/15m", "2025-01-10T12:30:00Z");
        at("now+36h", "2025-01-12T00:34:56.5Z");
        at("now-90s", "2025-01-10T12:33:26.5Z");
        at("now-1M", "2024-12-10T12:34:56.5Z");
        at("now-2y/y", "2023-01-01T00:00:00Z");
        at("2024-01-31", "2024-01-31T00:00:00Z");
        at("2024-01-31T12:00:00Z", "2024-01-31T12:00:00Z");
        at("2024-01-31T12:00+01:00", "2024-01-31T11:00:00Z");
        at("2024-01-31 23:59:59.123456789-00:30", "2024-02-01T00:29:59.123456789Z");
        at("0001-01-01", "0001-01-01T00:00:00Z");
    }

    #[test]
    fn a_month_that_is_too_short_ends_with_its_last_day() {
        let bound: Bound = "now-1M".parse().unwrap();
        let end = |now: &str| bound.resolve(now.parse().unwrap()).unwrap().unwrap().to_string();
        assert_eq!(end("2024-03-31T00:00:00Z"), "2024-02-29T00:00:00Z");
        assert_eq!(end("2023-03-31T00:00:00Z"), "2023-02-28T00:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "no",
            "nowish",
            "now-",
            "now-7",
            "now-d",
            "now-7x",
            "now-7d/",
            "now-7d/x",
            "now-7d/d/d",
            "now -7d",
            "2024",
            "2024-1-1",
            "2023-02-29",
            "2024-13-01",
            "2024-01-01T",
            "2024-01-01T25:00Z",
            "2024-01-01T12:00",
            "2024-01-01T12:00:60Z",
            "2024-01-01T12:00:00.Z",
            "2024-01-01T12:00:00.1234567890Z",
            "2024-01-01Z",
            "2024-01-01T12:00+1",
            "yesterday",
            "now-9999999999d",
        ] {
            assert!(bad.parse::<Bound>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_span_that_ends_before_it_starts_is_refused() {
        let reversed: Span = "2024-02-01..2024-01-01".parse().unwrap();
        assert!(reversed.is_reversed());
        assert!("now..now-1d".parse::<Span>().unwrap().is_reversed());
        assert!(!"now-1d..now".parse::<Span>().unwrap().is_reversed());
        assert!(!"now/d..now-1h".parse::<Span>().unwrap().is_reversed(), "after one o'clock it is not");
        let error = reversed.resolve(NOW.parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains("before it starts at 2024-02-01"), "{error}");
        assert!("now..now-1d".parse::<Span>().unwrap().resolve(NOW.parse().unwrap()).is_err());
        assert!("now..now".parse::<Span>().unwrap().resolve(NOW.parse().unwrap()).unwrap().is_empty());
    }
}
