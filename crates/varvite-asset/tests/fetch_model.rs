//! A fetch gives what a naive filter over all rows gives: for any writes, ranges, resolutions, partitions and versions.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod fetching;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampSecondArray};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampSecondType};
use fetching::{block_on, catalog, day, span};
use proptest::prelude::*;
use varvite_asset::chrono::{DateTime, TimeDelta, Utc};
use varvite_asset::{
    AssetKind, AssetWrite, Batches, Bound, Collection, Column, Edges, FeatureModel, Fetch, FetchOptions, Interval,
    Missing, ModelSchema, Resolution, Span,
};
use varvite_time::Instant;

const START: i64 = 1_735_689_600; // 2025-01-01
const LENGTH: i64 = 50 * 86_400;

/// Time, region, value.
type Row = (i64, String, i64);

fn schema(resolution: Resolution, keys: &[&str]) -> ModelSchema {
    ModelSchema {
        asset: "any".to_owned(),
        kind: AssetKind::Feature { resolution },
        version: 1,
        time: Some("at".to_owned()),
        keys: keys.iter().map(ToString::to_string).collect(),
        columns: vec![
            Column::new("at", DataType::Timestamp(TimeUnit::Second, Some("UTC".into())), false),
            Column::new("region", DataType::Utf8, false),
            Column::new("value", DataType::Int64, false),
        ],
    }
}

fn batch(rows: &[Row]) -> RecordBatch {
    let times = TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.0)).with_timezone("UTC");
    let columns: [(&str, ArrayRef); 3] = [
        ("at", Arc::new(times)),
        ("region", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.1)))),
        ("value", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.2)))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn rows_in(batch: &RecordBatch) -> Vec<Row> {
    let times = batch.column(0).as_primitive::<TimestampSecondType>();
    let regions = batch.column(1).as_string::<i32>();
    let values = batch.column(2).as_primitive::<Int64Type>();
    (0..batch.num_rows()).map(|row| (times.value(row), regions.value(row).to_owned(), values.value(row))).collect()
}

fn at(second: i64) -> Instant {
    Instant::new(second, varvite_time::TimeUnit::Second)
}

/// All that was written, row by row, and which intervals.
#[derive(Default)]
struct Naive {
    rows: Vec<Row>,
    written: BTreeSet<(String, Interval)>,
}

impl Naive {
    /// Each interval and partition that new rows lie in is replaced.
    fn write(&mut self, new: &[Row], resolution: Resolution, is_keyed: bool) {
        let place = |row: &Row| {
            let region = if is_keyed { row.1.clone() } else { String::new() };
            (region, resolution.interval_at(at(row.0)))
        };
        let touched: BTreeSet<_> = new.iter().map(place).collect();
        self.rows.retain(|row| !touched.contains(&place(row)));
        self.rows.extend_from_slice(new);
        self.rows.sort_by_key(|row| if is_keyed { (row.1.clone(), row.0) } else { (String::new(), row.0) });
        self.written.extend(touched);
    }
}

