use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::Weather;

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = "yesterday")]
    word: Vec<Weather>,
    #[fetch(start = "2023-02-29")]
    no_such_day: Vec<Weather>,
    #[fetch(start = "now-7")]
    no_unit: Vec<Weather>,
    #[fetch(start = "now-7x")]
    unknown_unit: Vec<Weather>,
    #[fetch(end = "now-7d/x")]
    unknown_resolution: Vec<Weather>,
    #[fetch(end = "2024-01-01T12:00")]
    no_offset: Vec<Weather>,
    #[fetch(end = "2024-01-01T25:00Z")]
    no_such_time: Vec<Weather>,
}

fn main() {}
