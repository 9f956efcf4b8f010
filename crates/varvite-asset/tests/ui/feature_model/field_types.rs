//! What only types can tell.

use std::collections::HashMap;

use varvite_asset::FeatureModel;
use varvite_asset::chrono::NaiveDate;

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct NoColumn {
    names: HashMap<String, f64>,
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct NoDefault {
    #[model(default)]
    parts: Vec<f64>,
}

struct Other;

#[derive(FeatureModel)]
#[model(asset = "weather", undated, reads(Other))]
struct ReadsNoModel {
    value: f64,
}

fn positive(value: &f64) -> f64 {
    *value
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct NoVerdict {
    #[model(check(with = positive))]
    value: f64,
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct Filtered {
    value: f64,
    day: NaiveDate,
}

fn main() {
    let _ = Filtered::VALUE.gt("hot");
    let _ = Filtered::DAY.eq("2024-01-01");
}
