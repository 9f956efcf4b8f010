//! A row a second, and targets at times of their own: what as-of merges and segmented aggregations work on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampNanosecondArray};
use varvite_bench::flow::{FlowCase, FlowFact};

use super::BATCH_ROWS;
use crate::case::write_rows;
use crate::random::Random;

const SECOND: i64 = 1_000_000_000;
/// 2024-01-01T00:00:00Z.
const START: i64 = 1_704_067_200 * SECOND;

/// Writes as many rows as targets, and what the works come to.
pub(super) fn generate(dir: &Path, rows: usize) -> Result<()> {
    let mut random = Random::new(11);
    let times: Vec<i64> = (0_i64..).map(|second| START + second * SECOND).take(rows).collect();
    let prices: Vec<f64> = (0..rows).map(|_| price(&mut random)).collect();
    let targets = targets(&mut random, rows);
    let facts = [("asof", asof(&targets, &times, &prices)), ("segagg", minutes(&times, &prices))];
    FlowCase { rows, facts: facts.map(|(name, fact)| (name.to_owned(), fact)).into() }.write(dir)?;
    write(dir, "targets.arrow", &[("ts", instants(targets))])?;
    write(dir, "rows.arrow", &[("ts", instants(times)), ("price", Arc::new(Float64Array::from(prices)))])
}

/// Above 0: not every peer takes a zero for a value.
fn price(random: &mut Random) -> f64 {
    let hundredths = i32::try_from(1 + random.below(1_000_000)).unwrap_or(1);
    f64::from(hundredths) / 100.0
}

/// None to two seconds apart, a second in the middle: each has a row before it, some rows have none, some have several.
fn targets(random: &mut Random, count: usize) -> Vec<i64> {
    const MILLI: i64 = SECOND / 1000;
    let mut time = START;
    let next = || {
        time += i64::try_from(random.below(2_001)).unwrap_or_default() * MILLI;
        time
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// The price of the last row at or before each target, found by searching for each of them.
fn asof(targets: &[i64], times: &[i64], prices: &[f64]) -> FlowFact {
    let matched: Vec<f64> =
        targets.iter().map(|target| prices[times.partition_point(|time| time <= target) - 1]).collect();
    FlowFact::of_columns(targets.len(), [matched.as_slice()])
}

/// First, last, smallest, largest price and their sum of each minute.
fn minutes(times: &[i64], prices: &[f64]) -> FlowFact {
    let mut minutes: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (time, price) in times.iter().zip(prices) {
        minutes.entry(time.div_euclid(60 * SECOND)).or_default().push(*price);
    }
    let functions: [fn(&[f64]) -> f64; 5] = [
        |prices| prices[0],
        |prices| prices[prices.len() - 1],
        |prices| prices.iter().copied().fold(f64::INFINITY, f64::min),
        |prices| prices.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        |prices| prices.iter().sum(),
    ];
    let columns = functions.map(|function| minutes.values().map(|prices| function(prices)).collect::<Vec<f64>>());
    FlowFact::of_columns(minutes.len(), columns.iter().map(Vec::as_slice))
}

fn instants(times: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from(times))
}

fn write(dir: &Path, name: &str, columns: &[(&str, ArrayRef)]) -> Result<()> {
    let all = RecordBatch::try_from_iter(columns.iter().cloned())?;
    let starts = (0..all.num_rows()).step_by(BATCH_ROWS);
    let batches = starts.map(|start| all.slice(start, BATCH_ROWS.min(all.num_rows() - start)));
    write_rows(dir, name, &all.schema(), batches)
}
