//! [`Intervals`] of a feature asset: what was written, and what is missing.

use std::collections::BTreeMap;

use varvite_time::{Instant, TimeSpan};

use super::Intervals;
use super::feature::{Keys, Taken, interval_of, names};
use super::gaps::{Line, begins, gaps, written_by_any};
use super::stretches::{joined, whole_intervals, without};
use crate::{Gaps, Interval, Resolution};

/// Which intervals there are. One of which a part was written is missing; its rows are read.
pub(super) fn intervals(taken: &[Taken], whole: TimeSpan, resolution: Resolution) -> Intervals {
    let groups = groups(taken, resolution);
    let any: Vec<Vec<Interval>> = groups.iter().map(|lines| written_by_any(lines)).collect();
    let hull = hull(whole, &joined(any.concat(), &[]));
    let gaps = hull.map_or_else(Gaps::default, |hull| gaps(&groups, hull, resolution));
    let expected = if whole.is_empty() { Some(0) } else { interval_of(whole).map(|whole| resolution.count(whole)) };
    let found = hull.map_or(0, |hull| resolution.count(hull)).saturating_sub(gaps.count);
    Intervals { expected, found, written: written(taken), gaps }
}

/// What any partition has, from the newest version that has it.
fn written(taken: &[Taken]) -> Vec<(Interval, u32)> {
    let mut all: Vec<Interval> = Vec::new();
    let mut written: Vec<(Interval, u32)> = Vec::new();
    for of_version in taken.chunk_by(|one, next| one.version == next.version) {
        let stretches = of_version.iter().flat_map(|taken| taken.stretches.iter().copied()).collect();
        let new = without(&joined(stretches, &[]), &all);
        written.extend(new.iter().map(|stretch| (*stretch, of_version[0].version)));
        all = joined(all, &new);
    }
    written.sort_unstable();
    written
}

/// The partitions over all versions, by the names of their keys: those of the newest version first, each group in order of
/// the keys.
fn groups<'a>(taken: &[Taken<'a>], resolution: Resolution) -> Vec<Vec<Line<'a>>> {
    let mut groups: Vec<(Vec<&str>, BTreeMap<&Keys, Line>)> = Vec::new();
    for of_version in taken.chunk_by(|one, next| one.version == next.version) {
        for Taken { partition, stretches, .. } in of_version {
            let names = names(&partition.keys);
            let at = groups.iter().position(|group| group.0 == names).unwrap_or_else(|| {
                groups.push((names, BTreeMap::new()));
                groups.len() - 1
            });
            let keys = partition.keys.as_slice();
            let line = groups[at].1.entry(keys).or_insert_with(|| Line { keys, begins: None, written: Vec::new() });
            let begins = begins(&partition.coverage, resolution);
            line.begins = line.begins.into_iter().chain(begins).min();
            line.written = if line.written.is_empty() {
                stretches.clone()
            } else {
                joined(std::mem::take(&mut line.written), stretches)
            };
        }
    }
    let mut groups: Vec<Vec<Line>> = groups.into_iter().map(|group| group.1.into_values().collect()).collect();
    for line in groups.iter_mut().flatten() {
        line.written = whole_intervals(&line.written, resolution);
    }
    groups
}

/// The stretch in which gaps can be told: open sides end with what was written.
fn hull(whole: TimeSpan, written: &[Interval]) -> Option<Interval> {
    let start = whole.start_ns().map(Instant::from_ns).or(written.first().map(|run| run.start))?;
    let end = whole.end_ns().map(Instant::from_ns).or(written.last().map(|run| run.end))?;
    (start < end).then_some(Interval { start, end })
}
