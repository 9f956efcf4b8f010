//! [`Interval`]: one interval of an asset, and the runs of intervals that a stretch of time needs.

use std::fmt;

use varvite_time::{Instant, TimeSpan, TimeUnit};

use crate::{Bound, Resolution, Span};

/// One interval of a resolution, `start..end`, half-open. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// First instant of it.
    pub start: Instant,
    /// First instant after it.
    pub end: Instant,
}

impl Interval {
    /// Whether `instant` lies in it.
    pub fn contains(&self, instant: Instant) -> bool {
        self.start <= instant && instant < self.end
    }

    /// The same stretch as a span.
    pub fn span(&self) -> TimeSpan {
        let ends = (Some(self.start.as_ns()), Some(self.end.as_ns()));
        TimeSpan::try_from_ns(ends.0, ends.1).unwrap_or(TimeSpan::ALL)
    }
}

impl From<Interval> for Span {
    fn from(interval: Interval) -> Self {
        Self { start: Bound::At(interval.start), end: Bound::At(interval.end) }
    }
}

impl Resolution {
    /// The interval that `instant` lies in: exactly one.
    pub fn interval_at(self, instant: Instant) -> Interval {
        // Intervals start at whole seconds.
        let tile = self.period().tile(instant.floor(TimeUnit::Second), TimeUnit::Second);
        Interval {
            start: tile.start_ns().map_or(instant, Instant::from_ns),
            end: tile.end_ns().map_or(instant, Instant::from_ns),
        }
    }

    /// The intervals that meet `span`, in order; none for an empty one. `None` if it is open: there is no end of them.
    pub fn intervals(self, span: TimeSpan) -> Option<impl Iterator<Item = Interval>> {
        let (start, end) = (Instant::from_ns(span.start_ns()?), Instant::from_ns(span.end_ns()?));
        let first = (start < end).then(|| self.interval_at(start));
        Some(std::iter::successors(first, move |interval| {
            let next = self.interval_at(interval.end);
            (next.start < end && next.start > interval.start).then_some(next)
        }))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn starts(resolution: &str, span: &str) -> Vec<String> {
        let resolution: Resolution = resolution.parse().unwrap();
        let intervals = resolution.intervals(span.parse().unwrap()).unwrap();
        intervals.map(|interval| interval.start.to_string()).collect()
    }

    #[test]
    fn a_stretch_needs_every_interval_that_meets_it() {
        assert_eq!(starts("1d", "2025-01-01T23:00..2025-01-03T00:00").len(), 2);
        assert_eq!(starts("1d", "2025-01-01T23:00..2025-01-03T00:01").len(), 3);
        assert_eq!(starts("1M", "2025-01-31..2025-02-01"), ["2025-01-01T00:00:00Z"]);
        assert_eq!(starts("1d", "2025-01-01..2025-01-01"), Vec::<String>::new());
        assert!("1d".parse::<Resolution>().unwrap().intervals("2025-01-01..".parse().unwrap()).is_none());
    }
}
