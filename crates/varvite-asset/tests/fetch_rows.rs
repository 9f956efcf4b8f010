//! Rows are fetched in order, clipped to their range, from what was written.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod fetching;

use std::collections::BTreeMap;

use fetching::{Weather, block_on, catalog, day, rows, rows_of, span, write};
use varvite_asset::{AssetWrite, Collection, Edges, Error, Fetch, FetchOptions, Interval, Latest, Missing, Span};

#[test]
fn rows_are_clipped_to_the_range_and_in_order() {
    let catalog = catalog();
    write(&catalog, 1..=5, 24);
    let all: Vec<Weather> = (1..=5).flat_map(|day| rows_of(day, 24, 1)).collect();
    assert_eq!(rows(&catalog, span("2025-01-01..2025-01-06")), all);
    assert_eq!(rows(&catalog, Fetch::default()), all);
    assert_eq!(rows(&catalog, span("2025-01-02T06:00:00Z..2025-01-03T07:00:00Z")), all[30..55]);
    assert_eq!(rows(&catalog, span("2025-01-02..2025-01-02")), []);
    let closed = Fetch::from(span("2025-01-02..2025-01-03")).edges(Edges::Closed);
    assert_eq!(rows(&catalog, closed), all[24..49]);
    let whole = Fetch::from(span("2025-01-02T06:00:00Z..2025-01-03T07:00:00Z")).edges(Edges::WholeIntervals);
    assert_eq!(rows(&catalog, whole), all[24..72]);
}

#[test]
fn what_lies_in_the_future_is_left_out_unless_it_is_asked_for() {
    let catalog = catalog();
    write(&catalog, 9..=12, 2);
    assert_eq!(rows(&catalog, Fetch::default()).len(), 3, "until noon of the tenth");
    assert_eq!(rows(&catalog, Span::all()).len(), 8);
    assert_eq!(rows(&catalog, Span::since("2025-01-10".parse::<varvite_time::Instant>().unwrap())).len(), 1);
}

#[test]
fn an_asset_that_was_never_written_is_empty_or_none() {
    let catalog = catalog();
    assert_eq!(rows(&catalog, Span::all()), []);
    let mut collection = Collection::new();
    let some = collection.add::<Option<Vec<Weather>>>("some", span("2025-01-01..2025-01-02")).unwrap();
    let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    assert_eq!(got[some], None);
    assert_eq!(got.summary().fields[0].missing, Some(1));
}

#[test]
fn written_without_rows_is_not_missing() {
    let catalog = catalog();
    let covering = AssetWrite::replace().covering(span("2025-01-01..2025-01-03"));
    let _ = catalog.write::<Weather>(&rows_of(1, 3, 1), &covering).unwrap();
    let mut collection = Collection::new();
    let range = || Fetch::from(span("2025-01-02..2025-01-04"));
    let some = collection.add::<Option<Vec<Weather>>>("some", range()).unwrap();
    let map = collection.add::<BTreeMap<Interval, Vec<Weather>>>("map", range()).unwrap();
    let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    assert_eq!(got[some], Some(vec![]));
    assert_eq!(got[map].values().map(Vec::len).collect::<Vec<_>>(), [0]);
    let summary = &got.summary().fields[1];
    assert_eq!((summary.found, summary.missing), (1, Some(1)));
    assert_eq!(summary.gaps, "2025-01-03T00:00:00Z..2025-01-04T00:00:00Z");
}

#[test]
fn rows_by_interval() {
    let catalog = catalog();
    write(&catalog, [1, 2, 4], 10);
    let mut collection = Collection::new();
    let map =
        collection.add::<BTreeMap<Interval, Vec<Weather>>>("map", span("2025-01-01T12:00:00Z..2025-01-05")).unwrap();
    let mut got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    let map = got.take(map).unwrap();
    let found: Vec<_> = map.iter().map(|(interval, rows)| (interval.start.to_string(), rows.clone())).collect();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], ("2025-01-01T00:00:00Z".to_owned(), rows_of(1, 10, 1)[5..].to_vec()));
    assert_eq!(found[2], ("2025-01-04T00:00:00Z".to_owned(), rows_of(4, 10, 1)));
}

