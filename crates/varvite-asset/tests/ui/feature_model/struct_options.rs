//! What is missing or wrong in the brackets of the struct.

use varvite_asset::FeatureModel;
use varvite_asset::chrono::{DateTime, NaiveDate, Utc};

#[derive(FeatureModel)]
struct Nothing {
    value: f64,
}

#[derive(FeatureModel)]
#[model(asset = "weather", time = timestamp)]
struct NoResolution {
    timestamp: DateTime<Utc>,
}

#[derive(FeatureModel)]
#[model(asset = "weather", resolution = "1d", undated, time = timestamp)]
struct TwoKinds {
    timestamp: DateTime<Utc>,
}

#[derive(FeatureModel)]
#[model(asset = "weather", resolution = "1d")]
struct OneTime {
    id: i64,
    timestamp: DateTime<Utc>,
}

#[derive(FeatureModel)]
#[model(asset = "weather", resolution = "1d")]
struct TwoTimes {
    timestamp: DateTime<Utc>,
    day: NaiveDate,
}

#[derive(FeatureModel)]
#[model(asset = "weather", resolution = "1d", time = tiemstamp)]
struct NoSuchField {
    timestamp: DateTime<Utc>,
    value: f64,
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated, version = 0)]
struct VersionZero {
    value: f64,
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated, verison = 2)]
struct UnknownOption {
    value: f64,
}

#[derive(FeatureModel)]
#[model(asset = "", undated)]
struct NoName {
    value: f64,
}

#[derive(FeatureModel)]
#[model(nested, asset = "weather")]
struct NestedAsset {
    value: f64,
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct Generic<T> {
    value: T,
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct Tuple(f64);

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct Empty;

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
enum Either {
    One,
}

fn main() {}