fn bound() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![1 => Just(None), 5 => (START - 86_400..START + LENGTH + 86_400).prop_map(Some)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn rows_are_those_of_a_naive_filter(
        resolution in prop_oneof![Just("6h"), Just("1d"), Just("5d"), Just("1w"), Just("1M")],
        is_keyed in any::<bool>(),
        writes in prop::collection::vec(prop::collection::btree_map(START..START + LENGTH, 0..3_u8, 1..25), 1..4),
        (one, other) in (bound(), bound()),
        only in prop::option::of(0..4_u8),
        edges in prop_oneof![Just(Edges::Clipped), Just(Edges::WholeIntervals), Just(Edges::Closed)],
    ) {
        let resolution: Resolution = resolution.parse().unwrap();
        let model = Arc::new(schema(resolution, if is_keyed { &["region"] } else { &[] }));
        let (catalog, mut naive) = (catalog(), Naive::default());
        for (number, rows) in writes.iter().enumerate() {
            let value = |region: &u8| i64::try_from(number).unwrap() * 10 + i64::from(*region);
            let rows: Vec<Row> = rows.iter().map(|(at, region)| (*at, format!("r{region}"), value(region))).collect();
            let _ = catalog.write_batches(&model, &[batch(&rows)], &AssetWrite::replace()).unwrap();
            naive.write(&rows, resolution, is_keyed);
        }
        let (start, end) = match (one, other) {
            (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
            either => either,
        };
        let limit = |second: Option<i64>| second.map_or(Bound::Unbounded, |second| Bound::At(at(second)));
        let only = only.filter(|_| is_keyed).map(|region| format!("r{region}"));
        let fetch = Fetch::from(Span { start: limit(start), end: limit(end) }).edges(edges);
        let fetch = only.iter().fold(fetch, |fetch, region| fetch.key("region", region));
        let mut collection = Collection::new();
        let handle = collection.add_want::<Batches>(fetch.want_of("rows", Arc::clone(&model)).unwrap()).unwrap();
        let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();

        let is_empty = start.is_some() && start == end && edges != Edges::Closed;
        let is_within = |second: i64| {
            let interval = resolution.interval_at(at(second));
            !is_empty && match edges {
                Edges::Clipped => start.is_none_or(|start| start <= second) && end.is_none_or(|end| second < end),
                Edges::Closed => start.is_none_or(|start| start <= second) && end.is_none_or(|end| second <= end),
                Edges::WholeIntervals => {
                    start.is_none_or(|start| at(start) < interval.end) && end.is_none_or(|end| interval.start < at(end))
                }
            }
        };
        let is_wanted = |region: &str| only.as_ref().is_none_or(|only| only == region);
        let expected: Vec<Row> =
            naive.rows.iter().filter(|row| is_within(row.0) && is_wanted(&row.1)).cloned().collect();
        prop_assert_eq!(rows_in(&got[handle].concat().unwrap()), expected);
        let is_asked = |region: &str| !is_keyed || is_wanted(region);
        // Of each partition that has begun, in the range or before it.
        let is_whole = |interval: &Interval| {
            let begun = naive.written.iter().filter(|(region, first)| is_asked(region) && first <= interval);
            begun.map(|(region, _)| region).all(|region| naive.written.contains(&(region.clone(), *interval)))
        };
        let found: BTreeSet<Interval> = naive
            .written
            .iter()
            .filter(|(region, interval)| {
                let meets = start.is_none_or(|start| at(start) < interval.end
                        || (edges == Edges::Closed && at(start) < interval.end))
                    && end.is_none_or(|end| interval.start < at(end)
                        || (edges == Edges::Closed && interval.start <= at(end)));
                meets && !is_empty && is_asked(region) && is_whole(interval)
            })
            .map(|(_, interval)| *interval)
            .collect();
        prop_assert_eq!(got.summary().fields[0].found, found.len() as u64);
    }
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "temps", resolution = "1d", version = 1, time = at)]
struct Old {
    at: DateTime<Utc>,
    fahrenheit: f64,
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "temps", resolution = "1d", version = 2, time = at, reads(Old))]
struct Temps {
    at: DateTime<Utc>,
    #[model(check(range = -90.0..=60.0))]
    celsius: f64,
}

