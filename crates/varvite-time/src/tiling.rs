//! The one tiling: which interval of the time line an instant lies in.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono_tz::Tz;

use crate::calendar::Calendar;
use crate::error::Error;
use crate::line::{DAY_NS, END, FIRST, SECOND_NS};
use crate::period::{Kind, Period};
use crate::zone;
use crate::{TimeSpan, TimeUnit};

/// A period laid over the time line, in UTC or in a named zone.
///
/// Every instant lies in exactly one tile. Tiles are half-open, `start..end`; the end of one is the start of the next.
/// This holds before 1970, on leap days, and at both ends of `i64` in every unit; only the first and the last tile of
/// all, hundreds of billions of years away, are open-ended.
///
/// Tiles have an index, which ascends with time: two instants, whatever their units, lie in the same tile if and only if
/// their indices are equal. Index 0 is the tile that [`Period`]'s table counts from.
///
/// # Zones
/// With a zone, days, weeks, months, quarters and years start at local midnight. A local day has 23, 24 or 25 hours.
/// - Where a midnight is skipped, the day starts at the first instant after it.
/// - Where it comes twice, the day starts at the first of the two.
/// - A day that a zone skipped altogether (Samoa, 30 December 2011) is an empty tile: it has an index and no instant,
///   and [`tiles`](Self::tiles) passes over it.
///
/// Hours and shorter periods are elapsed time: they count from the epoch in every zone, so that an hour is an hour on
/// the night clocks change. They start at a local quarter or half past in zones such as `Asia/Kathmandu`.
///
/// Rules are those of the IANA database in chrono-tz; before the first and after the last of them (in 2100 at the
/// latest) a zone keeps one fixed offset.
///
/// # Text
/// The period, and the zone after an `@`: `1d`, `1d@Europe/Berlin`.
///
/// # Examples
/// ```
/// use varvite_time::{Period, TimeUnit, chrono_tz, parse_instant};
///
/// let days = Period::DAY.in_zone(chrono_tz::Europe::Berlin);
/// let noon = parse_instant("2024-03-31T12:00+02:00", TimeUnit::Second)?;
/// let short = days.tile(noon, TimeUnit::Second);
/// assert_eq!(short.to_string(), "2024-03-30T23:00:00Z..2024-03-31T22:00:00Z");
/// assert_eq!(short.num_seconds(), Some(23 * 3600));
/// assert_eq!("1d@Europe/Berlin".parse(), Ok(days));
/// # Ok::<(), varvite_time::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tiling {
    period: Period,
    zone: Option<Tz>,
}

impl Tiling {
    /// Makes the tiling of UTC by `period`.
    pub const fn utc(period: Period) -> Self {
        Self { period, zone: None }
    }

    /// Makes the tiling of local time in `zone` by `period`.
    pub const fn in_zone(period: Period, zone: Tz) -> Self {
        Self { period, zone: Some(zone) }
    }

    /// Returns the period.
    pub const fn period(&self) -> Period {
        self.period
    }

    /// Returns the zone, or `None` for UTC.
    pub const fn zone(&self) -> Option<Tz> {
        self.zone
    }

    /// Returns the index of the tile that holds `instant`.
    ///
    /// In UTC, a period of elapsed time or days that is a multiple of `unit` costs one 64-bit division.
    ///
    /// # Examples
    /// ```
    /// use varvite_time::{Period, TimeUnit};
    /// assert_eq!(Period::DAY.tile_of(-1, TimeUnit::Second), -1);
    /// assert_eq!(Period::DAY.tile_of(0, TimeUnit::Second), 0);
    /// assert_eq!(Period::DAY.tile_of(86_400_000, TimeUnit::Millisecond), 1);
    /// ```
    pub fn tile_of(&self, instant: i64, unit: TimeUnit) -> i128 {
        let tick = unit.nanoseconds();
        let length = match (self.period.0, self.zone) {
            (Kind::Elapsed(length), _) => length,
            (Kind::Calendar(Calendar::Days(count)), None) => count * TimeUnit::Day.nanoseconds(),
            _ => return self.index_of_ns(unit.to_ns(instant)),
        };
        if length % tick == 0 {
            instant.div_euclid(length / tick).into()
        } else {
            unit.to_ns(instant).div_euclid(length.into())
        }
    }

    /// Returns the tile that holds `instant`.
    ///
    /// It is never empty. Of a period finer than `unit`, it holds this one tick.
    pub fn tile(&self, instant: i64, unit: TimeUnit) -> TimeSpan {
        self.span_at(self.tile_of(instant, unit))
    }

    /// Returns the ticks of `unit` that lie in the tile of `instant`, both ends included.
    ///
    /// To cut a sorted column into tiles, cut after the last tick of the first value's tile, and go on from there.
    ///
    /// # Examples
    /// ```
    /// use varvite_time::{Period, TimeUnit};
    /// let seconds = [0, 3_599, 3_600, 3_601, 90_000];
    /// let first_tile = Period::HOUR.tile_ticks(seconds[0], TimeUnit::Second);
    /// assert_eq!(first_tile, 0..=3_599);
    /// assert_eq!(seconds.partition_point(|second| second <= first_tile.end()), 2);
    /// ```
    pub fn tile_ticks(&self, instant: i64, unit: TimeUnit) -> RangeInclusive<i64> {
        // The tile holds `instant`, so there is always a tick to return.
        self.tile(instant, unit).ticks(unit).unwrap_or(instant..=instant)
    }

