use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::Weather;

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = "2024-02-01", end = "2024-01-01")]
    dates: Vec<Weather>,
    #[fetch(start = "now", end = "now-1d")]
    shifts: Vec<Weather>,
}

fn main() {}
