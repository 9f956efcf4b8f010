//! A half-open stretch of the time line.

use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use crate::error::Error;
use crate::instant::{Rfc3339, parse_ns};
use crate::line::{END, FIRST, SECOND_NS, div_ceil};
use crate::tiling::Tiling;
use crate::unit::TimeUnit;

/// The instants from `start`, included, to `end`, excluded; either side may be open.
///
/// A span has no unit: its ends are UTC nanoseconds in 128 bits, so the spans of a millisecond column and of a
/// nanosecond column compare and intersect without loss. Ask for the ticks of a unit with [`ticks`](Self::ticks).
///
/// The text is `start..end`, each as RFC 3339, left out where open: `2013-01-01T00:00:00Z..`.
///
/// # Examples
/// ```
/// use varvite_time::{Period, TimeSpan, TimeUnit, parse_instant};
///
/// let january: TimeSpan = "2013-01-01..2013-02-01".parse()?;
/// assert_eq!(january.to_string(), "2013-01-01T00:00:00Z..2013-02-01T00:00:00Z");
/// assert_eq!(january.split_by(Period::DAY).count(), 31);
///
/// let last = parse_instant("2013-01-31T23:59:59", TimeUnit::Second)?;
/// assert!(january.contains(last, TimeUnit::Second));
/// assert!(!january.contains(last + 1, TimeUnit::Second));
/// assert_eq!(january.ticks(TimeUnit::Second).map(|ticks| *ticks.end()), Some(last));
/// # Ok::<(), varvite_time::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "interval")]
#[doc(alias = "range")]
pub struct TimeSpan {
    /// Within `FIRST..=END`, not above `upper`; `FIRST` is open.
    lower: i128,
    /// Within `FIRST..=END`; `END` is open.
    upper: i128,
}

impl TimeSpan {
    /// All of time: open on both sides.
    pub const ALL: Self = Self { lower: FIRST, upper: END };

    /// Makes the span of `ticks`, a half-open range of instants of `unit`. It is empty where the ends are equal.
    ///
    /// # Errors
    /// [`Error::EndBeforeStart`].
    pub fn try_new(ticks: Range<i64>, unit: TimeUnit) -> Result<Self, Error> {
        Self::ordered(unit.to_ns(ticks.start), unit.to_ns(ticks.end))
    }

    /// Makes the span of UTC nanoseconds since the epoch; `None` is open.
    ///
    /// # Errors
    /// [`Error::EndBeforeStart`], and [`Error::OutOfRange`] for an end that not even days reach in 64 bits.
    pub fn try_from_ns(start: Option<i128>, end: Option<i128>) -> Result<Self, Error> {
        Self::ordered(on_line(start.unwrap_or(FIRST))?, on_line(end.unwrap_or(END))?)
    }

    /// Makes the span from `start` on, open at its end.
    pub fn since(start: i64, unit: TimeUnit) -> Self {
        Self { lower: unit.to_ns(start), upper: END }
    }

    /// Makes the span of everything before `end`.
    pub fn before(end: i64, unit: TimeUnit) -> Self {
        Self { lower: FIRST, upper: unit.to_ns(end) }
    }

    /// Makes the smallest span that holds all ticks of `unit` from `min` to `max`, both included: it ends one tick after
    /// the larger one. The order of the two does not matter.
    pub fn covering(min: i64, max: i64, unit: TimeUnit) -> Self {
        let (min, max) = (min.min(max), min.max(max));
        Self { lower: unit.to_ns(min), upper: unit.to_ns(max) + i128::from(unit.nanoseconds()) }
    }

    /// Makes `start..end` of what of it lies on the line.
    pub(crate) fn clipped(start: i128, end: i128) -> Self {
        Self { lower: start.clamp(FIRST, END), upper: end.clamp(FIRST, END) }
    }

    /// Returns the start in UTC nanoseconds since the epoch, included; `None` is open.
    pub fn start_ns(&self) -> Option<i128> {
        (self.lower != FIRST).then_some(self.lower)
    }

    /// Returns the end in UTC nanoseconds since the epoch, excluded; `None` is open.
    pub fn end_ns(&self) -> Option<i128> {
        (self.upper != END).then_some(self.upper)
    }

    /// Returns whether no instant lies in the span.
    pub fn is_empty(&self) -> bool {
        self.lower == self.upper
    }

