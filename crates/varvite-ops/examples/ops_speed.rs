//! Rows a second of both operators over ten million ordered rows, all at once and in chunks.
//!
//! `cargo run --release -p varvite-ops --example ops_speed [ROWS]`
#![allow(clippy::cast_precision_loss, reason = "rows a second")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampNanosecondArray};
use varvite_ops::{
    AsofFrame, AsofMerge, AsofOptions, Bins, Function, Matching, Result, SegmentOptions, SegmentedAggregation,
};
use varvite_time::Period;

const SECOND: i64 = 1_000_000_000;
const CHUNK: usize = 128 << 10;
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows: usize = std::env::args().nth(1).map_or(Ok(10_000_000), |rows| rows.parse())?;
    // One row a second; targets lie half a second off.
    let trades = series("price", rows, 0)?;
    let targets = series("size", rows, SECOND / 2)?.project(&[0])?;
    println!("{rows} rows, best of {RUNS} runs");
    let functions = [Function::First, Function::Last, Function::Min, Function::Max, Function::Sum];
    for (name, chunk) in [("at once", rows), ("in chunks", CHUNK)] {
        report(&format!("as-of merge, {name}"), rows, || merge(&targets, &trades, 0, chunk))?;
        report(&format!("as-of merge with 3 previous values, {name}"), rows, || merge(&targets, &trades, 3, chunk))?;
        report(&format!("minutes, 1 aggregate, {name}"), rows, || minutes(&trades, &functions[4..], chunk))?;
        report(&format!("minutes, 5 aggregates, {name}"), rows, || minutes(&trades, &functions, chunk))?;
    }
    Ok(())
}

fn series(value: &str, rows: usize, offset: i64) -> Result<RecordBatch, Box<dyn std::error::Error>> {
    let times = TimestampNanosecondArray::from_iter_values((0_i64..).map(|second| second * SECOND + offset).take(rows));
    let mut state = 42_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / 1e4
    };
    let values = Float64Array::from_iter_values((0..rows).map(|_| random()));
    Ok(RecordBatch::try_from_iter([("ts", Arc::new(times) as ArrayRef), (value, Arc::new(values))])?)
}

/// Runs `work` a few times, and tells the best.
fn report(what: &str, rows: usize, work: impl Fn() -> Result<usize>) -> Result<()> {
    let mut best = Duration::MAX;
    let mut made = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        made = work()?;
        best = best.min(start.elapsed());
    }
    let speed = rows as f64 / best.as_secs_f64() / 1e6;
    println!("{what:<48} {:>8.1} ms {speed:>8.1} M rows/s {made:>10} rows out", best.as_secs_f64() * 1e3);
    Ok(())
}

fn merge(targets: &RecordBatch, rows: &RecordBatch, n_prev: usize, chunk: usize) -> Result<usize> {
    let frame = AsofFrame::new(Matching::AtOrBefore).with_n_prev(n_prev);
    let mut merge = AsofMerge::try_new(AsofOptions::new("ts", [frame]))?;
    let mut made = 0;
    for start in (0..rows.num_rows()).step_by(chunk) {
        let len = chunk.min(rows.num_rows() - start);
        made += merge.push(&targets.slice(start, len), &[rows.slice(start, len)])?.num_rows();
    }
    Ok(made)
}

fn minutes(rows: &RecordBatch, functions: &[Function], chunk: usize) -> Result<usize> {
    let aggregates = functions.iter().map(|function| function.of("price"));
    let options = SegmentOptions::new("ts", Bins::every(Period::MINUTE), aggregates);
    let mut minutes = SegmentedAggregation::try_new(options)?;
    let mut made = 0;
    for start in (0..rows.num_rows()).step_by(chunk) {
        let len = chunk.min(rows.num_rows() - start);
        made += minutes.push(&rows.slice(start, len))?.closed().num_rows();
    }
    Ok(made)
}
