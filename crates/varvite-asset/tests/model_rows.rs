//! Rows of a model become columns, and come back from them.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Int32Array, RecordBatch, StringArray, TimestampSecondArray};
use varvite_asset::chrono::{DateTime, NaiveDate, Utc};
use varvite_asset::{AssetKind, ColumnDefault, FeatureModel, Value};

/// A station's weather.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "weather_data", resolution = "1d", version = 2, time = timestamp)]
struct Weather {
    timestamp: DateTime<Utc>,
    #[model(key)]
    region: String,
    #[model(check(range = -90.0..=60.0))]
    temperature: f64,
    #[model(default)]
    humidity: Option<f64>,
    #[model(name = "observations", default = 1, check(range = 1.., not_null))]
    count: i32,
    tags: Vec<String>,
    place: Option<Place>,
    #[model(skip, default)]
    seen: bool,
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(nested)]
struct Place {
    lat: f64,
    lon: f64,
    #[model(default)]
    since: Option<NaiveDate>,
}

fn row(second: i64) -> Weather {
    Weather {
        timestamp: DateTime::from_timestamp(second, 500_000).unwrap(),
        region: "north".to_owned(),
        temperature: 12.5,
        humidity: (second % 2 == 0).then_some(0.5),
        count: 3,
        tags: vec!["a".to_owned(); usize::try_from(second % 3).unwrap()],
        place: (second % 2 == 1).then_some(Place { lat: 1.0, lon: 2.0, since: NaiveDate::from_ymd_opt(2024, 1, 31) }),
        seen: false,
    }
}

#[test]
fn rows_come_back() {
    let rows: Vec<Weather> = (0..10).map(row).collect();
    let batch = Weather::encode(&rows).unwrap();
    assert_eq!(batch.schema(), Weather::schema().arrow());
    let mut back = vec![row(77)];
    Weather::decode(&batch, &mut back).unwrap();
    assert_eq!(back.remove(0), row(77));
    assert_eq!(back, rows);
    let mut slice = Vec::new();
    Weather::decode(&batch.slice(3, 4), &mut slice).unwrap();
    assert_eq!(slice, rows[3..7]);
}

#[test]
fn a_model_says_what_it_is() {
    assert_eq!((Weather::ASSET, Weather::VERSION, Weather::TIME), ("weather_data", 2, Some("timestamp")));
    assert_eq!(Weather::KIND, AssetKind::Feature { resolution: "1d".parse().unwrap() });
    assert_eq!(Weather::COLUMNS, ["timestamp", "region", "temperature", "humidity", "observations", "tags", "place"]);
    assert_eq!(Weather::COUNT.name(), "observations");
    let schema = Weather::schema();
    assert_eq!(schema.keys, ["region"]);
    assert_eq!(schema.column("humidity").unwrap().default, ColumnDefault::Null);
    assert_eq!(schema.column("observations").unwrap().default, ColumnDefault::Value(Value::Int(1)));
    assert_eq!(schema.column("temperature").unwrap().checks[0].to_string(), "range -90.0..=60.0");
    assert!(Weather::earlier().is_empty());
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// Station rows, with little in them.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "stations", undated)]
struct Station {
    name: String,
    height: f64,
    #[model(default)]
    opened: DateTime<Utc>,
    #[model(default = "none")]
    owner: Option<String>,
}

#[test]
fn absent_columns_take_their_default_and_narrower_ones_are_widened() {
    let mut rows = Vec::new();
    let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let heights: ArrayRef = Arc::new(Int32Array::from(vec![7, 8]));
    Station::decode(&batch(vec![("other", heights.clone()), ("name", names.clone()), ("height", heights)]), &mut rows)
        .unwrap();
    let station = |name: &str, height| Station {
        name: name.to_owned(),
        height,
        opened: DateTime::UNIX_EPOCH,
        owner: Some("none".to_owned()),
    };
    assert_eq!(rows, [station("a", 7.0), station("b", 8.0)]);

    let heights: ArrayRef = Arc::new(Float32Array::from(vec![0.5, 1.5]));
    let opened: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, 0]));
    Station::decode(&batch(vec![("name", names), ("height", heights), ("opened", opened)]), &mut rows).unwrap();
    assert_eq!(rows[3], station("b", 1.5));
}

#[test]
fn what_does_not_fit_is_named_and_rows_stay_as_they_were() {
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let heights: ArrayRef = Arc::new(Float32Array::from(vec![0.5, 1.5]));
    let check = |columns, message: &str| {
        let mut rows = vec![];
        assert_eq!(Station::decode(&batch(columns), &mut rows).unwrap_err().to_string(), message);
        assert!(rows.is_empty());
    };
    check(
        vec![("name", names), ("height", heights.clone())],
        "column `name`, row 1: it is null, and the field is no `Option`",
    );
    check(
        vec![("name", heights.clone()), ("height", heights.clone())],
        "column `name`, row 0: the column is Float32, the field needs Utf8",
    );
    check(vec![("height", heights)], "column `name`, row 0: there is no such column, and the field has no default");
}
