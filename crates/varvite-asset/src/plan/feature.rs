//! Fields of feature assets: which version and partition each interval comes from.

use std::collections::BTreeMap;
use std::ops::Range;

use varvite_dataset::{KeyRange, OrderedType, OrderedValue, Snapshot};
use varvite_time::{Instant, TimeSpan};

use super::columns::columns_of_part;
use super::intervals::intervals;
use super::newest::newest;
use super::stretches::{joined, within, without};
use super::{FieldPlan, Part, PartSource};
use crate::{AssetListing, Edges, Error, Interval, Partition, Resolution, Result, VersionListing, Want, When};

pub(super) type Keys = [(String, String)];

/// A partition of a version, and what of it is taken.
pub(super) struct Taken<'a> {
    pub(super) version: u32,
    pub(super) partition: &'a Partition,
    pub(super) stretches: Vec<Interval>,
}

/// Plans a field of a feature asset.
pub(super) fn plan_feature(
    want: &Want,
    resolution: Resolution,
    now: Instant,
    asset: &AssetListing,
) -> Result<FieldPlan> {
    let partitions = partitions(want, asset);
    let span = match want.when {
        When::Within(span) => at_edges(want.edges, span.resolve(now)?, resolution)?,
        When::Latest { tolerance } => {
            let coverages = partitions.iter().map(|(_, partition)| &partition.coverage);
            let found = newest(coverages, resolution, now, tolerance);
            let Some(interval) = found.interval else {
                return Ok(FieldPlan::new(want, Some(TimeSpan::ALL), found.none_in(resolution), Vec::new()));
            };
            interval.span()
        }
    };
    let whole = resolution.whole(span)?;
    let taken = take(&partitions, whole);
    let intervals = intervals(&taken, whole, resolution);
    let parts = parts(want, &taken, span)?;
    let latest = want.when.is_latest().then(|| interval_of(span)).flatten();
    Ok(FieldPlan { latest, ..FieldPlan::new(want, Some(span), intervals, parts) })
}

/// The partitions that are asked for, of the versions that can be read, newest version first.
fn partitions<'a>(want: &Want, asset: &'a AssetListing) -> Vec<(u32, &'a Partition)> {
    let of_version = |version: u32| match asset.versions.get(&version) {
        Some(VersionListing::Feature(partitions)) => partitions.as_slice(),
        _ => &[],
    };
    let is_wanted = |partition: &&Partition| want.keys.iter().all(|key| partition.keys.contains(key));
    let of_version = |version| of_version(version).iter().filter(is_wanted).map(move |partition| (version, partition));
    want.versions().flat_map(of_version).collect()
}

fn at_edges(edges: Edges, span: TimeSpan, resolution: Resolution) -> Result<TimeSpan> {
    match edges {
        Edges::Clipped => Ok(span),
        Edges::WholeIntervals => resolution.whole(span),
        Edges::Closed => span_of(span.start_ns(), span.end_ns().map(|end| end + 1)),
    }
}

pub(super) fn span_of(start: Option<i128>, end: Option<i128>) -> Result<TimeSpan> {
    TimeSpan::try_from_ns(start, end)
        .map_err(|error| Error::InvalidRange { range: "the stretch of a fetch".to_owned(), reason: error.to_string() })
}

pub(crate) fn interval_of(span: TimeSpan) -> Option<Interval> {
    let (start, end) = (span.start_ns()?, span.end_ns()?);
    Some(Interval { start: Instant::from_ns(start), end: Instant::from_ns(end) })
}

/// What is taken of each partition: an interval comes from the newest version that has it for the same keys. Where the
/// keys of versions have other names, what a newer version has of any keys is not taken from an older one.
fn take<'a>(partitions: &[(u32, &'a Partition)], whole: TimeSpan) -> Vec<Taken<'a>> {
    let mut by_keys: BTreeMap<&Keys, Vec<Interval>> = BTreeMap::new();
    let mut by_names: BTreeMap<Vec<&str>, Vec<Interval>> = BTreeMap::new();
    let mut taken: Vec<Taken> = Vec::new();
    for of_version in partitions.chunk_by(|one, next| one.0 == next.0) {
        let from = taken.len();
        for (version, partition) in of_version {
            let names = names(&partition.keys);
            let mut stretches = within(&partition.coverage, whole);
            if let Some(newer) = by_keys.get(partition.keys.as_slice()) {
                stretches = without(&stretches, newer);
            }
            for (_, newer) in by_names.iter().filter(|(others, _)| **others != names) {
                stretches = without(&stretches, newer);
            }
            taken.push(Taken { version: *version, partition, stretches });
        }
        for Taken { partition, stretches, .. } in &taken[from..] {
            let keys = by_keys.entry(&partition.keys).or_default();
            *keys = joined(std::mem::take(keys), stretches);
        }
        let of_version = taken[from..].iter().flat_map(|taken| {
            let names = names(&taken.partition.keys);
            taken.stretches.iter().map(move |stretch| (names.clone(), *stretch))
        });
        let mut more: BTreeMap<Vec<&str>, Vec<Interval>> = BTreeMap::new();
        for (names, stretch) in of_version {
            more.entry(names).or_default().push(stretch);
        }
        for (names, more) in more {
            let all = by_names.entry(names).or_default();
            *all = joined(std::mem::take(all), &more);
        }
    }
    taken
}

