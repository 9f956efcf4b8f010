//! What a catalog is, written for reading: rows in vectors, and sets of intervals.

use std::collections::{BTreeMap, BTreeSet};

use varvite_asset::{Edges, Interval, Resolution};
use varvite_time::{Instant, TimeSpan};

/// A row. Those of a partition are compared as sets: the order of rows of one time is nobody's promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) region: usize,
    pub(crate) at: Instant,
    pub(crate) value: i64,
    pub(crate) extra: Option<i64>,
}

/// A write, whose rows lie in what it covers.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) version: u32,
    pub(crate) merges: bool,
    pub(crate) rows: Vec<Row>,
    /// Whole intervals, start and end.
    pub(crate) covering: Option<Interval>,
    /// The partition, where it is said.
    pub(crate) region: Option<usize>,
}

/// What one partition of one version holds.
#[derive(Debug, Clone, Default)]
struct Held {
    covered: BTreeSet<Interval>,
    rows: Vec<Row>,
}

/// A partition over all versions that are asked for.
struct Line {
    partition: Option<usize>,
    /// The first interval that was written, ever.
    first: Option<Interval>,
    taken: BTreeSet<Interval>,
}

impl Line {
    /// Which of these intervals it lacks: a partition is expected from its first one on.
    fn lacks(&self, intervals: &[Interval]) -> Vec<Interval> {
        let is_expected = |interval: &&Interval| self.first.is_some_and(|first| first <= **interval);
        intervals.iter().filter(is_expected).filter(|interval| !self.taken.contains(*interval)).copied().collect()
    }
}

/// An asset.
#[derive(Debug, Clone)]
pub(crate) struct Naive {
    resolution: Resolution,
    /// Whether the region is a partition key.
    is_keyed: bool,
    held: BTreeMap<u32, BTreeMap<Option<usize>, Held>>,
}

/// What a field asks for.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'a> {
    pub(crate) start: Option<Instant>,
    pub(crate) end: Option<Instant>,
    pub(crate) edges: Edges,
    /// Newest first.
    pub(crate) versions: &'a [u32],
    pub(crate) region: Option<usize>,
}

/// What it should get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) rows: Vec<Row>,
    /// Which intervals were written in any partition.
    pub(crate) written: BTreeSet<Interval>,
    /// How many the range has, if it has both ends.
    pub(crate) in_range: Option<u64>,
    /// Which of them a partition lacks that has begun by then, or all.
    pub(crate) missing: Vec<Interval>,
    /// Those that no partition has.
    pub(crate) unwritten: Vec<Interval>,
    /// Which partitions lack something.
    pub(crate) lacking: BTreeMap<usize, Vec<Interval>>,
}

impl Naive {
    pub(crate) fn new(resolution: Resolution, is_keyed: bool) -> Self {
        Self { resolution, is_keyed, held: BTreeMap::new() }
    }

    fn all_of(&self, span: Interval) -> Vec<Interval> {
        self.resolution.intervals(span.span()).unwrap().collect()
    }

    pub(crate) fn write(&mut self, write: &Write) {
        let partition = |region: usize| self.is_keyed.then_some(region);
        let mut parts: BTreeMap<Option<usize>, Vec<Row>> = BTreeMap::new();
        for row in &write.rows {
            parts.entry(partition(row.region)).or_default().push(*row);
        }
        // A write without rows has the partition that it names, or the only one.
        if let (true, Some(_)) = (parts.is_empty(), write.covering) {
            parts.insert(write.region, Vec::new());
        }
        for (partition, rows) in parts {
            let covered: BTreeSet<Interval> = match write.covering {
                Some(span) => self.all_of(span).into_iter().collect(),
                None => rows.iter().map(|row| self.resolution.interval_at(row.at)).collect(),
            };
            let held = self.held.entry(write.version).or_default().entry(partition).or_default();
            if write.merges {
                for row in rows {
                    if !held.rows.contains(&row) {
                        held.rows.push(row);
                    }
                }
            } else {
                held.rows.retain(|row| !covered.contains(&self.resolution.interval_at(row.at)));
                held.rows.extend(rows);
            }
            held.covered.extend(covered);
        }
    }

