//! What constants refuse: options that do not fit a field's type.

use varvite_asset::chrono::{DateTime, NaiveDate, Utc};
use varvite_asset::{Decimal, FeatureModel};

#[derive(FeatureModel)]
#[model(asset = "weather", resolution = "500ms", time = timestamp)]
struct BadResolution {
    timestamp: DateTime<Utc>,
}

#[derive(FeatureModel)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct TextTime {
    timestamp: String,
}

#[derive(FeatureModel)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct OptionalTime {
    timestamp: Option<DateTime<Utc>>,
    #[model(key)]
    height: f64,
    #[model(key)]
    region: Option<String>,
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct Checks {
    #[model(check(pattern = "x"))]
    a: f64,
    #[model(check(range = 1..2))]
    b: String,
    #[model(check(length = 1))]
    c: f64,
    #[model(check(range = 0..300))]
    d: u8,
    #[model(check(one_of = [0.5]))]
    e: i64,
    #[model(check(range = "2024-13-01"..))]
    f: NaiveDate,
    #[model(check(unique))]
    g: Vec<f64>,
    #[model(check(monotonic))]
    h: bool,
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct Defaults {
    #[model(default = 300)]
    a: u8,
    #[model(default = "x")]
    b: f64,
    #[model(default = 1)]
    c: Option<String>,
    #[model(default = "yesterday")]
    d: DateTime<Utc>,
    #[model(default = "1,5")]
    e: Decimal<9, 2>,
}

fn main() {}