#[test]
fn the_newest_interval_is_looked_for_within_its_tolerance() {
    let catalog = catalog();
    write(&catalog, [7, 8, 11], 4);
    let latest = |tolerance| {
        let mut collection = Collection::new();
        let latest = collection.latest::<Weather>("latest", tolerance).unwrap();
        catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap().take(latest).unwrap()
    };
    assert!(latest(1).is_none(), "the tenth and the ninth were never written");
    let found = latest(2).unwrap();
    assert_eq!((found.interval.start.to_string().as_str(), found.rows), ("2025-01-08T00:00:00Z", rows_of(8, 4, 1)));
    assert!(latest(u32::MAX).is_some());
    let mut collection = Collection::new();
    collection.add::<Latest<Weather>>("latest", Fetch::default()).unwrap();
    let error = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap_err();
    assert!(matches!(&error, Error::MissingIntervals { field, count: 1, .. } if field == "latest"), "{error}");
}

#[test]
fn missing_intervals_fail_where_they_are_to() {
    let catalog = catalog();
    write(&catalog, [1, 2, 4], 4);
    let fetch = |range: &str| {
        let fetch = Fetch::from(span(range)).missing(Missing::Fail);
        block_on(catalog.fetch_rows::<Weather>(fetch, &FetchOptions::default())).map(|rows| rows.len())
    };
    assert_eq!(fetch("2025-01-01..2025-01-03").unwrap(), 8);
    let error = fetch("2025-01-01..2025-01-06").unwrap_err();
    assert_eq!(error.code(), "VV0612");
    assert_eq!(
        error.to_string(),
        "field `rows` wants weather 1d v1, and 2 of its intervals were never written: \
         2025-01-03T00:00:00Z..2025-01-04T00:00:00Z, 2025-01-05T00:00:00Z..2025-01-06T00:00:00Z; its policy is `fail`"
    );
    assert!(fetch("..2025-01-05").is_err(), "between what was written, the third is missing");
    assert_eq!(fetch("..2025-01-03").unwrap(), 8);
}

#[test]
fn columns_that_are_not_asked_for_take_their_defaults() {
    let catalog = catalog();
    write(&catalog, [1], 4);
    let fetch = Fetch::from(Span::all()).columns(["station", "temperature"]);
    let found = rows(&catalog, fetch);
    assert!(found.iter().all(|row| row.humidity.is_none()) && found.len() == 4 && found[0].at == day(1));
    let filtered = Fetch::from(Span::all()).columns(["station", "temperature"]).filter(Weather::HUMIDITY.is_null());
    let found = rows(&catalog, filtered);
    assert!(found.len() == 2 && found.iter().all(|row| row.humidity.is_none()), "read for the filter alone");
    let error = Collection::new().rows::<Weather>("rows", Fetch::default().columns(["humidity"])).unwrap_err();
    assert!(error.to_string().contains("a row needs `station`"), "{error}");
    let error = Collection::new().rows::<Weather>("rows", Fetch::default().columns(["humidty"])).unwrap_err();
    assert!(error.to_string().contains("has no `humidty`"), "{error}");
}

#[test]
fn two_fields_of_one_name_are_refused() {
    let mut collection = Collection::new();
    collection.rows::<Weather>("rows", Span::all()).unwrap();
    let error = collection.rows::<Weather>("rows", Span::all()).unwrap_err();
    assert!(error.to_string().contains("another field of the collection has this name"), "{error}");
}

#[test]
fn a_handle_of_another_collection_finds_nothing() {
    let catalog = catalog();
    write(&catalog, [1], 1);
    let mut other = Collection::new();
    let handle = other.rows::<Weather>("rows", Span::all()).unwrap();
    let mut collection = Collection::new();
    let own = collection.rows::<Weather>("rows", Span::all()).unwrap();
    let mut got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    assert!(got.get(handle).is_none() && got.get(own).is_some());
    assert_eq!((got.take(own).map(|rows| rows.len()), got.take(own)), (Some(1), None));
}
