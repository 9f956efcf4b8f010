//! A daily asset of three columns, for tests of the catalog.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses some of it")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use varvite_asset::{AssetId, AssetKind, Catalog, Column, ModelSchema, Partition, VersionListing, Want};
use varvite_dataset::ScanOptions;

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// `weather`, daily: `ts`, `region`, `value`.
pub(crate) fn schema(keys: &[&str]) -> ModelSchema {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    ModelSchema {
        asset: "weather".to_owned(),
        kind: AssetKind::Feature { resolution: "1d".parse().unwrap() },
        version: 1,
        time: Some("ts".to_owned()),
        keys: keys.iter().map(ToString::to_string).collect(),
        columns: vec![
            Column::new("ts", time, false),
            Column::new("region", DataType::Utf8, false),
            Column::new("value", DataType::Int64, true),
        ],
    }
}

/// A row: days since 1970 with a fraction, region, value.
pub(crate) type Row = (f64, &'static str, i64);

pub(crate) fn batch(rows: &[(f64, &str, i64)]) -> RecordBatch {
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small numbers")]
    let times = rows.iter().map(|row| (row.0 * DAY as f64) as i64);
    let columns: [(&str, ArrayRef); 3] = [
        ("ts", Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))),
        ("region", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1)))),
        ("value", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.2)))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// The partitions of the first version, as a listing gives them.
pub(crate) fn partitions(catalog: &Catalog) -> Vec<Partition> {
    let schema = schema(&[]);
    let want = Want::new("rows", Arc::new(schema.clone()));
    let listing = catalog.listing(&[want]).unwrap();
    match listing.assets.get(&AssetId::new("weather", schema.kind)).and_then(|asset| asset.versions.get(&1)) {
        None => Vec::new(),
        Some(VersionListing::Feature(partitions)) => partitions.clone(),
        Some(other) => panic!("{other:?}"),
    }
}

/// Days since 1970, rounded down, regions and values of a partition's rows, in stored order.
pub(crate) fn rows(partition: &Partition) -> Vec<(i64, String, i64)> {
    let stored = partition.dataset.read(&ScanOptions::default()).unwrap();
    let times = stored.column_by_name("ts").unwrap().as_primitive::<TimestampMicrosecondType>();
    let regions = stored.column_by_name("region").unwrap().as_string::<i32>();
    let values = stored.column_by_name("value").unwrap().as_primitive::<Int64Type>();
    (0..times.len())
        .map(|row| (times.value(row).div_euclid(DAY), regions.value(row).to_owned(), values.value(row)))
        .collect()
}

/// Values and coverage of the only partition; nothing if there is none.
pub(crate) fn stored(catalog: &Catalog) -> (Vec<i64>, String) {
    match partitions(catalog).as_slice() {
        [] => (Vec::new(), String::new()),
        [only] => (rows(only).into_iter().map(|row| row.2).collect(), days(only)),
        several => panic!("{} partitions", several.len()),
    }
}

/// What a partition covers, as days since 1970: `0..2 4..5`.
pub(crate) fn days(partition: &Partition) -> String {
    let day = |instant: varvite_time::Instant| instant.floor(varvite_time::TimeUnit::Day);
    let runs: Vec<String> =
        partition.coverage.runs().map(|run| format!("{}..{}", day(run.start), day(run.end))).collect();
    runs.join(" ")
}
