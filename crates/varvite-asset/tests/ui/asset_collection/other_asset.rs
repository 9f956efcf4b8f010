use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::{Station, Weather};

#[derive(AssetCollection)]
struct Report {
    #[fetch(store = "station")]
    misspelt: Vec<Station>,
    #[fetch(store = "weather")]
    no_store: Vec<Weather>,
    #[fetch(lake = "weather")]
    no_lake: Vec<Weather>,
    #[fetch(version = 2)]
    version: Vec<Weather>,
}

fn main() {}
