//! The last part: all that was shipped is stored, in plain files that any other tool reads.

use arrow::array::RecordBatch;
use serde_json::{Value, json};
use varvite::prelude::*;

use super::Demo;
use super::keys::Station;
use super::write::LATE;
use crate::error::{Error, Result};
use crate::output::format::{bytes, count};

pub(super) fn run(demo: &Demo) -> Result<Value> {
    let (mut rows, mut files, mut size) = (0, 0, 0);
    for (station, shipped) in demo.weather.iter() {
        let dataset = demo.store.dataset(station)?;
        check_equal(station, shipped, &dataset.read(&ScanOptions::default())?)?;
        if let Some(snapshot) = dataset.snapshot() {
            rows += snapshot.num_rows();
            files += snapshot.files.len();
            size += snapshot.total_bytes();
        }
    }
    demo.tell(&format!(
        "What is stored equals what was shipped: {} rows in {files} files, {}.\n\
         Names of files are in the order of rows; the log of JFK/1h is JFK/1h_opdmd.\n",
        count(rows),
        bytes(size)
    ))?;
    let folder = demo.folder.join(Station::hourly(LATE.0)?.to_path());
    let folder = folder.display();
    let lines = [
        format!("duckdb -c \"SELECT count(*), avg(temp) FROM '{folder}/*.parquet'\""),
        format!("python -c \"import pyarrow.dataset as d; print(d.dataset('{folder}').to_table())\""),
        format!("python -c \"import polars as p; print(p.read_parquet('{folder}/*.parquet'))\""),
        format!("varvite dataset info {folder}"),
        format!("varvite store ls {}", demo.folder.display()),
    ];
    demo.tell(&lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))?;
    demo.tell("")?;
    Ok(json!({"rows": rows, "files": files, "bytes": size, "equal_to_shipped": true, "commands": lines}))
}

fn check_equal(station: &Station, shipped: &RecordBatch, stored: &RecordBatch) -> Result<()> {
    if shipped.columns() == stored.columns() {
        return Ok(());
    }
    let source = format!("the rows of {station} are not those that were written").into();
    Err(Error::Read { path: station.to_path(), format: "Parquet", source }.into())
}
