//! What a fetch gives: which intervals are read, which rows of them, and which are missing.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{Float64Type, TimestampMicrosecondType};
use serde_json::Value;
use varvite_asset::{
    AssetId, AssetWrite, Batches, Catalog, Collection, Edges, Fetch, FetchOptions, Fetched, FieldPlan, Filled, Handle,
    Interval, Missing, Resolution, Span,
};
use varvite_time::{Instant, TimeUnit};

use super::catalog::{one_by_one, schema, written};
use super::expect::{check_error, check_instants, check_intervals, check_list, instant, interval};
use super::time::{resolution, span};

/// A row: when it is, and its value.
type Row = (Instant, f64);

/// What a fetch of one field gave.
pub(super) struct Got {
    pub(super) rows: Vec<Row>,
    pub(super) plan: Arc<FieldPlan>,
}

impl Got {
    pub(super) fn values(&self) -> Vec<f64> {
        self.rows.iter().map(|row| row.1).collect()
    }

    fn times(&self) -> Vec<Instant> {
        self.rows.iter().map(|row| row.0).collect()
    }
}

/// A range of what is stored.
pub(super) fn fetch(given: &Value, ours: &Value) -> Result<()> {
    let resolution = resolution(given)?;
    let version = |name: &str| u32::try_from(given[name].as_u64().unwrap_or(1));
    let now = instant(&given["now"])?;
    let catalog = Catalog::in_memory().with_clock(move || now);
    let stored = version("stored_version")?;
    let labels = given["existing_end_labels"].as_array().context("labels")?;
    let partitions = given["rows_per_partition"].as_array().context("rows of partitions")?;
    ensure!(labels.len() == partitions.len(), "a label for each partition");
    for (label, rows) in labels.iter().zip(partitions) {
        let end = instant(label)?;
        let rows = rows.as_array().context("rows")?.iter().map(|at| Ok((instant(at)?, 0.0)));
        let rows = rows.collect::<Result<Vec<Row>>>()?;
        let written = Interval { start: resolution.interval_at(end.plus_ns(-1)).start, end };
        write(&catalog, resolution, stored, written, &rows)?;
    }
    let wanted = version("model_version")?;
    // What is missing may be what makes it fail.
    let policy = if ours["error"] == "MissingIntervals" { Missing::Fail } else { Missing::Skip };
    let got = rows_of(&catalog, resolution, wanted, &Fetch::from(span(given)?).missing(policy));
    if !ours["error"].is_null() {
        return check_error(got, &ours["error"]);
    }
    let got = got?;
    check_intervals("the intervals that are read", &written(&got.plan, resolution)?, &ours["partitions"])?;
    check_instants("rows", &got.times(), &ours["rows"])?;
    let missing = got.plan.intervals.missing();
    match &ours["missing"] {
        Value::Null => ensure!(missing.is_none(), "{missing:?} intervals are missing, of an open range"),
        expected => {
            let gaps = one_by_one(got.plan.intervals.gaps.stretches.iter().copied(), resolution)?;
            check_intervals("missing intervals", &gaps, expected)?;
            ensure!(missing == Some(gaps.len() as u64), "{missing:?} intervals are missing, and {} told", gaps.len());
        }
    }
    Ok(())
}

/// The newest interval, up to so many back. The value of a row is the day of its label.
pub(super) fn latest(given: &Value, ours: &Value) -> Result<()> {
    let resolution = resolution(given)?;
    let now = instant(&given["now"])?;
    let catalog = Catalog::in_memory().with_clock(move || now);
    for label in given["existing_end_labels"].as_array().context("labels")? {
        let end = instant(label)?;
        let interval = Interval { start: resolution.interval_at(end.plus_ns(-1)).start, end };
        let day = label.as_str().and_then(|label| label.get(8..10)).context("a day")?;
        write(&catalog, resolution, 1, interval, &[(interval.start, day.parse()?)])?;
    }
    let tolerance = u32::try_from(given["tolerance"].as_u64().context("a tolerance")?)?;
    let is_error = !ours["error"].is_null();
    let policy = if is_error { Missing::Fail } else { Missing::Skip };
    let got = rows_of(&catalog, resolution, 1, &Fetch::default().latest(tolerance).missing(policy));
    if is_error {
        return check_error(got, &ours["error"]);
    }
    let got = got?;
    if ours["ok"].is_null() {
        ensure!(got.plan.latest.is_none(), "it is {:?}, expected none", got.plan.latest);
        return Ok(());
    }
    check_list("values", &got.values(), &ours["ok"], |value| value.as_f64().context("a value"))
}

