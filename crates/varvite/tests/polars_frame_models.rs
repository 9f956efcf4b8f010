//! A model of an asset is the model of its frames in a dataflow.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite::asset::chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use varvite::asset::{AssetWrite, Catalog, FetchOptions};
use varvite::flow::polars::prelude::{DataType, IntoLazy, col, df, lit};
use varvite::flow::{ColExpr, Dataflow, Folded, Frame, FrameModel, Item, Kind, Moments, Phase, Whole, dataflow};
use varvite::time::Instant;
use varvite::{AssetCollection, FeatureModel};

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "a test")]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
pub struct Weather {
    timestamp: DateTime<Utc>,
    #[model(key)]
    region: String,
    #[model(name = "temp", check(range = -90.0..=60.0))]
    temperature: f64,
    #[model(default)]
    humidity: Option<f32>,
    day: NaiveDate,
    stations: Vec<i64>,
    #[model(skip, default)]
    note: String,
}

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = "2024-01-01", end = "2024-01-03")]
    history: varvite::asset::Frame<Weather>,
}

#[dataflow]
mod climate {
    use super::{ColExpr, Folded, Frame, Moments, Weather, Whole, col, lit};

    /// The rows of one region: still a frame of the model.
    #[node]
    pub fn north(weather: Frame<Weather>) -> Frame<Weather> {
        weather.lazy().filter(col("region").eq(lit("north"))).into()
    }

    #[node]
    pub fn temp(north: Frame<Weather>) -> ColExpr<f64> {
        north.column("temp")
    }

    #[node]
    pub fn mean(temp: Folded<Moments>) -> Whole<f64> {
        Whole(temp.mean())
    }
}

fn rows() -> Vec<Weather> {
    let start: DateTime<Utc> = "2024-01-01T00:00:00Z".parse().unwrap();
    let row = |hour: i32| Weather {
        timestamp: start + TimeDelta::hours(hour.into()),
        region: if hour % 2 == 0 { "north" } else { "south" }.to_owned(),
        temperature: f64::from(hour),
        humidity: (hour % 3 == 0).then_some(0.5),
        day: start.date_naive(),
        stations: vec![hour.into()],
        note: String::new(),
    };
    (0..24).map(row).collect()
}

#[test]
fn the_columns_are_those_of_the_model() {
    let columns = [
        ("timestamp", Item::Timestamp),
        ("region", Item::Str),
        ("temp", Item::F64),
        ("humidity", Item::F32),
        ("day", Item::Date),
        // Rows of a dataflow have no lists.
        ("stations", Item::Any),
    ];
    assert_eq!(<Weather as FrameModel>::columns(), columns.map(|(name, item)| (name.to_owned(), item)));
}

#[test]
fn a_fetched_frame_goes_into_a_dataflow_under_its_model() {
    let folder = tempfile::tempdir().unwrap();
    let now: Instant = "2024-01-03T12:00:00Z".parse().unwrap();
    let catalog = Catalog::open(folder.path()).unwrap().with_clock(move || now);
    let _ = catalog.write(&rows(), &AssetWrite::replace()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let report = runtime.block_on(catalog.fetch::<Report>(&FetchOptions::default())).unwrap();

    let flow = Dataflow::builder().with(climate::module()).build().unwrap();
    let run = flow.run().input("weather", report.history.lazy());
    let (temp, mean) = run.get::<(climate::temp, climate::mean)>().unwrap();
    assert_eq!(temp.to_vec(), (0..24).step_by(2).map(|hour| Some(f64::from(hour))).collect::<Vec<_>>());
    assert_eq!(mean.0, 11.0);
}

#[test]
fn a_frame_that_lacks_a_column_of_the_model_is_refused_before_anything_is_read() {
    let flow = Dataflow::builder().with(climate::module()).build().unwrap();
    let frame = df!("region" => ["north"], "temp" => [1_i64]).unwrap().lazy();
    let frame = frame.with_column(col("region").cast(DataType::String));
    let error = flow.run().input("weather", frame).get::<climate::temp>().unwrap_err();
    assert_eq!((error.phase, error.kind()), (Phase::Plan, Kind::TypeMismatch));
    let text = error.to_string();
    assert!(text.contains("its frame lacks the column `timestamp`: it has `region`, `temp`"), "{text}");
    assert!(text.contains("column `temp` of its frame is i64, wanted is f64"), "{text}");
}
