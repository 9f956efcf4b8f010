//! Fields of the newest interval: which one that is.

use varvite_time::Instant;

use super::Intervals;
use super::stretches::whole_intervals;
use crate::{Coverage, Interval, Resolution};

/// The newest interval, or where it was looked for.
pub(super) struct Newest {
    pub(super) interval: Option<Interval>,
    /// From the earliest interval that would do to the end of the one that holds the moment of the fetch.
    looked_in: Interval,
}

/// The newest interval that was written, from the one that holds `now` on back, by up to `tolerance`. Costs the same
/// however large the tolerance is.
pub(super) fn newest<'a>(
    coverages: impl Iterator<Item = &'a Coverage>,
    resolution: Resolution,
    now: Instant,
    tolerance: u32,
) -> Newest {
    let current = resolution.interval_at(now);
    let newest_of = |coverage: &Coverage| {
        let runs: Vec<Interval> = coverage.runs().collect();
        let run = whole_intervals(&runs, resolution).into_iter().rev().find(|run| run.start <= current.start)?;
        Some(if run.end > current.start { current } else { resolution.interval_at(run.end.plus_ns(-1)) })
    };
    let earliest = resolution.index(now) - i128::from(tolerance);
    let interval = coverages.filter_map(newest_of).max().filter(|found| resolution.index(found.start) >= earliest);
    let start = resolution.period().tile_at(earliest).and_then(|tile| tile.start_ns()).map(Instant::from_ns);
    Newest { interval, looked_in: Interval { start: start.unwrap_or(current.start), end: current.end } }
}

impl Newest {
    /// What is said where there is none.
    pub(super) fn none_in(&self, resolution: Resolution) -> Intervals {
        Intervals {
            expected: Some(1),
            gaps: super::gaps::gaps(&[], self.looked_in, resolution),
            ..Intervals::default()
        }
    }
}
