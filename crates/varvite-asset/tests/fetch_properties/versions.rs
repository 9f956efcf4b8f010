//! Two versions of a model, in whichever intervals either was written: rows, newest intervals, rows by interval, nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::{
    AssetWrite, Bound, Catalog, Collection, Error, FeatureModel, Fetch, FetchOptions, Interval, Latest, Missing, Span,
};
use varvite_time::{Instant, TimeUnit};

use super::naive::{Asked, Expected, Naive, Row, Write};
use super::plans::{Grid, Place, PlannedWrite, Question, REGIONS, places, questions, writes};

/// As it was first.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "readings", resolution = "7h", time = at)]
struct ReadingV1 {
    at: DateTime<Utc>,
    #[model(key)]
    region: String,
    value: i64,
}

/// With one column more.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "readings", resolution = "7h", version = 2, time = at, reads(ReadingV1))]
struct Reading {
    at: DateTime<Utc>,
    #[model(key)]
    region: String,
    value: i64,
    extra: Option<i64>,
}

impl From<ReadingV1> for Reading {
    fn from(ReadingV1 { at, region, value }: ReadingV1) -> Self {
        Self { at, region, value, extra: None }
    }
}

fn time(at: Instant) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.exactly(TimeUnit::Microsecond).unwrap()).unwrap()
}

fn place_of(region: &str) -> usize {
    REGIONS.iter().position(|known| *known == region).unwrap()
}

impl From<&Row> for Reading {
    fn from(row: &Row) -> Self {
        Self { at: time(row.at), region: REGIONS[row.region].to_owned(), value: row.value, extra: row.extra }
    }
}

impl From<&Reading> for Row {
    fn from(row: &Reading) -> Self {
        let at = Instant::new(row.at.timestamp_micros(), TimeUnit::Microsecond);
        Self { region: place_of(&row.region), at, value: row.value, extra: row.extra }
    }
}

impl From<&ReadingV1> for Row {
    fn from(row: &ReadingV1) -> Self {
        let at = Instant::new(row.at.timestamp_micros(), TimeUnit::Microsecond);
        Self { region: place_of(&row.region), at, value: row.value, extra: None }
    }
}

fn written(catalog: &Catalog, write: &Write) {
    let mut how = if write.merges { AssetWrite::merge() } else { AssetWrite::replace() };
    if let Some(span) = write.covering {
        how = how.covering(Span::between(span.start, span.end));
    }
    if let Some(region) = write.region {
        how = how.partition("region", REGIONS[region]);
    }
    let newer = write.rows.iter().map(Reading::from);
    let _ = if write.version == 2 {
        catalog.write::<Reading>(&newer.collect::<Vec<_>>(), &how).unwrap()
    } else {
        let older = newer.map(|Reading { at, region, value, .. }| ReadingV1 { at, region, value });
        catalog.write::<ReadingV1>(&older.collect::<Vec<_>>(), &how).unwrap()
    };
}

/// Asks for all kinds of fields at once.
fn check(catalog: &Catalog, naive: &Naive, grid: &Grid, question: &Question, now: Instant) {
    let (start, end) = question.ends(grid);
    let bound = |at: Option<Instant>| at.map_or(Bound::Unbounded, Bound::At);
    let mut fetch = Fetch::from(Span { start: bound(start), end: bound(end) }).edges(question.edges);
    let mut newest = Fetch::default().latest(question.tolerance);
    if let Some(region) = question.region {
        fetch = fetch.key("region", REGIONS[region]);
        newest = newest.key("region", REGIONS[region]);
    }
    let is_filtered = question.filter.is_multiple_of(3);
    if is_filtered {
        fetch = fetch.filter("value > 0 and extra is null".parse().unwrap());
    }
    let is_wanted = |row: &Row| !is_filtered || (row.value > 0 && row.extra.is_none());
    let asked = Asked { start, end, edges: question.edges, versions: &[2, 1], region: question.region };
    let expected = naive.fetch(&asked, is_wanted);

    let mut collection = Collection::new();
    let rows = collection.rows::<Reading>("rows", fetch.clone()).unwrap();
    let some = collection.add::<Option<Vec<Reading>>>("some", fetch.clone()).unwrap();
    let map = collection.add::<BTreeMap<Interval, Vec<Reading>>>("map", fetch.clone()).unwrap();
    let latest = collection.add::<Option<Latest<Reading>>>("latest", newest.clone()).unwrap();
    let options = FetchOptions::default()
        .with_max_concurrent(question.max_concurrent)
        .with_max_bytes_in_flight(question.max_bytes)
        .with_now(now);
    let mut got = catalog.fetch_collection_blocking(collection, &options).unwrap();
    let found = got.take(rows).unwrap();
    assert!(found.is_sorted_by_key(|row| (place_of(&row.region), row.at)), "{found:?}");
    let sorted = |rows: &[Reading]| {
        let mut rows: Vec<Row> = rows.iter().map(Row::from).collect();
        rows.sort_unstable();
        rows
    };
    assert_eq!(sorted(&found), expected.rows, "{asked:?}");
    let some = got.take(some).unwrap();
    assert_eq!(some, (!expected.written.is_empty()).then(|| found.clone()), "nothing only where nothing was written");
    let map = got.take(map).unwrap();
    assert_eq!(map.keys().copied().collect::<Vec<_>>(), expected.written.iter().copied().collect::<Vec<_>>());
    for (interval, rows) in &map {
        let of_interval = expected.rows.iter().filter(|row| interval.contains(row.at)).copied().collect::<Vec<_>>();
        assert_eq!(sorted(rows), of_interval, "{interval}");
    }
    let gaps = &got.plan().fields[0].intervals.gaps;
    let lacking = gaps.lacking.iter().map(|lacking| (place_of(&lacking.keys[0].1), lacking.count));
    let expected_of = expected.lacking.iter().map(|(region, intervals)| (*region, intervals.len() as u64));
    assert_eq!(lacking.collect::<Vec<_>>(), expected_of.collect::<Vec<_>>(), "{asked:?}");
    check_latest(naive, got.take(latest).unwrap(), question, now);
    check_policy(catalog, fetch, &expected);
    check_older(catalog, naive, &asked, question);
}