impl From<Old> for Temps {
    fn from(old: Old) -> Self {
        Self { at: old.at, celsius: (old.fahrenheit - 32.0) / 1.8 }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn older_versions_fill_what_newer_ones_leave(
        old in prop::collection::btree_set(1..12_i64, 0..8),
        new in prop::collection::btree_set(1..12_i64, 0..8),
        from in 0..12_i64,
        length in 0..12_i64,
        warmer in prop::option::of(-5..15_i32),
    ) {
        let catalog = catalog();
        let noon = |of: i64| day(of) + TimeDelta::hours(12);
        let degrees = |of: i64| f64::from(i32::try_from(of).unwrap());
        let older: Vec<_> = old.iter().map(|of| Old { at: noon(*of), fahrenheit: degrees(*of) * 1.8 + 32.0 }).collect();
        let newer: Vec<_> = new.iter().map(|of| Temps { at: noon(*of), celsius: -degrees(*of) }).collect();
        if !older.is_empty() {
            let _ = catalog.write(&older, &AssetWrite::replace()).unwrap();
        }
        if !newer.is_empty() {
            let _ = catalog.write(&newer, &AssetWrite::replace()).unwrap();
        }
        let range = Span::between(instant(day(from)), instant(day(from + length)));
        let fetch = match warmer {
            None => Fetch::from(range),
            Some(warmer) => Fetch::from(range).filter(Temps::CELSIUS.gt(f64::from(warmer) + 0.5)),
        };
        let found = block_on(catalog.fetch_rows::<Temps>(fetch, &FetchOptions::default())).unwrap();
        let mut expected: BTreeMap<i64, f64> = old.iter().map(|of| (*of, degrees(*of))).collect();
        expected.extend(new.iter().map(|of| (*of, -degrees(*of))));
        expected.retain(|of, celsius| {
            (from..from + length).contains(of) && warmer.is_none_or(|warmer| *celsius > f64::from(warmer) + 0.5)
        });
        let rounded: Vec<_> = found.iter().map(|row| (row.at, (row.celsius * 1000.0).round() / 1000.0)).collect();
        let expected: Vec<_> = expected.into_iter().map(|(of, celsius)| (noon(of), celsius)).collect();
        prop_assert_eq!(rounded, expected);
    }
}

fn instant(at: DateTime<Utc>) -> Instant {
    Instant::new(at.timestamp(), varvite_time::TimeUnit::Second)
}

#[test]
fn rows_of_earlier_versions_are_checked_as_what_they_became() {
    let catalog = catalog();
    let _ = catalog.write(&[Old { at: day(1), fahrenheit: 451.0 }], &AssetWrite::replace()).unwrap();
    let fetch = Fetch::from(span("2025-01-01..2025-01-02")).missing(Missing::Fail);
    let fetch = |options| block_on(catalog.fetch_rows::<Temps>(fetch.clone(), &options));
    let error = fetch(FetchOptions::default()).unwrap_err();
    assert_eq!(error.code(), "VV0615");
    assert_eq!(fetch(FetchOptions::default().with_checks(false)).unwrap().len(), 1);
}

/// Rows of `Level`, written by who knows no check.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "levels", resolution = "1d", time = at)]
struct Unchecked {
    at: DateTime<Utc>,
    level: i64,
}

#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "levels", resolution = "1d", time = at)]
struct Level {
    at: DateTime<Utc>,
    #[model(check(range = 0..=100))]
    level: i64,
}

#[test]
fn a_broken_check_names_the_row_of_its_file() {
    let catalog = catalog();
    let level = |of: i64, at: i64| if (of, at) == (2, 3) { 101 } else { at };
    let row = |of: i64, at: i64| Unchecked { at: day(of) + TimeDelta::minutes(at), level: level(of, at) };
    for of in 1..=2 {
        let rows: Vec<_> = (0..10).map(|at| row(of, at)).collect();
        let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
    }
    let broken = |fetch: Fetch| {
        let error = block_on(catalog.fetch_rows::<Level>(fetch, &FetchOptions::default())).unwrap_err();
        assert_eq!(error.code(), "VV0615");
        std::error::Error::source(&error).unwrap().to_string()
    };
    let range = || Fetch::from(span("2025-01-01..2025-01-03"));
    for text in [broken(range()), broken(range().filter(Level::LEVEL.gt(1_i64)))] {
        assert!(text.ends_with("column `level` breaks `range 0..=100` in 1 row, first 3: 101"), "{text}");
    }
}