pub(super) fn names(keys: &Keys) -> Vec<&str> {
    keys.iter().map(|(name, _)| name.as_str()).collect()
}

/// Where rows come from: in order of the keys, then of time.
fn parts(want: &Want, taken: &[Taken], span: TimeSpan) -> Result<Vec<Part>> {
    let mut stretches: Vec<(&Keys, Interval, &Taken)> = Vec::new();
    for taken in taken {
        stretches.extend(taken.stretches.iter().map(|stretch| (taken.partition.keys.as_slice(), *stretch, taken)));
    }
    stretches.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    let mut parts = Vec::new();
    let together = |one: &(&Keys, Interval, &Taken), next: &(&Keys, Interval, &Taken)| {
        // What lies between two stretches of one version was never written, or is taken from elsewhere.
        let between = Interval { start: one.1.end, end: next.1.start };
        std::ptr::eq(one.2, next.2) && !one.2.partition.coverage.meets(between) && !has_rows(one.2, between)
    };
    for run in stretches.chunk_by(together) {
        let (_, first, taken) = run[0];
        let run = Interval { start: first.start, end: run[run.len() - 1].1.end };
        let Some(span) = run.span().intersect(span) else { continue };
        parts.extend(part(want, taken, span)?);
    }
    Ok(parts)
}

/// The row groups of a stretch; `None` if there are none.
fn part(want: &Want, taken: &Taken, span: TimeSpan) -> Result<Option<Part>> {
    let dataset = &taken.partition.dataset;
    let Some(snapshot) = dataset.snapshot() else { return Ok(None) };
    let Some((schema, ordered)) = snapshot.schema.as_ref().zip(snapshot.ordered_type.as_ref()) else { return Ok(None) };
    let asset = want.label();
    if !ordered.is_temporal() {
        let reason = format!("rows are ordered on `{}`, which holds no times", snapshot.settings.ordered_on);
        return Err(Error::SchemaMismatch { asset, reason });
    }
    let Some((range, row_groups)) = row_groups(&snapshot, ordered, span) else { return Ok(None) };
    let (mut num_rows, mut num_bytes) = (0_u64, 0_u64);
    for file in snapshot.files.range(row_groups.clone()) {
        num_rows = num_rows.saturating_add(file.num_rows);
        num_bytes = num_bytes.saturating_add(file.len);
    }
    Ok(Some(Part {
        version: taken.version,
        keys: taken.partition.keys.clone(),
        span,
        columns: columns_of_part(want, taken.version, schema)?,
        source: PartSource::Dataset { dataset: dataset.clone(), range, row_groups },
        num_rows,
        num_bytes,
    }))
}

/// Whether a partition may have rows in a stretch that counts as never written, as repartitioning leaves those of intervals
/// of which only a part was written.
fn has_rows(taken: &Taken, stretch: Interval) -> bool {
    let Some(snapshot) = taken.partition.dataset.snapshot() else { return false };
    snapshot.ordered_type.as_ref().is_some_and(|ordered| row_groups(&snapshot, ordered, stretch.span()).is_some())
}

/// The values that lie in a stretch, and the row groups that may have such; `None` if there are none.
fn row_groups(snapshot: &Snapshot, ordered: &OrderedType, span: TimeSpan) -> Option<(KeyRange, Range<usize>)> {
    let range = range_of(ordered, span)?;
    let files = &snapshot.files;
    let first = range.start.as_ref().map_or(0, |start| files.partition_point(|file| file.max < *start));
    let end = range.end.as_ref().map_or(files.len(), |end| files.partition_point(|file| file.min < *end));
    (first < end).then_some((range, first..end))
}

/// The values of a time column that lie in `span`; `None` if there are none.
fn range_of(ordered: &OrderedType, span: TimeSpan) -> Option<KeyRange> {
    const DAY: i128 = 86_400_000_000_000;
    let unit = ordered.time_unit().map_or(DAY, |unit| unit.nanoseconds().into());
    // The first value that is not before an instant.
    let first = |ns: i128| ns.div_euclid(unit) + i128::from(ns.rem_euclid(unit) != 0);
    let bound = |ns: i128| i64::try_from(first(ns)).ok().map(OrderedValue::Int);
    let range = KeyRange { start: span.start_ns().and_then(bound), end: span.end_ns().and_then(bound) };
    let is_beyond = span.start_ns().is_some_and(|start| first(start) > i128::from(i64::MAX));
    let is_before = span.end_ns().is_some_and(|end| first(end) <= i128::from(i64::MIN));
    let is_empty = matches!((&range.start, &range.end), (Some(start), Some(end)) if start >= end);
    (!is_beyond && !is_before && !is_empty && !span.is_empty()).then_some(range)
}