fn check_latest(naive: &Naive, found: Option<Latest<Reading>>, question: &Question, now: Instant) {
    let expected = naive.latest(&[2, 1], question.region, now, question.tolerance);
    assert_eq!(found.as_ref().map(|found| found.interval), expected, "{now}, tolerance {}", question.tolerance);
    let Some((found, interval)) = found.zip(expected) else { return };
    let asked = Asked {
        start: Some(interval.start),
        end: Some(interval.end),
        edges: varvite_asset::Edges::Clipped,
        versions: &[2, 1],
        region: question.region,
    };
    let mut rows: Vec<Row> = found.rows.iter().map(Row::from).collect();
    rows.sort_unstable();
    assert_eq!(rows, naive.fetch(&asked, |_| true).rows);
}

/// Missing intervals fail where they are to, and nothing else does.
fn check_policy(catalog: &Catalog, fetch: Fetch, expected: &Expected) {
    let mut collection = Collection::new();
    collection.rows::<Reading>("strict", fetch.missing(Missing::Fail)).unwrap();
    let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default());
    let is_missing = !expected.missing.is_empty() || (expected.written.is_empty() && expected.in_range != Some(0));
    match got {
        Ok(_) => assert!(!is_missing, "{:?}", expected.missing),
        Err(Error::MissingIntervals { count, .. }) => {
            assert!(is_missing);
            assert_eq!(count, expected.missing.len());
        }
        Err(error) => panic!("{error}"),
    }
}

/// The older model sees the older version alone, and says so if there is none.
fn check_older(catalog: &Catalog, naive: &Naive, asked: &Asked<'_>, question: &Question) {
    let bound = |at: Option<Instant>| at.map_or(Bound::Unbounded, Bound::At);
    let mut fetch = Fetch::from(Span { start: bound(asked.start), end: bound(asked.end) }).edges(question.edges);
    if let Some(region) = asked.region {
        fetch = fetch.key("region", REGIONS[region]);
    }
    let mut collection = Collection::new();
    let rows = collection.rows::<ReadingV1>("older", fetch).unwrap();
    match catalog.fetch_collection_blocking(collection, &FetchOptions::default()) {
        Err(Error::VersionNotFound { known, .. }) => {
            assert!(!naive.has_version(1) && !naive.is_empty() && known.contains('2'), "{known}");
        }
        Err(error) => panic!("{error}"),
        Ok(got) => {
            assert!(naive.has_version(1) || naive.is_empty());
            let mut rows: Vec<Row> = got[rows].iter().map(Row::from).collect();
            rows.sort_unstable();
            assert_eq!(rows, naive.fetch(&Asked { versions: &[1], ..asked.clone() }, |_| true).rows);
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Write(PlannedWrite),
    Ask(Question, Place),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = writes(12).prop_map(Step::Write);
    let ask = (questions(20), places(20)).prop_map(|(question, now)| Step::Ask(question, now));
    prop::collection::vec(prop_oneof![2 => write, 2 => ask], 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::cases(70)))]

    #[test]
    fn each_interval_comes_from_the_newest_version_that_has_it(
        cache in prop::option::of(prop::sample::select(vec![0u64, 2_000, 1 << 20])),
        origin in prop::sample::select(vec!["1970-01-01", "2024-02-28", "2025-03-30T00:30:00+01:00", "1899-12-31"]),
        steps in steps(),
    ) {
        let resolution = ReadingV1::schema().resolution().unwrap();
        let grid = Grid { resolution, origin: origin.parse().unwrap(), unit: TimeUnit::Microsecond };
        let catalog = cache.into_iter().fold(Catalog::in_memory(), Catalog::with_cache);
        let mut naive = Naive::new(resolution, true);
        for step in steps {
            match step {
                Step::Write(write) => {
                    let write = write.on(&grid, true, 2);
                    written(&catalog, &write);
                    naive.write(&write);
                }
                Step::Ask(question, now) => check(&catalog, &naive, &grid, &question, grid.instant(now)),
            }
        }
    }
}
