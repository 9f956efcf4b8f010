//! A period: a count and a unit. Its text is read in `parse.rs`, its tiles are cut in `tiling.rs`.

use std::fmt;
use std::ops::RangeInclusive;

use chrono::Weekday;
use chrono_tz::Tz;

use crate::calendar::Calendar;
use crate::error::Error;
use crate::tiling::{Tiles, Tiling};
use crate::{TimeSpan, TimeUnit};

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Longest calendar period, in months: 10,000 years.
const MAX_MONTHS: i64 = 120_000;

/// A length that tiles the time line: `15min`, `1d`, `1w`, `3mo`.
///
/// Two periods are equal if and only if they cut time at the same instants, in every zone: `60s` equals `1min`, `3mo`
/// equals `1q`, `12mo` equals `1y`; but `24h` differs from `1d` (a local day may have 23 or 25 hours), and `7d` from
/// `1w` (weeks start on a given weekday). Equal periods print the same text, and the text reads back to an equal period.
///
/// Where tiles start, in UTC unless [`in_zone`](Self::in_zone):
///
/// | unit | tiles are counted from |
/// | --- | --- |
/// | `ns us ms s min h` | 1970-01-01T00:00:00Z, in every zone |
/// | `d` | midnight of 1970-01-01 |
/// | `w`, `W-MON` | midnight of Monday 1970-01-05 |
/// | `W-SUN` and the like | midnight of the first such weekday since 1970-01-01 |
/// | `mo q y` | midnight of 1 January of year 0, so `3mo` is a calendar quarter |
///
/// # Text
/// A count (one if left out) and a unit, nothing else. The spellings of Polars and of pandas are read, each with its own
/// meaning:
///
/// | unit | spellings |
/// | --- | --- |
/// | nanosecond, microsecond, millisecond | `ns` `N`, `us` `µs` `U`, `ms` `L` |
/// | second, minute, hour, day | `s` `S`, `m` `min` `T`, `h` `H`, `d` `D` |
/// | week from Monday | `w`, `W-MON` |
/// | week from Sunday | `W`, `W-SUN` |
/// | week from another weekday | `W-TUE` `W-WED` `W-THU` `W-FRI` `W-SAT` |
/// | month | `mo`, `MS`, `M` |
/// | quarter | `q`, `QS` (`QS-JAN` `QS-APR` `QS-JUL` `QS-OCT`), `Q` |
/// | year | `y`, `YS` (`YS-JAN`), `Y`, `AS`, `A` |
///
/// Case counts: `m` is a minute and `M` a month. What does not name its tiles by their start (`ME`, `QE`, `YE`), or
/// leaves gaps (`B`), is refused with a suggestion.
///
/// # Examples
/// ```
/// use varvite_time::{Period, TimeUnit, parse_instant};
///
/// let quarter: Period = "3mo".parse()?;
/// assert_eq!(quarter, Period::QUARTER);
/// assert_eq!(quarter.to_string(), "1q");
///
/// let instant = parse_instant("2024-02-29T12:00", TimeUnit::Second)?;
/// assert_eq!(quarter.tile(instant, TimeUnit::Second).to_string(), "2024-01-01T00:00:00Z..2024-04-01T00:00:00Z");
///
/// let error = "1ME".parse::<Period>().unwrap_err();
/// assert_eq!(error.to_string(), "`1ME` is not supported: tiles are named by their start; use `MS`");
/// # Ok::<(), varvite_time::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "freq")]
#[doc(alias = "resolution")]
#[doc(alias = "row_group_target_size")]
pub struct Period(pub(crate) Kind);

/// How a period is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Nanoseconds of elapsed time, from the epoch; at least 1.
    Elapsed(i64),
    /// Whole days, from midnight.
    Calendar(Calendar),
}

/// What a period counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeriodUnit {
    /// `ns`.
    Nanosecond,
    /// `us`.
    Microsecond,
    /// `ms`.
    Millisecond,
    /// `s`.
    Second,
    /// `min`.
    Minute,
    /// `h`.
    Hour,
    /// `d`: from midnight to midnight.
    Day,
    /// `w`, `W-SUN`: seven days, the first of which is this weekday.
    Week(Weekday),
    /// `mo`: a calendar month.
    Month,
    /// `q`: three calendar months, from January, April, July or October.
    Quarter,
    /// `y`: a calendar year.
    Year,
}