    pub(crate) fn has_version(&self, version: u32) -> bool {
        self.held.contains_key(&version)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The range in nanoseconds, its end excluded.
    fn ends(&self, asked: &Asked<'_>) -> (Option<i128>, Option<i128>) {
        let (start, end) = (asked.start.map(Instant::as_ns), asked.end.map(Instant::as_ns));
        let closed = |end: i128| if asked.edges == Edges::Closed { end + 1 } else { end };
        let end = end.map(closed);
        if asked.edges != Edges::WholeIntervals || start.zip(end).is_some_and(|(start, end)| start == end) {
            return (start, end);
        }
        let at = |ns: i128| self.resolution.interval_at(Instant::from_ns(ns));
        (start.map(|ns| at(ns).start.as_ns()), end.map(|ns| at(ns - 1).end.as_ns()))
    }

    pub(crate) fn fetch(&self, asked: &Asked<'_>, wanted: impl Fn(&Row) -> bool) -> Expected {
        let (start, end) = self.ends(asked);
        let is_empty = start.zip(end).is_some_and(|(start, end)| start >= end);
        let holds = |at: i128| start.is_none_or(|start| start <= at) && end.is_none_or(|end| at < end);
        let meets = |interval: &Interval| {
            !is_empty
                && start.is_none_or(|start| start < interval.end.as_ns())
                && end.is_none_or(|end| interval.start.as_ns() < end)
        };
        let partitions: BTreeSet<Option<usize>> = self.held.values().flat_map(|parts| parts.keys().copied()).collect();
        let (mut rows, mut written, mut lines) = (Vec::new(), BTreeSet::new(), Vec::new());
        for partition in partitions.into_iter().filter(|key| asked.region.is_none() || *key == asked.region) {
            let mut taken: BTreeSet<Interval> = BTreeSet::new();
            for version in asked.versions {
                let Some(held) = self.held.get(version).and_then(|parts| parts.get(&partition)) else { continue };
                let new: BTreeSet<Interval> = held
                    .covered
                    .iter()
                    .copied()
                    .filter(|interval| meets(interval) && !taken.contains(interval))
                    .collect();
                let is_taken = |row: &&Row| new.contains(&self.resolution.interval_at(row.at)) && holds(row.at.as_ns());
                rows.extend(held.rows.iter().filter(is_taken).filter(|row| wanted(row)));
                taken.extend(new);
            }
            let held = asked.versions.iter().filter_map(|version| self.held.get(version)?.get(&partition));
            let first = held.filter_map(|held| held.covered.first()).min().copied();
            written.extend(taken.iter().copied());
            lines.push(Line { partition, first, taken });
        }
        rows.sort_unstable();
        let all = start.zip(end).map(|(start, end)| {
            let span = TimeSpan::try_from_ns(Some(start), Some(end)).unwrap();
            self.resolution.intervals(span).unwrap().collect::<Vec<_>>()
        });
        let in_range = all.as_ref().map(|all| all.len() as u64);
        let all = self.told(all, (start, end), &written);
        let lacking = lines.iter().filter_map(|line| Some((line.partition?, line.lacks(&all))));
        let lacking = lacking.filter(|(_, lacks)| !lacks.is_empty()).collect();
        let is_missing = |interval: &Interval| {
            !written.contains(interval) || lines.iter().any(|line| !line.lacks(&[*interval]).is_empty())
        };
        let missing = all.iter().copied().filter(is_missing).collect();
        let unwritten = all.iter().copied().filter(|interval| !written.contains(interval)).collect();
        Expected { rows, written, in_range, missing, unwritten, lacking }
    }

    /// The intervals that are told of, found or missing. Open sides of a range end with what was written.
    fn told(
        &self,
        all: Option<Vec<Interval>>,
        (start, end): (Option<i128>, Option<i128>),
        written: &BTreeSet<Interval>,
    ) -> Vec<Interval> {
        all.unwrap_or_else(|| {
            let at = |ns: i128| self.resolution.interval_at(Instant::from_ns(ns));
            let start = start.map(|ns| at(ns).start).or(written.first().map(|first| first.start));
            let end = end.map(|ns| at(ns - 1).end).or(written.last().map(|last| last.end));
            let ends = start.zip(end).filter(|(start, end)| start < end);
            ends.map(|(start, end)| self.all_of(Interval { start, end })).unwrap_or_default()
        })
    }

    /// The newest interval that was written, from the one that holds `now`, by up to `tolerance` back.
    pub(crate) fn latest(
        &self,
        versions: &[u32],
        region: Option<usize>,
        now: Instant,
        tolerance: u32,
    ) -> Option<Interval> {
        let mut interval = self.resolution.interval_at(now);
        for _ in 0..=tolerance {
            let is_written = versions
                .iter()
                .filter_map(|version| self.held.get(version))
                .flatten()
                .any(|(key, held)| (region.is_none() || *key == region) && held.covered.contains(&interval));
            if is_written {
                return Some(interval);
            }
            interval = self.resolution.interval_at(interval.start.plus_ns(-1));
        }
        None
    }
}
