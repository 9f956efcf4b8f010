use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::Weather;

#[derive(AssetCollection)]
struct Report {
    #[fetch(missing = "sometimes")]
    policy: Vec<Weather>,
    #[fetch(edges = "round")]
    edges: Vec<Weather>,
    #[fetch(version = 0)]
    version: Vec<Weather>,
    #[fetch(latest, tolerance = "two")]
    tolerance: Vec<Weather>,
    #[fetch(lake = "")]
    lake: Vec<varvite_asset::LakeFile>,
    #[fetch(columns())]
    no_columns: Vec<Weather>,
    #[fetch(columns(timestamp, timestamp))]
    column_twice: Vec<Weather>,
    #[fetch(keys(region = 1.5))]
    float_key: Vec<Weather>,
    #[fetch(keys(region = "north", region = "south"))]
    key_twice: Vec<Weather>,
}

fn main() {}