impl Period {
    /// One second.
    pub const SECOND: Self = Self(Kind::Elapsed(SECOND));
    /// One minute.
    pub const MINUTE: Self = Self(Kind::Elapsed(MINUTE));
    /// One hour.
    pub const HOUR: Self = Self(Kind::Elapsed(HOUR));
    /// One day.
    pub const DAY: Self = Self(Kind::Calendar(Calendar::Days(1)));
    /// One week from Monday.
    pub const WEEK: Self = Self(Kind::Calendar(Calendar::Weeks { count: 1, first: Weekday::Mon }));
    /// One calendar month.
    pub const MONTH: Self = Self(Kind::Calendar(Calendar::Months(1)));
    /// One calendar quarter.
    pub const QUARTER: Self = Self(Kind::Calendar(Calendar::Months(3)));
    /// One calendar year.
    pub const YEAR: Self = Self(Kind::Calendar(Calendar::Months(12)));

    /// Makes a period of `count` times `unit`.
    ///
    /// # Errors
    /// [`Error::PeriodOutOfRange`] if `count` is zero, longer than `i64` nanoseconds (292 years), or, for months,
    /// quarters and years, longer than 10,000 years.
    ///
    /// # Examples
    /// ```
    /// use varvite_time::{Period, PeriodUnit};
    /// assert_eq!(Period::try_new(15, PeriodUnit::Minute)?.to_string(), "15min");
    /// # Ok::<(), varvite_time::Error>(())
    /// ```
    pub fn try_new(count: u64, unit: PeriodUnit) -> Result<Self, Error> {
        Self::checked(count, unit).ok_or_else(|| Error::PeriodOutOfRange { text: format!("{count}{unit}"), unit })
    }

    /// Makes a period of `count` times `unit`, or `None` where [`try_new`](Self::try_new) fails. Usable in constants.
    pub const fn checked(count: u64, unit: PeriodUnit) -> Option<Self> {
        if count == 0 || count > unit.max_count() {
            return None;
        }
        // No maximum exceeds i64, and a maximum times its unit does not either.
        let count = count.cast_signed();
        Some(Self(match unit {
            PeriodUnit::Day => Kind::Calendar(Calendar::Days(count)),
            PeriodUnit::Week(first) => Kind::Calendar(Calendar::Weeks { count, first }),
            PeriodUnit::Month | PeriodUnit::Quarter | PeriodUnit::Year => {
                Kind::Calendar(Calendar::Months(count * unit.size()))
            }
            _ => Kind::Elapsed(count * unit.size()),
        }))
    }

    /// Returns its length as elapsed time in UTC, in nanoseconds; `None` for months, quarters and years, which differ.
    ///
    /// # Examples
    /// ```
    /// use varvite_time::Period;
    /// assert_eq!(Period::WEEK.elapsed_ns(), Some(7 * 86_400 * 1_000_000_000));
    /// assert_eq!(Period::MONTH.elapsed_ns(), None);
    /// ```
    pub const fn elapsed_ns(self) -> Option<i64> {
        match self.0 {
            Kind::Elapsed(length) => Some(length),
            // `max_count` keeps both products within i64.
            Kind::Calendar(Calendar::Days(count)) => Some(count * DAY),
            Kind::Calendar(Calendar::Weeks { count, .. }) => Some(count * 7 * DAY),
            Kind::Calendar(Calendar::Months(_)) => None,
        }
    }

    /// Returns the tiling of local time in `zone`: days, weeks, months and years start at local midnight.
    ///
    /// See [`Tiling`] for days of 23 and 25 hours, and midnights that do not exist.
    pub const fn in_zone(self, zone: Tz) -> Tiling {
        Tiling::in_zone(self, zone)
    }

    /// Returns the tile that holds `instant`, in UTC. See [`Tiling::tile`].
    pub fn tile(self, instant: i64, unit: TimeUnit) -> TimeSpan {
        Tiling::from(self).tile(instant, unit)
    }

