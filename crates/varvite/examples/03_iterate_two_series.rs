//! Two series of different pace, walked in lock step: hour by hour, with the rows just before the start.
//!
//! ```text
//! cargo run -p varvite --example 03_iterate_two_series
//! ```

use std::error::Error;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch, TimestampSecondArray};
use varvite::arrow::datatypes::{Float64Type, TimestampSecondType};
use varvite::prelude::*;
use varvite::time::{TimeUnit, format_instant, parse_instant};

#[toplevel]
struct Sensor {
    name: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = Store::<Sensor>::open(folder.path())?;
    let (wind, rain) = (Sensor::new("wind")?, Sensor::new("rain")?);
    let start = parse_instant("2013-01-01T00:00", TimeUnit::Second)?;

    // Wind every 10 minutes and rain every 25, in row groups of other sizes: the layout does not matter.
    for (key, minutes, count, target) in [(&wind, 10, 30, 7), (&rain, 25, 12, 5)] {
        let options = WriteOptions::ordered_on("ts").with_row_group_target_size(target);
        let report = store.dataset(key)?.write(series(start, minutes, count)?, &options)?;
        println!("{key}: {} rows in {} row groups", report.inserted, report.row_groups_new);
    }

    // From 01:00 on, hour by hour. The first chunk of wind begins with the two rows before 01:00, that of rain with one.
    let options = IntersectionOptions::default()
        .with_range("2013-01-01T01:00".."2013-01-01T04:00")
        .with_n_prev([2, 1])
        .every(Period::HOUR);
    let mut counts = Vec::new();
    for chunk in store.iter_intersections([wind.clone(), rain.clone()], &options)? {
        let chunk = chunk?;
        println!();
        for (key, rows) in &chunk {
            println!("{key}: {} rows {}, mean {:.2}", rows.num_rows(), bounds(rows), mean(rows));
        }
        counts.push((chunk[&wind].num_rows(), chunk[&rain].num_rows()));
    }
    assert_eq!(counts, [(2 + 6, 1 + 2), (6, 3), (6, 2)]);
    Ok(())
}

/// `count` values, some minutes apart.
fn series(start: i64, minutes: i64, count: u32) -> Result<RecordBatch, varvite::arrow::error::ArrowError> {
    let ts = TimestampSecondArray::from_iter_values((0..i64::from(count)).map(|at| start + at * minutes * 60));
    let value: Float64Array = (0..count).map(|at| f64::from(at) / 10.0).collect();
    let columns = [("ts", Arc::new(ts.with_timezone("UTC")) as ArrayRef), ("value", Arc::new(value))];
    RecordBatch::try_from_iter(columns)
}

/// The first and the last instant.
fn bounds(rows: &RecordBatch) -> String {
    let ts = rows.column(0).as_primitive::<TimestampSecondType>().values();
    let text = |ts: Option<&i64>| ts.map(|ts| format_instant(*ts, TimeUnit::Second)).unwrap_or_default();
    format!("{} to {}", text(ts.first()), text(ts.last()))
}

/// The mean of the values.
fn mean(rows: &RecordBatch) -> f64 {
    let values = rows.column(1).as_primitive::<Float64Type>().values();
    values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap_or(1))
}
