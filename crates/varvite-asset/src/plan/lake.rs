//! Fields of lake assets: which dated files.

use std::collections::BTreeMap;

use varvite_time::{Instant, TimeSpan};

use super::feature::span_of;
use super::{FieldPlan, Intervals, Part, PartSource};
use crate::{AssetListing, Edges, LakeEntry, Result, VersionListing, Want, When};

/// Plans a field of files, or of rows in files. Of each date, the newest version is taken.
pub(super) fn plan_lake(want: &Want, now: Instant, asset: &AssetListing) -> Result<FieldPlan> {
    let is_latest = want.when.is_latest();
    let span = match want.when {
        When::Within(span) => span.resolve(now)?,
        When::Latest { .. } => span_of(None, Some(now.as_ns() + 1))?,
    };
    let span = match want.edges {
        Edges::Closed if !is_latest => span_of(span.start_ns(), span.end_ns().map(|end| end + 1))?,
        _ => span,
    };
    let mut chosen: BTreeMap<Instant, (u32, &LakeEntry)> = BTreeMap::new();
    for version in want.versions() {
        let Some(VersionListing::Lake(entries)) = asset.versions.get(&version) else { continue };
        let entries = dated(entries, span);
        let entries = if is_latest { &entries[entries.len().saturating_sub(1)..] } else { entries };
        for entry in entries {
            chosen.entry(entry.date).or_insert((version, entry));
        }
    }
    if is_latest {
        chosen = chosen.pop_last().into_iter().collect();
    }
    let parts: Vec<Part> = chosen.into_values().map(|(version, entry)| part(want, version, entry)).collect();
    let intervals = Intervals { found: parts.len() as u64, ..Intervals::default() };
    Ok(FieldPlan::new(want, Some(span), intervals, parts))
}

/// The files with a date in `span`: they are in order of their dates.
fn dated(entries: &[LakeEntry], span: TimeSpan) -> &[LakeEntry] {
    let before = |ns: Option<i128>, open| {
        ns.map_or(open, |ns| entries.partition_point(|entry| entry.date < Instant::from_ns(ns)))
    };
    let (first, end) = (before(span.start_ns(), 0), before(span.end_ns(), entries.len()));
    entries.get(first..end).unwrap_or_default()
}

fn part(want: &Want, version: u32, entry: &LakeEntry) -> Part {
    let columns = super::columns::wanted(want, version);
    Part {
        version,
        keys: Vec::new(),
        span: TimeSpan::ALL,
        columns,
        source: PartSource::Lake(entry.clone()),
        num_rows: 0,
        num_bytes: entry.bytes,
    }
}