    /// Returns the length in whole seconds, rounded down; `None` where a side is open.
    pub fn num_seconds(&self) -> Option<i128> {
        Some((self.end_ns()? - self.start_ns()?).div_euclid(SECOND_NS))
    }

    /// Returns whether `instant` lies in the span.
    pub fn contains(&self, instant: i64, unit: TimeUnit) -> bool {
        (self.lower..self.upper).contains(&unit.to_ns(instant))
    }

    /// Returns whether every instant of `other` lies in this span. Every span contains an empty one.
    pub fn contains_span(&self, other: Self) -> bool {
        other.is_empty() || (self.lower <= other.lower && other.upper <= self.upper)
    }

    /// Returns the instants that lie in both, or `None` where there are none.
    pub fn intersect(&self, other: Self) -> Option<Self> {
        let (lower, upper) = (self.lower.max(other.lower), self.upper.min(other.upper));
        (lower < upper).then_some(Self { lower, upper })
    }

    /// Returns the ticks of `unit` that lie in the span, both ends included, or `None` where there are none.
    ///
    /// Both ends are included because the tick after `i64::MAX` has no number. An open side reaches to the end of `i64`.
    pub fn ticks(&self, unit: TimeUnit) -> Option<RangeInclusive<i64>> {
        let tick = i128::from(unit.nanoseconds());
        let first = div_ceil(self.lower, tick).max(i64::MIN.into());
        let last = (div_ceil(self.upper, tick) - 1).min(i64::MAX.into());
        // A span off the `i64` range of this unit fails one of the conversions, as its first tick is above its last.
        (first <= last).then(|| Some(i64::try_from(first).ok()?..=i64::try_from(last).ok()?)).flatten()
    }

    /// Cuts the span at the starts of tiles: the pieces are in order, not empty, and make up the span. They are lazily
    /// made, from either end.
    ///
    /// # Examples
    /// ```
    /// use varvite_time::{Period, TimeSpan};
    /// let span: TimeSpan = "2024-02-28T12:00..2024-03-01".parse()?;
    /// let days: Vec<String> = span.split_by(Period::DAY).map(|day| day.to_string()).collect();
    /// assert_eq!(days, [
    ///     "2024-02-28T12:00:00Z..2024-02-29T00:00:00Z",
    ///     "2024-02-29T00:00:00Z..2024-03-01T00:00:00Z",
    /// ]);
    /// # Ok::<(), varvite_time::Error>(())
    /// ```
    pub fn split_by<T: Into<Tiling>>(self, tiling: T) -> impl DoubleEndedIterator<Item = Self> + Clone + use<T> {
        tiling.into().tiles(self).filter_map(move |tile| tile.intersect(self))
    }

    pub(crate) fn lower(&self) -> i128 {
        self.lower
    }

    pub(crate) fn upper(&self) -> i128 {
        self.upper
    }

    fn ordered(lower: i128, upper: i128) -> Result<Self, Error> {
        if lower <= upper {
            return Ok(Self { lower, upper });
        }
        Err(Error::EndBeforeStart { start: Rfc3339(lower).to_string(), end: Rfc3339(upper).to_string() })
    }
}

fn on_line(ns: i128) -> Result<i128, Error> {
    if (FIRST..=END).contains(&ns) {
        return Ok(ns);
    }
    Err(Error::OutOfRange { text: format!("{ns}ns"), unit: TimeUnit::Day })
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(start) = self.start_ns() {
            write!(f, "{}", Rfc3339(start))?;
        }
        f.write_str("..")?;
        self.end_ns().map_or(Ok(()), |end| write!(f, "{}", Rfc3339(end)))
    }
}

impl fmt::Debug for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeSpan({self})")
    }
}

impl FromStr for TimeSpan {
    type Err = Error;

    /// Reads `start..end`; each end as [`parse_instant`](crate::parse_instant) does, to the nanosecond, or nothing.
    ///
    /// # Errors
    /// [`Error::BadSpan`] without `..`, [`Error::BadInstant`] and [`Error::OutOfRange`] for an end that cannot be read,
    /// [`Error::EndBeforeStart`].
    fn from_str(text: &str) -> Result<Self, Error> {
        let (start, end) = text.split_once("..").ok_or_else(|| Error::BadSpan { text: text.to_owned() })?;
        let read = |end: &str| if end.is_empty() { Ok(None) } else { parse_ns(end).map(Some) };
        let (start, end) = (read(start)?, read(end)?);
        Self::ordered(start.unwrap_or(FIRST), end.unwrap_or(END))
    }
}
