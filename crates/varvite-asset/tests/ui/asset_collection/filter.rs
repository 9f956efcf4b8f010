use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::Weather;

#[derive(AssetCollection)]
struct Report {
    #[fetch(filter = 30.0)]
    number: Vec<Weather>,
    #[fetch(filter = Weather::HUMIDITY)]
    unknown: Vec<Weather>,
}

fn main() {}
