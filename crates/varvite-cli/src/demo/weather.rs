//! The data that is shipped with the program: see `data/README.md`.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use varvite::storage::bytes::Bytes;
use varvite::time::{TimeUnit, parse_instant};

use super::keys::Station;
use crate::error::{Error, Result};

const FILE: &[u8] = include_bytes!("../../data/nyc_weather_2013.parquet");

/// Microseconds of an hour.
pub(super) const HOUR_US: i64 = 3_600_000_000;

/// The rows of each station, in order of time.
pub(super) struct Weather {
    stations: BTreeMap<Station, RecordBatch>,
}

impl Weather {
    pub(super) fn load() -> Result<Self> {
        let batch =
            read().map_err(|source| Error::Read { path: "the shipped data".to_owned(), format: "Parquet", source })?;
        let mut stations = BTreeMap::new();
        for (origin, rows) in by_origin(&batch) {
            stations.insert(Station::hourly(&origin)?, rows);
        }
        Ok(Self { stations })
    }

    /// The stations with their rows, in order of keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Station, &RecordBatch)> {
        self.stations.iter()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Station> {
        self.stations.keys()
    }

    pub(super) fn num_rows(&self) -> u64 {
        self.stations.values().map(|rows| rows.num_rows() as u64).sum()
    }

    /// The rows of a station from `start` to `end`, excluded; none if there is no such station.
    pub(super) fn between(&self, station: &Station, start: &str, end: &str) -> Vec<RecordBatch> {
        let Some(rows) = self.stations.get(station) else { return Vec::new() };
        let hours = hours(rows);
        let at = |text: &str| hours.partition_point(|hour| *hour < instant(text));
        let (start, end) = (at(start), at(end));
        vec![rows.slice(start, end.saturating_sub(start))]
    }
}

/// The count of microseconds that `text` stands for; it is ours, and right.
pub(super) fn instant(text: &str) -> i64 {
    parse_instant(text, TimeUnit::Microsecond).unwrap_or_default()
}

/// The instants of `rows`, in microseconds.
pub(super) fn hours(rows: &RecordBatch) -> &[i64] {
    let column = rows.column_by_name("time_hour");
    let instants = column.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    instants.map(|instants| &instants.values()[..]).unwrap_or_default()
}

/// The temperatures of `rows`, in degrees Fahrenheit.
pub(super) fn temperatures(rows: &RecordBatch) -> Vec<Option<f64>> {
    let column = rows.column_by_name("temp");
    let values = column.and_then(|column| column.as_primitive_opt::<arrow::datatypes::Float64Type>());
    values.map(|values| values.iter().collect()).unwrap_or_default()
}

fn read() -> std::result::Result<RecordBatch, Box<dyn std::error::Error + Send + Sync>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from_static(FILE))?.build()?;
    let schema = arrow::array::RecordBatchReader::schema(&reader);
    let batches = reader.collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(concat_batches(&schema, &batches)?)
}

/// The rows are sorted by `origin`, the first column, which becomes part of the key.
fn by_origin(batch: &RecordBatch) -> Vec<(String, RecordBatch)> {
    let columns: Vec<usize> = (1..batch.num_columns()).collect();
    let (Some(origins), Ok(rest)) = (batch.column(0).as_string_opt::<i32>(), batch.project(&columns)) else {
        return Vec::new();
    };
    debug_assert_eq!(origins.data_type(), &DataType::Utf8);
    let mut parts: Vec<(String, usize, usize)> = Vec::new();
    for (row, origin) in origins.iter().enumerate() {
        let origin = origin.unwrap_or_default();
        match parts.last_mut() {
            Some((last, _, end)) if last == origin => *end = row + 1,
            _ => parts.push((origin.to_owned(), row, row + 1)),
        }
    }
    parts.into_iter().map(|(origin, start, end)| (origin, rest.slice(start, end - start))).collect()
}
