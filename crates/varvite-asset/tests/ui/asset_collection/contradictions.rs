use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::{Station, Weather};

#[derive(AssetCollection)]
struct Inner {
    rows: Vec<Weather>,
}

#[derive(AssetCollection)]
struct Report {
    #[fetch(latest, start = "now-7d")]
    latest_of_range: Vec<Weather>,
    #[fetch(tolerance = 2)]
    tolerance_alone: Vec<Weather>,
    #[fetch(latest, edges = "closed")]
    edges_of_latest: Vec<Weather>,
    #[fetch(flatten, missing = "warn")]
    flattened: Inner,
    #[fetch(lake = "exports", store = "stations")]
    both: Vec<Station>,
    #[fetch(store = "stations", start = "now-7d")]
    dated: Vec<Station>,
    #[fetch(store = "stations", latest)]
    newest: Vec<Station>,
    #[fetch(store = "stations", keys(region = "north"))]
    keyed: Vec<Station>,
}

fn main() {}
