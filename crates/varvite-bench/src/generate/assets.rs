//! A year of an asset: what 50 stations saw, a batch a day.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch, TimestampMicrosecondArray};
use varvite_bench::assets::{AssetCase, DAY_US, START_US};

use crate::case::{Fact, fact, write_rows};
use crate::random::Random;

/// Stations that report.
const STATIONS: u64 = 50;
/// The column that is summed up.
const VALUE: &str = "temperature";

/// Writes `days` batches of `rows` rows each, and what works must come to.
pub(super) fn generate(dir: &Path, days: usize, rows: usize) -> Result<()> {
    let mut random = Random::new(9);
    let batches = (0..days).map(|day| of_day(&mut random, day, rows)).collect::<Result<Vec<_>>>()?;
    let all = fact(&batches, VALUE)?;
    let facts = BTreeMap::from([("all".to_owned(), all), ("sum".to_owned(), Fact { rows: 1, sum: all.sum })]);
    write_rows(dir, "rows.arrow", &batches[0].schema(), batches)?;
    AssetCase { value: VALUE.to_owned(), partitions: days as u64, facts }.write(dir)
}

fn of_day(random: &mut Random, day: usize, rows: usize) -> Result<RecordBatch> {
    let start = START_US + i64::try_from(day)? * DAY_US;
    let step = DAY_US / i64::try_from(rows)?;
    let times = (0..).map(|row| start + row * step).take(rows);
    let times = TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC");
    #[expect(clippy::cast_precision_loss, reason = "days of a year")]
    let mean = 10.0 - 12.0 * (day as f64 / 365.0 * std::f64::consts::TAU).cos();
    let temperatures = (0..rows).map(|_| one_decimal(mean + 6.0 * random.normal()));
    let temperatures = Float64Array::from_iter_values(temperatures);
    let humidities: Float64Array =
        (0..rows).map(|_| (random.below(10) > 0).then(|| one_decimal(100.0 * random.unit()))).collect();
    let stations = (0..rows).map(|_| i32::try_from(random.below(STATIONS)).unwrap_or_default());
    let columns: [(&str, ArrayRef); 4] = [
        ("timestamp", Arc::new(times)),
        (VALUE, Arc::new(temperatures)),
        ("humidity", Arc::new(humidities)),
        ("station", Arc::new(Int32Array::from_iter_values(stations))),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn one_decimal(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
