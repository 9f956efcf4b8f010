//! Random writes and random questions, as numbers: what they mean is said when the resolution is known.

use proptest::prelude::*;
use varvite_asset::{Edges, Interval, Resolution};
use varvite_time::{Instant, TimeUnit};

use super::naive::{Row, Write};

/// Names of regions, in order, some of which a path has to escape.
pub(crate) const REGIONS: [&str; 4] = ["", "a/b", "north", "é=1,2"];

/// Times near the ends of some intervals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    pub(crate) resolution: Resolution,
    pub(crate) origin: Instant,
    pub(crate) unit: TimeUnit,
}

/// A time: in which interval, and where in it.
pub(crate) type Place = (u8, u8, u32);

impl Grid {
    /// The interval `at` after that of the origin.
    pub(crate) fn interval(&self, at: u8) -> Interval {
        (0..at).fold(self.resolution.interval_at(self.origin), |interval, _| self.resolution.interval_at(interval.end))
    }

    /// A time that a column of the unit can hold.
    pub(crate) fn tick(&self, place: Place) -> Instant {
        Instant::new(self.instant(place).floor(self.unit), self.unit)
    }

    /// The first instant of an interval, its last one, the ones beside it, or any.
    pub(crate) fn instant(&self, (at, kind, rest): Place) -> Instant {
        let Interval { start, end } = self.interval(at);
        let length = end.as_ns() - start.as_ns();
        match kind % 6 {
            0 => start,
            1 => end.plus_ns(-1),
            2 => start.plus_ns(1),
            3 => start.plus_ns(length / 2),
            _ => start.plus_ns(length * i128::from(rest) / (1 << 32)),
        }
    }
}

/// A write as numbers.
#[derive(Debug, Clone)]
pub(crate) struct PlannedWrite {
    is_newer: bool,
    merges: bool,
    rows: Vec<(Place, u8, i8, bool)>,
    covering: Option<(u8, u8)>,
    region: u8,
}

pub(crate) fn places(intervals: u8) -> impl Strategy<Value = Place> {
    (0..intervals, any::<u8>(), any::<u32>())
}

pub(crate) fn writes(intervals: u8) -> impl Strategy<Value = PlannedWrite> {
    let row = (places(intervals), any::<u8>(), -3i8..4, any::<bool>());
    let covering = prop::option::weighted(0.4, (0..intervals, 1u8..6));
    (any::<bool>(), prop::bool::weighted(0.3), prop::collection::vec(row, 0..12), covering, any::<u8>()).prop_map(
        |(is_newer, merges, rows, covering, region)| PlannedWrite { is_newer, merges, rows, covering, region },
    )
}

impl PlannedWrite {
    /// What it writes; `versions` are 1, or 1 and 2.
    pub(crate) fn on(&self, grid: &Grid, is_keyed: bool, versions: u32) -> Write {
        let version = if self.is_newer { versions } else { 1 };
        let covering = self.covering.map(|(from, length)| Interval {
            start: grid.interval(from).start,
            end: grid.interval(from + length - 1).end,
        });
        let rows = self.rows.iter().map(|(place, region, value, is_extra)| Row {
            region: usize::from(*region) % REGIONS.len(),
            at: grid.tick(*place),
            value: i64::from(*value),
            extra: (*is_extra && version == 2).then_some(i64::from(*value) * 10),
        });
        let mut rows: Vec<Row> = rows.filter(|row| covering.is_none_or(|span| span.contains(row.at))).collect();
        // Sometimes the partition is named, and then all rows are its.
        let region = (is_keyed && (rows.is_empty() || self.region >= 200)).then_some(usize::from(self.region) % 4);
        if let Some(region) = region {
            for row in &mut rows {
                row.region = region;
            }
        }
        Write { version, merges: self.merges, rows, covering, region }
    }
}

/// A question as numbers.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) start: Option<Place>,
    pub(crate) end: Option<Place>,
    pub(crate) edges: Edges,
    pub(crate) region: Option<usize>,
    pub(crate) filter: u8,
    pub(crate) columns: u8,
    pub(crate) max_concurrent: usize,
    pub(crate) max_bytes: u64,
    pub(crate) tolerance: u32,
}

pub(crate) fn questions(intervals: u8) -> impl Strategy<Value = Question> {
    let end = || prop::option::weighted(0.85, places(intervals));
    let edges = prop::sample::select(vec![Edges::Clipped, Edges::Clipped, Edges::WholeIntervals, Edges::Closed]);
    let bytes = prop::sample::select(vec![0u64, 1, 500, 1 << 30]);
    let region = prop::option::weighted(0.3, 0..REGIONS.len());
    (end(), end(), edges, region, any::<u8>(), any::<u8>(), 1usize..6, bytes, 0u32..8).prop_map(
        |(start, end, edges, region, filter, columns, max_concurrent, max_bytes, tolerance)| Question {
            start,
            end,
            edges,
            region,
            filter,
            columns,
            max_concurrent,
            max_bytes,
            tolerance,
        },
    )
}

impl Question {
    /// Start and end in order.
    pub(crate) fn ends(&self, grid: &Grid) -> (Option<Instant>, Option<Instant>) {
        let (start, end) = (self.start.map(|place| grid.instant(place)), self.end.map(|place| grid.instant(place)));
        match (start, end) {
            (Some(start), Some(end)) if end < start => (Some(end), Some(start)),
            ends => ends,
        }
    }
}