    /// Returns the tile at `index`, or `None` where no instant of any unit reaches.
    ///
    /// The tile is empty only where a zone skipped it.
    pub fn tile_at(&self, index: i128) -> Option<TimeSpan> {
        let reach = self.index_of_ns(FIRST)..=self.index_of_ns(END - 1);
        reach.contains(&index).then(|| self.span_at(index))
    }

    /// Iterates over the tiles that share an instant with `span`, in order, from either end. They are whole tiles; see
    /// [`TimeSpan::split_by`] for clipped ones. An empty span has none. The tiles of an open span are many: take what
    /// is needed.
    ///
    /// # Examples
    /// ```
    /// use varvite_time::{Period, TimeSpan};
    /// let span: TimeSpan = "2024-01-31..2024-03-01T00:00:01".parse()?;
    /// let months: Vec<String> = Period::MONTH.tiles(span).map(|month| month.to_string()).collect();
    /// assert_eq!(months, [
    ///     "2024-01-01T00:00:00Z..2024-02-01T00:00:00Z",
    ///     "2024-02-01T00:00:00Z..2024-03-01T00:00:00Z",
    ///     "2024-03-01T00:00:00Z..2024-04-01T00:00:00Z",
    /// ]);
    /// # Ok::<(), varvite_time::Error>(())
    /// ```
    pub fn tiles(&self, span: TimeSpan) -> Tiles {
        let (next, last) =
            if span.is_empty() { (1, 0) } else { (self.index_of_ns(span.lower()), self.index_of_ns(span.upper() - 1)) };
        Tiles { tiling: *self, next, last }
    }

    fn index_of_ns(&self, ns: i128) -> i128 {
        match (self.period.0, self.zone) {
            (Kind::Elapsed(length), _) => ns.div_euclid(length.into()),
            (Kind::Calendar(calendar), None) => calendar.index_of(ns.div_euclid(DAY_NS)),
            (Kind::Calendar(calendar), Some(zone)) => {
                // The clocks tell the tile, except where midnight comes twice or a whole day is skipped.
                let mut index = calendar.index_of(zone::local_day(zone, ns.div_euclid(SECOND_NS)));
                while self.start_ns(index) > ns {
                    index -= 1;
                }
                while self.start_ns(index + 1) <= ns {
                    index += 1;
                }
                index
            }
        }
    }

    /// Start of the tile at `index`; it may lie before the line.
    fn start_ns(&self, index: i128) -> i128 {
        match (self.period.0, self.zone) {
            (Kind::Elapsed(length), _) => index * i128::from(length),
            (Kind::Calendar(calendar), None) => calendar.first_day(index) * DAY_NS,
            (Kind::Calendar(calendar), Some(zone)) => zone::day_start(zone, calendar.first_day(index)) * SECOND_NS,
        }
    }

    /// `index` is that of a tile on the line.
    fn span_at(&self, index: i128) -> TimeSpan {
        TimeSpan::clipped(self.start_ns(index), self.start_ns(index + 1))
    }
}

impl From<Period> for Tiling {
    fn from(period: Period) -> Self {
        Self::utc(period)
    }
}

impl fmt::Display for Tiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.zone {
            None => write!(f, "{}", self.period),
            Some(zone) => write!(f, "{}@{zone}", self.period),
        }
    }
}

impl FromStr for Tiling {
    type Err = Error;

    /// Reads a period, and perhaps `@` and the name of a zone.
    ///
    /// # Errors
    /// Those of [`Period`], and [`Error::UnknownZone`].
    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((period, name)) = text.split_once('@') else {
            return Ok(Self::utc(text.parse()?));
        };
        let zone = name.parse().map_err(|_| Error::UnknownZone { name: name.to_owned() })?;
        Ok(Self::in_zone(period.parse()?, zone))
    }
}

/// Tiles in order. See [`Tiling::tiles`].
#[derive(Debug, Clone)]
pub struct Tiles {
    tiling: Tiling,
    next: i128,
    /// Included; below `next` once there are no more.
    last: i128,
}

impl Iterator for Tiles {
    type Item = TimeSpan;

    fn next(&mut self) -> Option<TimeSpan> {
        while self.next <= self.last {
            let tile = self.tiling.span_at(self.next);
            self.next += 1;
            if !tile.is_empty() {
                return Some(tile);
            }
        }
        None
    }
}

impl DoubleEndedIterator for Tiles {
    fn next_back(&mut self) -> Option<TimeSpan> {
        while self.next <= self.last {
            let tile = self.tiling.span_at(self.last);
            self.last -= 1;
            if !tile.is_empty() {
                return Some(tile);
            }
        }
        None
    }
}

impl std::iter::FusedIterator for Tiles {}
