//! `segagg.json`: segmented aggregation in one call and in chunks.

use anyhow::{Context, Result, bail, ensure};
use arrow::array::{Array, RecordBatch};
use arrow::compute::concat_batches;
use serde_json::{Value, json};
use varvite_ops::{
    Aggregate, Bins, Function, PeriodBins, SegmentOptions, SegmentedAggregation, Segments, Side, Snapshots,
};
use varvite_time::Period;

use super::Stop;
use super::asof::compare_columns;
use super::values::Columns;

/// Runs one case: at once, and in chunks if it has some, with the state saved and loaded between any two.
///
/// # Errors
/// The first table that is something else.
pub fn run(case: &Value) -> Result<(), Stop> {
    let rows = rows(case)?;
    let options = match options(case)? {
        Ok(options) => options,
        Err(reason) => return Err(Stop::Skip(reason)),
    };
    let expected = &case["expect"];
    let at_once = SegmentedAggregation::try_new(options.clone())?.push(&rows);
    let at_once = match (at_once, expected.get("error")) {
        // Zeros are values like others: there is nothing to check.
        (_, Some(error)) if error["kind"] == "zero" => return Err(Stop::Skip("zeros are not refused".to_owned())),
        (Ok(_), Some(error)) => return Err(anyhow::anyhow!("expected an error: {error}").into()),
        (Err(_), Some(_)) => return Ok(()),
        (found, None) => found?,
    };
    if expected.is_null() {
        ensure_empty(&at_once)?;
        return Ok(());
    }
    compare(&at_once, expected).context("at once")?;
    if let Some(chunks) = case["chunks"].as_array() {
        in_chunks(&options, &rows, chunks, &at_once)?;
    }
    Ok(())
}

fn ensure_empty(found: &Segments) -> Result<()> {
    ensure!(found.bins.num_rows() == 0, "expected nothing, got {:?}", found.bins);
    Ok(())
}

fn rows(case: &Value) -> Result<RecordBatch> {
    let types = case["types"].as_object().context("a case has types")?;
    let schema: Vec<Value> = types.iter().map(|(name, data_type)| json!([name, data_type])).collect();
    Columns::parse(&Value::Array(schema))?.batch(&case["data"])
}

/// The options, or why the case is one that we may refuse.
fn options(case: &Value) -> Result<Result<SegmentOptions, String>> {
    let bins = match bins(&case["bin_by"])? {
        Ok(bins) => bins,
        Err(reason) => return Ok(Err(reason)),
    };
    let key = |by: &Value| by["time"]["key"].as_str().map(str::to_owned);
    let ordered_on = [case["ordered_on"].as_str(), case["bin_on"].as_str()].into_iter().flatten().next();
    let ordered_on = ordered_on.map(str::to_owned).or_else(|| key(&case["bin_by"])).unwrap_or_else(|| "t".to_owned());
    let aggregates = case["agg"].as_object().context("a case has aggregates")?.iter().map(aggregate);
    let mut options = SegmentOptions::new(ordered_on, bins, aggregates.collect::<Result<Vec<_>>>()?).with_label("t");
    if !case["snap_by"].is_null() {
        options = match self::bins(&case["snap_by"])? {
            Ok(bins) => options.with_snapshots(Snapshots::Every(bins)),
            Err(reason) => return Ok(Err(reason)),
        };
    }
    Ok(Ok(options))
}

fn aggregate((output, of): (&String, &Value)) -> Result<Aggregate> {
    let function = match of[1].as_str().context("a function")? {
        "first" => Function::First,
        "last" => Function::Last,
        "min" => Function::Min,
        "max" => Function::Max,
        "sum" => Function::Sum,
        other => bail!("unknown function `{other}`"),
    };
    Ok(function.of(of[0].as_str().context("an input")?).named(output))
}

fn bins(by: &Value) -> Result<Result<Bins, String>> {
    if let Some(rows) = by["rows"].as_u64() {
        return Ok(Ok(Bins::rows(rows.try_into()?)));
    }
    let time = &by["time"];
    let text = time["freq"].as_str().context("a frequency")?;
    let period: Period = match text.parse() {
        Ok(period) => period,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let side = |name: &str| match time[name].as_str() {
        Some("right") => Side::Right,
        _ => Side::Left,
    };
    Ok(Ok(PeriodBins::new(period).closed(side("closed")).label(side("label")).into()))
}

fn compare(found: &Segments, expected: &Value) -> Result<()> {
    compare_columns(&found.bins, &expected["bins"]).context("bins")?;
    match (&found.snapshots, &expected["snapshots"]) {
        (_, Value::Null) => Ok(()),
        (Some(found), expected) => compare_columns(found, expected).context("snapshots"),
        (None, _) => bail!("there are no snapshots"),
    }
}

fn in_chunks(options: &SegmentOptions, rows: &RecordBatch, chunks: &[Value], at_once: &Segments) -> Result<()> {
    let mut operator = SegmentedAggregation::try_new(options.clone())?;
    let (mut row, mut bins, mut snapshots) = (0, Vec::new(), Vec::new());
    for (at, chunk) in chunks.iter().enumerate() {
        let len = usize::try_from(chunk["n_rows"].as_u64().context("a number of rows")?)?;
        let found = operator.push(&rows.slice(row, len))?;
        row += len;
        compare(&found, chunk).with_context(|| format!("chunk {at}"))?;
        keep(&mut bins, &found.bins);
        if let Some(found) = &found.snapshots {
            keep(&mut snapshots, found);
        }
        let state = serde_json::from_value(serde_json::to_value(operator.state()?)?)?;
        operator = SegmentedAggregation::restore(options.clone(), state)?;
    }
    let together = |kept: &[RecordBatch], like: &RecordBatch| concat_batches(like.schema_ref(), kept);
    ensure!(together(&bins, &at_once.bins)? == at_once.bins, "bins of chunks are not those of one call");
    if let Some(once) = &at_once.snapshots {
        ensure!(together(&snapshots, once)? == *once, "snapshots of chunks are not those of one call");
    }
    Ok(())
}

/// Keeps the last row of each label.
fn keep(kept: &mut Vec<RecordBatch>, rows: &RecordBatch) {
    let again = rows.num_rows() > 0
        && kept.last().is_some_and(|last| last.column(0).as_ref() == rows.column(0).slice(0, 1).as_ref());
    if again {
        kept.pop();
    }
    kept.extend((0..rows.num_rows()).map(|row| rows.slice(row, 1)));
}
