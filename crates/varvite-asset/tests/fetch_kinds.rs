//! Fields of files and of rows without dates, and errors that name the row of a file.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod fetching;

use fetching::{Weather, block_on, catalog, day, rows_of, span, write};
use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::{
    AssetWrite, Collection, Error, FeatureModel, Fetch, FetchOptions, LakeFile, LakeFormat, LakeWrite, Missing,
};
use varvite_time::Instant;

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "places", undated)]
struct Place {
    name: String,
    height: i64,
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "exports", lake)]
struct Export {
    name: String,
    count: i64,
}

fn date(text: &str) -> Instant {
    text.parse().unwrap()
}

#[test]
fn rows_without_dates_are_taken_as_a_whole() {
    let catalog = catalog();
    let fetch = |fetch: Fetch| {
        let mut collection = Collection::new();
        let rows = collection.add::<Option<Vec<Place>>>("places", fetch)?;
        catalog.fetch_collection_blocking(collection, &FetchOptions::default()).map(|mut got| got.take(rows).unwrap())
    };
    assert_eq!(fetch(Fetch::default()).unwrap(), None);
    let error = fetch(Fetch::default().missing(Missing::Fail)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "field `places` wants places v1, and nothing of it was ever written; its policy is `fail`"
    );
    let places: Vec<Place> = (0..5).map(|at| Place { name: format!("p{}", 9 - at), height: at }).collect();
    let _ = catalog.replace(&places).unwrap();
    assert_eq!(fetch(Fetch::default()).unwrap(), Some(places.clone()));
    let high = fetch(Fetch::default().filter(Place::HEIGHT.gt(2))).unwrap().unwrap();
    assert_eq!(high, places[3..]);
    let _ = catalog.replace::<Place>(&[]).unwrap();
    assert_eq!(fetch(Fetch::default()).unwrap(), Some(vec![]));
    assert!(matches!(fetch(span("2025-01-01..").into()), Err(Error::InvalidOption { option: "start", .. })));
    assert!(matches!(fetch(Fetch::default().latest(0)), Err(Error::InvalidOption { option: "latest", .. })));
}

#[test]
fn files_are_taken_as_they_are() {
    let catalog = catalog();
    for (dated, content) in
        [("2025-01-03", "three"), ("2025-01-01", "one"), ("2025-01-02", ""), ("2025-02-01", "later")]
    {
        catalog.put(&LakeWrite::new("raw", date(dated), "txt"), content).unwrap();
    }
    let mut collection = Collection::new();
    let some =
        collection.add::<Vec<LakeFile>>("some", Fetch::from(span("2025-01-01..2025-01-03")).lake("raw")).unwrap();
    let all = collection.add::<Vec<LakeFile>>("all", Fetch::from(span("..")).lake("raw")).unwrap();
    let newest = collection.add::<Option<LakeFile>>("newest", Fetch::default().lake("raw")).unwrap();
    let none = collection.add::<Option<LakeFile>>("none", Fetch::default().lake("other")).unwrap();
    let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    let texts = |files: &[LakeFile]| {
        files.iter().map(|file| String::from_utf8(file.bytes.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&got[some]), ["one", ""]);
    assert_eq!(texts(&got[all]), ["one", "", "three", "later"]);
    let newest = got[newest].as_ref().unwrap();
    assert_eq!((newest.date, newest.format.as_str(), &newest.bytes[..]), (date("2025-01-03"), "txt", &b"three"[..]));
    assert!(got[none].is_none());
    assert!(matches!(Collection::new().add::<Vec<LakeFile>>("x", Fetch::default()), Err(Error::InvalidOption { .. })));
}

#[test]
fn files_hold_rows() {
    let catalog = catalog();
    let export = |count| Export { name: format!("n{count}"), count };
    let formats = [LakeFormat::Parquet, LakeFormat::Csv, LakeFormat::JsonLines];
    for (at, format) in (1_i64..).zip(formats) {
        let dated = date(&format!("2025-01-0{at}"));
        catalog.write_lake(&[export(at * 10), export(at * 10 + 1)], dated, format).unwrap();
    }
    let fetch = |fetch: Fetch| block_on(catalog.fetch_rows::<Export>(fetch, &FetchOptions::default()));
    let found: Vec<i64> = fetch(Fetch::default()).unwrap().iter().map(|row| row.count).collect();
    assert_eq!(found, [10, 11, 20, 21, 30, 31]);
    let some = Fetch::from(span("2025-01-02..")).filter(Export::COUNT.gt(20));
    assert_eq!(fetch(some).unwrap().iter().map(|row| row.count).collect::<Vec<_>>(), [21, 30, 31]);
    assert_eq!(fetch(Fetch::default().latest(0)).unwrap().len(), 2);
    catalog.put(&LakeWrite::new("exports", date("2025-01-04"), "txt"), "no rows").unwrap();
    let error = fetch(Fetch::default()).unwrap_err();
    assert!(matches!(&error, Error::Scan { place, .. } if place.contains(".txt")), "{error:?}");
}

/// A model that takes no nulls where there are some.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "weather", resolution = "1d", time = at)]
struct Strict {
    at: DateTime<Utc>,
    humidity: f64,
    station: i64,
}

#[test]
fn a_value_that_does_not_fit_is_named_with_its_row_and_file() {
    let catalog = catalog();
    let mut rows = rows_of(1, 6, 1);
    for row in &mut rows {
        row.humidity = Some(1.0);
    }
    rows[4].humidity = None;
    let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
    let fetch = |fetch: Fetch| block_on(catalog.fetch_rows::<Strict>(fetch, &FetchOptions::default()));
    let check = |fetch_: Fetch, expected: u64| {
        let error = fetch(fetch_).unwrap_err();
        let Error::Scan { source, .. } = &error else { panic!("{error:?}") };
        let Error::Decode { column, row, place, .. } = &**source else { panic!("{source:?}") };
        assert_eq!((column.as_str(), *row), ("humidity", expected));
        assert!(place.contains(".parquet"), "{place}");
    };
    check(span("..").into(), 4);
    // The filter leaves one row; in the file it is still the fifth.
    check(Fetch::from(span("..")).filter(Strict::HUMIDITY.is_null()), 4);
    write(&catalog, [2], 1);
    assert!(fetch(span("2025-01-02..").into()).is_ok_and(|rows| rows[0].at == day(2)));
    let _: Option<Weather> = None;
}
