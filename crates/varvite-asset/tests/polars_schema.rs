//! Frames have the columns of their model, whatever was stored, and also if nothing was.
#![allow(clippy::unwrap_used, reason = "tests")]

mod frames;

use frames::{Weather, at, catalog, columns, floats, frame, names, reading, write_days};
use varvite_asset::chrono::{DateTime, NaiveDate, Utc};
use varvite_asset::polars::prelude::{DataType, IntoLazy, TimeUnit, TimeZone, col};
use varvite_asset::{AssetWrite, Error, FeatureModel, Fetch, Frame, Span};

fn model_columns() -> Vec<(String, DataType)> {
    let utc = TimeZone::opt_try_new(Some("UTC")).unwrap();
    vec![
        ("timestamp".to_owned(), DataType::Datetime(TimeUnit::Microseconds, utc)),
        ("station".to_owned(), DataType::Int32),
        ("temperature".to_owned(), DataType::Float64),
        ("note".to_owned(), DataType::String),
    ]
}

#[test]
fn a_frame_has_the_rows_of_the_stretch_with_the_columns_of_the_model() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 3);
    let all = frame::<Weather>(&catalog, Fetch::default()).unwrap().collect().unwrap();
    assert_eq!(columns(&all), model_columns());
    let expected: Vec<f64> = (0..72).map(|hour| reading(hour).temperature).collect();
    assert_eq!(floats(&all, "temperature"), expected);

    let within = frame::<Weather>(&catalog, Span::between(at_instant(20), at_instant(50))).unwrap();
    assert_eq!(floats(&within.collect().unwrap(), "temperature"), expected[20..50]);
    assert!(format!("{within:?}").contains("3 files"), "{within:?}");
}

fn at_instant(hour: u32) -> varvite_time::Instant {
    at(hour).to_rfc3339().parse().unwrap()
}

#[test]
fn nothing_is_an_empty_frame_with_the_same_columns() {
    let (_folder, catalog) = catalog();
    let nothing = frame::<Weather>(&catalog, Fetch::default()).unwrap().collect().unwrap();
    assert_eq!((nothing.height(), columns(&nothing)), (0, model_columns()));
    write_days(&catalog, 1);
    let empty: Span = "2025-01-01T05:00:00Z..2025-01-01T05:00:00Z".parse().unwrap();
    let nothing = frame::<Weather>(&catalog, empty).unwrap().collect().unwrap();
    assert_eq!((nothing.height(), columns(&nothing)), (0, model_columns()));
}

#[test]
fn columns_that_are_wanted_come_in_their_order() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 1);
    let hot = Weather::TEMPERATURE.gt(2.2);
    let fetch = Fetch::default().columns(["note", "station"]).filter(hot);
    let found = frame::<Weather>(&catalog, fetch).unwrap().collect().unwrap();
    assert_eq!((names(&found), found.height()), (vec!["note".to_owned(), "station".to_owned()], 1));
}

/// The same asset as those who came later see it.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct Wider {
    timestamp: DateTime<Utc>,
    station: i32,
    #[model(default)]
    humidity: Option<f64>,
    #[model(default = 7)]
    quality: i64,
    #[model(default = "2024-01-31")]
    since: NaiveDate,
    #[model(default = "none")]
    source: String,
}

#[test]
fn absent_columns_take_the_defaults_of_the_model_and_others_are_dropped() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 1);
    let frame: Frame<Wider> = frame(&catalog, Fetch::default()).unwrap();
    let found = frame.collect().unwrap();
    assert_eq!(names(&found), ["timestamp", "station", "humidity", "quality", "since", "source"]);
    assert_eq!(found.column("humidity").unwrap().null_count(), 24);
    assert_eq!(found.column("humidity").unwrap().dtype(), &DataType::Float64);
    assert_eq!(found.column("quality").unwrap().i64().unwrap().get(23), Some(7));
    assert_eq!(found.column("since").unwrap().get(0).unwrap().to_string(), "2024-01-31");
    assert_eq!(found.column("source").unwrap().str().unwrap().get(0), Some("none"));
    let filtered = found.lazy().filter(col("quality").eq(7)).collect().unwrap();
    assert_eq!(filtered.height(), 24);
}

#[test]
fn absent_columns_alone_have_as_many_rows_as_were_stored() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 2);
    let only = |fetch: Fetch| frame::<Wider>(&catalog, fetch.columns(["quality", "humidity"])).unwrap();
    let found = only(Fetch::default()).collect().unwrap();
    assert_eq!((names(&found), found.height()), (vec!["quality".to_owned(), "humidity".to_owned()], 48));
    assert_eq!(found.column("quality").unwrap().i64().unwrap().into_no_null_iter().sum::<i64>(), 7 * 48);
    let within = only("2025-01-01T12:00:00Z..".parse::<Span>().unwrap().into());
    assert_eq!(within.collect().unwrap().height(), 36);
    let sum = within.lazy().select([col("quality").sum()]).collect().unwrap();
    assert_eq!(sum.column("quality").unwrap().i64().unwrap().get(0), Some(7 * 36));
    let odd = only(Fetch::default().filter(Wider::STATION.eq(1))).collect().unwrap();
    assert_eq!(odd.height(), 24);
}

#[test]
fn absent_columns_alone_have_as_many_rows_where_there_are_no_files() {
    let catalog = varvite_asset::Catalog::in_memory();
    write_days(&catalog, 2);
    let found = frame::<Wider>(&catalog, Fetch::default().columns(["quality"])).unwrap().collect().unwrap();
    assert_eq!(found.height(), 48);
}

/// A column that nobody stored, and that has no default.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct Demanding {
    timestamp: DateTime<Utc>,
    extra: f64,
}

/// A column of a type that would lose something.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct Narrower {
    timestamp: DateTime<Utc>,
    temperature: f32,
}

#[test]
fn what_does_not_fit_is_refused_when_the_frame_is_fetched() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 1);
    let Err(error @ Error::SchemaMismatch { .. }) = frame::<Demanding>(&catalog, Fetch::default()) else { panic!() };
    assert!(error.to_string().contains("`extra`"), "{error}");
    let Err(error @ Error::SchemaMismatch { .. }) = frame::<Narrower>(&catalog, Fetch::default()) else { panic!() };
    assert!(error.to_string().contains("`temperature` is stored as Float64, the model needs Float32"), "{error}");
}

/// Wider types than those that were stored.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct Roomier {
    timestamp: DateTime<Utc>,
    station: i64,
}

#[test]
fn narrower_columns_are_widened() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 1);
    let found = frame::<Roomier>(&catalog, Fetch::default()).unwrap().collect().unwrap();
    assert_eq!(found.column("station").unwrap().i64().unwrap().get(3), Some(1));
}

#[test]
fn a_storage_without_files_gives_frames_too() {
    let catalog = varvite_asset::Catalog::in_memory();
    let rows: Vec<Weather> = (0..30).map(reading).collect();
    let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
    let fetch = Fetch::from("2025-01-01T03:00:00Z..".parse::<Span>().unwrap());
    let found = frame::<Weather>(&catalog, fetch).unwrap().collect().unwrap();
    assert_eq!((found.height(), columns(&found)), (27, model_columns()));
}