/// Rows under another resolution: as they lie in its intervals, and in a range.
pub(super) fn repartition(given: &Value, ours: &Value) -> Result<()> {
    let to: Resolution = match given["unit"].as_str() {
        Some(unit) => format!("1{unit}").parse()?,
        None => resolution(given)?,
    };
    let times = given["rows"].as_array().context("rows")?.iter().map(instant).collect::<Result<Vec<_>>>();
    let times = match times {
        Err(_) if !ours["error"].is_null() => return refused_without_time(to),
        times => times?,
    };
    let rows: Vec<Row> = times.iter().map(|at| (*at, 0.0)).collect();
    let catalog = Catalog::in_memory();
    // Any other resolution; what it covers is whole intervals of the new one.
    let from: Resolution = if to.to_string() == "1s" { "1m" } else { "1s" }.parse()?;
    if let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) {
        let around = Interval { start: to.interval_at(*first).start, end: to.interval_at(*last).end };
        let around =
            Interval { start: from.interval_at(around.start).start, end: from.interval_at(around.end.plus_ns(-1)).end };
        write(&catalog, from, 1, around, &rows)?;
        let id = AssetId::new("weather", schema(from, 1).kind);
        let _ = catalog.repartition(&id, 1, to)?;
    }
    if !ours["rows"].is_null() {
        let got = rows_of(&catalog, to, 1, &Fetch::from(span(given)?))?;
        return check_instants("rows", &got.times(), &ours["rows"]);
    }
    let all = rows_of(&catalog, to, 1, &Fetch::from(Span::all()))?;
    ensure!(all.rows.len() == rows.len(), "{} rows, expected {}", all.rows.len(), rows.len());
    let mut found = Vec::new();
    for interval in written(&all.plan, to)? {
        let whole = Fetch::from(Span::between(interval.start, interval.end)).edges(Edges::WholeIntervals);
        let rows = rows_of(&catalog, to, 1, &whole)?.rows.len() as u64;
        if rows > 0 {
            found.push((interval, rows));
        }
    }
    let Some(expected) = [&ours["ok"], &ours["partitions"], ours].into_iter().find(|list| list.is_array()) else {
        bail!("it is not said what is expected: {ours}");
    };
    check_list("intervals and their rows", &found, expected, |item| {
        Ok((interval(item)?, item[2].as_u64().context("a number of rows")?))
    })
}

/// A row without a time is refused, and nothing is written.
fn refused_without_time(resolution: Resolution) -> Result<()> {
    let catalog = Catalog::in_memory();
    let schema = schema(resolution, 1);
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let batch = RecordBatch::try_from_iter([("value", values)])?;
    ensure!(
        catalog.write_batches(&schema, &[batch], &AssetWrite::replace()).is_err(),
        "a row without a time was taken"
    );
    ensure!(catalog.assets()?.is_empty(), "something was written");
    Ok(())
}

/// Replaces an interval by these rows.
pub(super) fn write(
    catalog: &Catalog,
    resolution: Resolution,
    version: u32,
    interval: Interval,
    rows: &[Row],
) -> varvite_asset::Result<()> {
    let schema = schema(resolution, version);
    let times = rows.iter().map(|row| row.0.floor(TimeUnit::Microsecond));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC")),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.1))),
    ];
    let batch = RecordBatch::try_new(schema.arrow(), columns)
        .map_err(|source| varvite_asset::Error::Arrow { action: "make rows", source })?;
    let how = AssetWrite::replace().covering(Span::between(interval.start, interval.end));
    catalog.write_batches(&schema, &[batch], &how).map(drop)
}

/// Fetches one field of rows.
pub(super) fn rows_of(
    catalog: &Catalog,
    resolution: Resolution,
    version: u32,
    fetch: &Fetch,
) -> varvite_asset::Result<Got> {
    let mut collection = Collection::new();
    let want = fetch.want_of("rows", Arc::new(schema(resolution, version)))?;
    let rows: Handle<Batches> = collection.add_want(want)?;
    let fetched = catalog.fetch_collection_blocking(collection, &FetchOptions::default())?;
    got(&fetched, rows)
}

fn got(fetched: &Fetched<Filled>, rows: Handle<Batches>) -> varvite_asset::Result<Got> {
    let batch = fetched[rows].concat()?;
    let times = batch.column(0).as_primitive::<TimestampMicrosecondType>().values();
    let values = batch.column(1).as_primitive::<Float64Type>().values();
    let rows = times.iter().zip(values).map(|(at, value)| (Instant::new(*at, TimeUnit::Microsecond), *value));
    Ok(Got { rows: rows.collect(), plan: Arc::clone(&fetched.plan().fields[0]) })
}