    /// Returns the index of the tile that holds `instant`, in UTC. See [`Tiling::tile_of`].
    pub fn tile_of(self, instant: i64, unit: TimeUnit) -> i128 {
        Tiling::from(self).tile_of(instant, unit)
    }

    /// Returns the tile at `index`, in UTC. See [`Tiling::tile_at`].
    pub fn tile_at(self, index: i128) -> Option<TimeSpan> {
        Tiling::from(self).tile_at(index)
    }

    /// Returns the ticks of `unit` in the tile of `instant`, both ends included, in UTC. See [`Tiling::tile_ticks`].
    pub fn tile_ticks(self, instant: i64, unit: TimeUnit) -> RangeInclusive<i64> {
        Tiling::from(self).tile_ticks(instant, unit)
    }

    /// Iterates over the tiles that share an instant with `span`, in UTC. See [`Tiling::tiles`].
    pub fn tiles(self, span: TimeSpan) -> Tiles {
        Tiling::from(self).tiles(span)
    }
}

impl PeriodUnit {
    /// Returns the largest count a period of this unit can have.
    pub const fn max_count(self) -> u64 {
        let longest = match self {
            Self::Month | Self::Quarter | Self::Year => MAX_MONTHS,
            _ => i64::MAX,
        };
        (longest / self.size()).cast_unsigned()
    }

    /// Nanoseconds in UTC, or months for what consists of months.
    const fn size(self) -> i64 {
        match self {
            Self::Nanosecond | Self::Month => 1,
            Self::Microsecond => 1_000,
            Self::Millisecond => 1_000_000,
            Self::Second => SECOND,
            Self::Minute => MINUTE,
            Self::Hour => HOUR,
            Self::Day => DAY,
            Self::Week(_) => 7 * DAY,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    pub(crate) const fn plural(self) -> &'static str {
        match self {
            Self::Nanosecond => "nanoseconds",
            Self::Microsecond => "microseconds",
            Self::Millisecond => "milliseconds",
            Self::Second => "seconds",
            Self::Minute => "minutes",
            Self::Hour => "hours",
            Self::Day => "days",
            Self::Week(_) => "weeks",
            Self::Month => "months",
            Self::Quarter => "quarters",
            Self::Year => "years",
        }
    }
}

impl fmt::Display for PeriodUnit {
    /// Writes the canonical spelling, which reads the same in a [`Period`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nanosecond => "ns",
            Self::Microsecond => "us",
            Self::Millisecond => "ms",
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "d",
            Self::Week(Weekday::Mon) => "w",
            Self::Week(Weekday::Tue) => "W-TUE",
            Self::Week(Weekday::Wed) => "W-WED",
            Self::Week(Weekday::Thu) => "W-THU",
            Self::Week(Weekday::Fri) => "W-FRI",
            Self::Week(Weekday::Sat) => "W-SAT",
            Self::Week(Weekday::Sun) => "W-SUN",
            Self::Month => "mo",
            Self::Quarter => "q",
            Self::Year => "y",
        })
    }
}

impl fmt::Display for Period {
    /// Writes the canonical text: the largest unit that divides the period, such as `90s`, `2h`, `1W-SUN`, `1q`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = |length: i64, units: &[PeriodUnit]| {
            let unit = units.iter().copied().find(|unit| length % unit.size() == 0).unwrap_or(PeriodUnit::Nanosecond);
            (length / unit.size(), unit)
        };
        let (count, unit) = match self.0 {
            Kind::Elapsed(length) => largest(
                length,
                &[
                    PeriodUnit::Hour,
                    PeriodUnit::Minute,
                    PeriodUnit::Second,
                    PeriodUnit::Millisecond,
                    PeriodUnit::Microsecond,
                ],
            ),
            Kind::Calendar(Calendar::Days(count)) => (count, PeriodUnit::Day),
            Kind::Calendar(Calendar::Weeks { count, first }) => (count, PeriodUnit::Week(first)),
            Kind::Calendar(Calendar::Months(months)) => {
                largest(months, &[PeriodUnit::Year, PeriodUnit::Quarter, PeriodUnit::Month])
            }
        };
        f.pad(&format!("{count}{unit}"))
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Period({self})")
    }
}
