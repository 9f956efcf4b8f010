//! The text of an instant: RFC 3339, with years beyond 9999 and without rounding.

use std::fmt;

use crate::civil::Date;
use crate::error::Error;
use crate::line::{DAY_NS, END, FIRST, SECOND_NS};
use crate::unit::TimeUnit;

/// Reads an instant as a count of `unit` since the epoch.
///
/// Accepts a date, or a date and a time after `T` or a space, then `Z` or an offset such as `+01:00`. Seconds may be
/// left out, and have up to nine decimals. Without an offset the instant is UTC. Years are four digits, or a sign and
/// four or more, as in `+10000-01-01` and `-0001-12-31`; year 0 is 1 BC. Leap seconds (`:60`) are not instants of UTC
/// counts and are refused.
///
/// # Errors
/// [`Error::BadInstant`] where the text is no instant, [`Error::TooFine`] where it lies between two ticks of `unit`
/// (nothing is rounded), [`Error::OutOfRange`] where it does not fit `i64`.
///
/// # Examples
/// ```
/// use varvite_time::{Error, TimeUnit, parse_instant};
/// assert_eq!(parse_instant("1970-01-02", TimeUnit::Second)?, 86_400);
/// assert_eq!(parse_instant("1970-01-01T01:00:00.5+01:00", TimeUnit::Millisecond)?, 500);
/// assert!(matches!(parse_instant("1970-01-01T00:00:00.5", TimeUnit::Second), Err(Error::TooFine { .. })));
/// # Ok::<(), Error>(())
/// ```
pub fn parse_instant(text: &str, unit: TimeUnit) -> Result<i64, Error> {
    let ns = parse_ns(text)?;
    if ns.rem_euclid(unit.nanoseconds().into()) != 0 {
        return Err(Error::TooFine { text: text.to_owned(), unit });
    }
    unit.from_ns(ns).ok_or_else(|| Error::OutOfRange { text: text.to_owned(), unit })
}

/// Writes `instant`, a count of `unit` since the epoch, as RFC 3339 in UTC; days as a date alone.
///
/// Decimals are as many as needed of 0, 3, 6 or 9. Every `i64` has a text, and [`parse_instant`] reads it back.
///
/// # Examples
/// ```
/// use varvite_time::{TimeUnit, format_instant};
/// assert_eq!(format_instant(1_500, TimeUnit::Millisecond), "1970-01-01T00:00:01.500Z");
/// assert_eq!(format_instant(-1, TimeUnit::Day), "1969-12-31");
/// assert_eq!(format_instant(i64::MAX, TimeUnit::Second), "+292277026596-12-04T15:30:07Z");
/// ```
pub fn format_instant(instant: i64, unit: TimeUnit) -> String {
    match unit {
        TimeUnit::Day => Day(instant.into()).to_string(),
        _ => Rfc3339(unit.to_ns(instant)).to_string(),
    }
}

/// Days after 1970-01-01, as a date.
struct Day(i128);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = Date::from_days(self.0);
        let sign = match year {
            ..0 => "-",
            0..=9999 => "",
            _ => "+",
        };
        write!(f, "{sign}{:04}-{month:02}-{day:02}", year.abs())
    }
}

/// UTC nanoseconds since the epoch, as RFC 3339.
pub(crate) struct Rfc3339(pub(crate) i128);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = Day(self.0.div_euclid(DAY_NS));
        let of_day = self.0.rem_euclid(DAY_NS);
        let (second, ns) = (of_day / SECOND_NS, of_day % SECOND_NS);
        write!(f, "{day}T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)?;
        match ns {
            0 => {}
            _ if ns % 1_000_000 == 0 => write!(f, ".{:03}", ns / 1_000_000)?,
            _ if ns % 1_000 == 0 => write!(f, ".{:06}", ns / 1_000)?,
            _ => write!(f, ".{ns:09}")?,
        }
        f.write_str("Z")
    }
}

/// Reads an instant in UTC nanoseconds since the epoch; the end of the line is one, for spans.
pub(crate) fn parse_ns(text: &str) -> Result<i128, Error> {
    let ns = Reader(text).instant().map_err(|reason| Error::BadInstant { text: text.to_owned(), reason })?;
    if (FIRST..=END).contains(&ns) {
        return Ok(ns);
    }
    Err(Error::OutOfRange { text: text.to_owned(), unit: TimeUnit::Day })
}

