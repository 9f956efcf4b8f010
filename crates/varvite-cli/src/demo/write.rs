//! Part 1: three datasets under typed keys, in row groups of a month.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use arrow::compute::concat_batches;
use serde_json::{Value, json};
use varvite::prelude::*;

use super::keys::Station;
use super::weather::{hours, instant, temperatures};
use super::{Demo, seconds};
use crate::error::{Error, Result};
use crate::output::format::{bytes, count};
use crate::output::table::Table;

/// The station whose rows come late, and the hours that do.
pub(super) const LATE: (&str, &str, &str) = ("JFK", "2013-05-12T06:00", "2013-05-12T12:00");

/// The hours that are first written with a thermometer that reads too much.
pub(super) const WRONG: (&str, &str) = ("2013-07-04T12:00", "2013-07-04T15:00");
const TOO_MUCH: f64 = 40.0;

const CODE: &str = "\
#[toplevel] struct Station { origin: String, series: Series }
#[sublevel] struct Series { resolution: String }

let store = Store::<Station>::open(folder)?;
let key = Station::new(\"JFK\", Series::new(\"1h\")?)?;     // the folder JFK/1h
let options = WriteOptions::ordered_on(\"time_hour\")
    .with_duplicates_on(Duplicates::on([\"time_hour\"]))  // one row an hour
    .with_row_group_target_size(\"1mo\".parse::<Period>()?); // monthly
store.dataset(&key)?.write(rows, &options)?;";

pub(super) fn run(demo: &Demo) -> Result<Value> {
    demo.tell(CODE)?;
    demo.tell("")?;
    let mut table =
        Table::new().left("key").left("folder").right("rows").right("row groups").right("bytes").right("ms");
    let mut facts = Vec::new();
    for (station, rows) in demo.weather.iter() {
        let started = Instant::now();
        let dataset = demo.store.dataset(station)?;
        let report = dataset.write(as_first_known(station, rows)?, &options()?)?;
        let milliseconds = seconds(started) * 1000.0;
        let size = dataset.snapshot().map(|snapshot| snapshot.total_bytes()).unwrap_or_default();
        let (key, path) = (station.to_string(), station.to_path());
        let (inserted, groups) = (count(report.inserted), report.row_groups_new.to_string());
        table.row([&key, &path, &inserted, &groups, &bytes(size), &format!("{milliseconds:.0}")]);
        facts.push(json!({"key": key, "path": path, "rows": report.inserted, "row_groups": report.row_groups_new,
            "bytes": size, "milliseconds": milliseconds}));
    }
    demo.tell(&table.render(None))?;
    demo.tell("")?;
    Ok(json!({"datasets": facts, "target": "1mo"}))
}

pub(super) fn options() -> Result<WriteOptions> {
    let month: Period = "1mo".parse().map_err(|error| Error::Usage(format!("{error}")))?;
    Ok(WriteOptions::ordered_on("time_hour")
        .with_duplicates_on(Duplicates::on(["time_hour"]))
        .with_row_group_target_size(month))
}

/// The rows as they were known at first: six hours are still missing, three temperatures are wrong.
pub(super) fn as_first_known(station: &Station, rows: &RecordBatch) -> Result<RecordBatch> {
    let (origin, start, end) = LATE;
    if station.origin() != origin {
        return Ok(rows.clone());
    }
    let failed = |source| Error::Read { path: "the shipped data".to_owned(), format: "Parquet", source };
    let wrong = with_wrong_temperatures(rows).map_err(|error| failed(error.into()))?;
    let at = |text: &str| hours(&wrong).partition_point(|hour| *hour < instant(text));
    let (start, end) = (at(start), at(end));
    let known = [wrong.slice(0, start), wrong.slice(end, wrong.num_rows() - end)];
    Ok(concat_batches(&wrong.schema(), &known).map_err(|error| failed(error.into()))?)
}

fn with_wrong_temperatures(rows: &RecordBatch) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let wrong = instant(WRONG.0)..instant(WRONG.1);
    let read = hours(rows).iter().zip(temperatures(rows));
    let read: Float64Array =
        read.map(|(hour, temp)| temp.map(|temp| if wrong.contains(hour) { temp + TOO_MUCH } else { temp })).collect();
    let temp = rows.schema().index_of("temp")?;
    let mut columns = rows.columns().to_vec();
    columns[temp] = Arc::new(read) as ArrayRef;
    RecordBatch::try_new(rows.schema(), columns)
}
