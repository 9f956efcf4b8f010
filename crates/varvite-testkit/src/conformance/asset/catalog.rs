//! What stands in a catalog: plans.

use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, TimeUnit};
use serde_json::Value;
use varvite_asset::{
    AssetKind, AssetWrite, Catalog, Column, Edges, Fetch, FieldPlan, Interval, ModelSchema, Resolution, Span,
    plan_field,
};
use varvite_time::Instant;

use super::expect::{check_error, check_intervals};
use super::time;

/// The intervals that a range needs where all were written, by the name of the range's end. None for a range that is
/// refused.
pub(super) fn plan(given: &Value, ours: &Value) -> Result<Vec<(&'static str, Vec<Interval>)>> {
    let resolution = time::resolution(given)?;
    let span = time::span(given)?;
    // Ends of plans do not depend on the moment.
    let now = Instant::from_ns(0);
    let resolved = span.resolve(now);
    if !ours["error"].is_null() {
        check_error(resolved, &ours["error"])?;
        return Ok(Vec::new());
    }
    let resolved = resolved?;
    let meeting: Vec<Interval> = resolution.intervals(resolved).context("a range with both ends")?.collect();
    check_intervals("the intervals that the range meets", &meeting, &ours["half_open"])?;

    let schema = schema(resolution, 1);
    let catalog = Catalog::in_memory();
    let [start, end] = [resolved.start_ns(), resolved.end_ns()].map(|ns| Instant::from_ns(ns.unwrap_or_default()));
    let around = Span::between(before(resolution, start), after(resolution, end));
    let nothing = RecordBatch::new_empty(schema.arrow());
    let _ = catalog.write_batches(&schema, &[nothing], &AssetWrite::replace().covering(around))?;
    let mut plans = Vec::new();
    for (name, edges) in [("half_open", Edges::Clipped), ("closed", Edges::Closed)] {
        let want = Fetch::from(span).edges(edges).want_of("rows", Arc::new(schema.clone()))?;
        let listing = catalog.listing(std::slice::from_ref(&want))?;
        let plan = plan_field(&want, now, &listing)?;
        let found = written(&plan, resolution)?;
        check_intervals(name, &found, &ours[name])?;
        plans.push((name, found));
    }
    Ok(plans)
}

/// The start of the interval before that of `at`.
fn before(resolution: Resolution, at: Instant) -> Instant {
    resolution.interval_at(resolution.interval_at(at).start.plus_ns(-1)).start
}

/// The end of the interval after that of `at`.
fn after(resolution: Resolution, at: Instant) -> Instant {
    resolution.interval_at(resolution.interval_at(at).end).end
}

/// The intervals that a plan takes, one by one.
pub(super) fn written(plan: &FieldPlan, resolution: Resolution) -> Result<Vec<Interval>> {
    let runs = plan.intervals.written.iter().map(|(run, _)| *run);
    one_by_one(runs, resolution)
}

/// The intervals of some stretches.
pub(super) fn one_by_one(runs: impl Iterator<Item = Interval>, resolution: Resolution) -> Result<Vec<Interval>> {
    let mut intervals = Vec::new();
    for run in runs {
        intervals.extend(resolution.intervals(run.span()).context("a stretch with both ends")?);
    }
    Ok(intervals)
}

/// The asset of the cases: a time and a value.
pub(super) fn schema(resolution: Resolution, version: u32) -> ModelSchema {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    ModelSchema {
        asset: "weather".to_owned(),
        kind: AssetKind::Feature { resolution },
        version,
        time: Some("timestamp".to_owned()),
        keys: Vec::new(),
        columns: vec![Column::new("timestamp", time, false), Column::new("value", DataType::Float64, false)],
    }
}