/// What is left to read. The errors are reasons.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn instant(mut self) -> Result<i128, &'static str> {
        let days = self.date()?;
        if self.0.is_empty() {
            return Ok(days * DAY_NS);
        }
        if !self.skip(&['T', 't', ' ']) {
            return Err("after the date comes `T` and a time, or nothing");
        }
        let time = self.time()?;
        let offset = self.offset()?;
        if self.0.is_empty() { Ok(days * DAY_NS + time - offset) } else { Err("there is text after the end") }
    }

    /// Days after 1970-01-01.
    fn date(&mut self) -> Result<i128, &'static str> {
        let year = self.year()?;
        let month = self.after('-').ok_or("a date is year-month-day, two digits each for month and day")?;
        let day = self.after('-').ok_or("a date is year-month-day, two digits each for month and day")?;
        let date = Date { year, month, day };
        if date.exists() { Ok(date.to_days()) } else { Err("the calendar has no such date") }
    }

    fn year(&mut self) -> Result<i128, &'static str> {
        let negative = self.0.starts_with('-');
        let signed = self.skip(&['-', '+']);
        let digits = self.digits();
        match digits.len() {
            0..=3 => Err("a year has at least four digits"),
            // No year on the line has more than 17 digits.
            19.. => Err("a year has at most 18 digits"),
            5.. if !signed => Err("a year of more than four digits has a sign"),
            _ => {
                let year: i128 = digits.parse().map_err(|_| "a year is a number")?;
                Ok(if negative { -year } else { year })
            }
        }
    }

    /// Nanoseconds of the day.
    fn time(&mut self) -> Result<i128, &'static str> {
        const SHAPE: &str = "a time is hh:mm, hh:mm:ss or hh:mm:ss.fraction";
        let hour = self.two_digits().filter(|hour| *hour < 24).ok_or("an hour is 00 to 23")?;
        let minute = self.after(':').filter(|minute| *minute < 60).ok_or(SHAPE)?;
        let mut ns = (hour * 60 + minute) * 60 * SECOND_NS;
        if self.0.starts_with(':') {
            let second = self.after(':').filter(|second| *second < 60).ok_or("a second is 00 to 59")?;
            ns += second * SECOND_NS;
            if self.skip(&['.']) {
                ns += self.fraction()?;
            }
        }
        Ok(ns)
    }

    /// Nanoseconds of the second.
    fn fraction(&mut self) -> Result<i128, &'static str> {
        let digits = self.digits();
        if digits.is_empty() || digits.len() > 9 {
            return Err("a fraction has one to nine digits");
        }
        format!("{digits:0<9}").parse().map_err(|_| "a fraction is a number")
    }

    /// Nanoseconds ahead of UTC.
    fn offset(&mut self) -> Result<i128, &'static str> {
        const SHAPE: &str = "after the time comes `Z`, an offset such as `+01:00`, or nothing";
        let negative = self.0.starts_with('-');
        if self.0.is_empty() || self.skip(&['Z', 'z']) {
            return Ok(0);
        }
        if !self.skip(&['+', '-']) {
            return Err(SHAPE);
        }
        let hours = self.two_digits().filter(|hours| *hours < 24).ok_or(SHAPE)?;
        let minutes = self.after(':').filter(|minutes| *minutes < 60).ok_or(SHAPE)?;
        let ns = (hours * 60 + minutes) * 60 * SECOND_NS;
        Ok(if negative { -ns } else { ns })
    }

    /// Two digits after `separator`.
    fn after(&mut self, separator: char) -> Option<i128> {
        if self.skip(&[separator]) { self.two_digits() } else { None }
    }

    fn two_digits(&mut self) -> Option<i128> {
        let digits = self.0.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        self.0 = &self.0[2..];
        digits.parse().ok()
    }

    /// Takes all digits that come next.
    fn digits(&mut self) -> &str {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits
    }

    /// Takes one of `chars` if it comes next.
    fn skip(&mut self, chars: &[char]) -> bool {
        let rest = self.0.strip_prefix(chars);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}
