//! Periods, time spans, and the one tiling of the time line.
//!
//! Row groups by the day, assets by the hour, features by the week: wherever varvite cuts time, it cuts it here. A
//! [`Period`] is a length with a text, such as `15min` or `1mo`. Laid over the time line it is a [`Tiling`]: every
//! instant lies in exactly one half-open tile `start..end`, before 1970 as after it, and up to the ends of 64 bits. A
//! tile is a [`TimeSpan`], which contains, intersects, splits and has a text of its own.
//!
//! ```
//! use varvite_time::{Period, TimeSpan, TimeUnit, format_instant, parse_instant};
//!
//! // An instant is an `i64` that counts a unit since the epoch, as in an Arrow column.
//! let unit = TimeUnit::Millisecond;
//! let trade = parse_instant("2013-01-31T23:59:59.250+01:00", unit)?;
//! assert_eq!(format_instant(trade, unit), "2013-01-31T22:59:59.250Z");
//!
//! // It lies in one tile of each period.
//! let week: Period = "1w".parse()?;
//! assert_eq!(week.tile(trade, unit).to_string(), "2013-01-28T00:00:00Z..2013-02-04T00:00:00Z");
//!
//! // Two instants lie in the same tile if and only if the indices are equal, whatever their units.
//! assert_eq!(week.tile_of(trade, unit), week.tile_of(trade / 1000, TimeUnit::Second));
//!
//! // A span is cut where tiles start.
//! let span: TimeSpan = "2013-01-31T22:00..2013-02-01T01:30".parse()?;
//! let hours: Vec<TimeSpan> = span.split_by(Period::HOUR).collect();
//! assert_eq!(hours.len(), 4);
//! assert_eq!(hours[3].to_string(), "2013-02-01T01:00:00Z..2013-02-01T01:30:00Z");
//!
//! // Local days are asked for by zone; nothing else knows of zones.
//! let tokyo = Period::DAY.in_zone(varvite_time::chrono_tz::Asia::Tokyo);
//! assert_eq!(tokyo.tile(trade, unit).to_string(), "2013-01-31T15:00:00Z..2013-02-01T15:00:00Z");
//! # Ok::<(), varvite_time::Error>(())
//! ```
//!
//! # What is deliberately absent
//! - A type for the instants of columns: they hold integers, and so do we; the unit is said at each call. [`Instant`] is
//!   for comparing across units.
//! - Rounding: an instant that does not fit its unit is refused.
//! - Arithmetic such as "one month later": tiles are found, not stepped to.
//! - Business calendars, and periods that are named by their end.

mod calendar;
mod civil;
mod error;
mod instant;
mod line;
mod parse;
mod period;
mod point;
#[cfg(feature = "serde")]
mod serde_text;
mod span;
mod tiling;
mod unit;
mod zone;

pub use chrono;
pub use chrono_tz;

pub use error::Error;
pub use instant::{format_instant, parse_instant};
pub use period::{Period, PeriodUnit};
pub use point::Instant;
pub use span::TimeSpan;
pub use tiling::{Tiles, Tiling};
pub use unit::TimeUnit;
