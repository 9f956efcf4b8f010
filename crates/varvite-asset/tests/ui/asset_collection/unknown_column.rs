use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::Weather;

#[derive(AssetCollection)]
struct Report {
    #[fetch(columns(timestamp, humidity))]
    columns: Option<Vec<Weather>>,
    #[fetch(keys(region = "north"))]
    keys: Vec<Weather>,
}

fn main() {}
