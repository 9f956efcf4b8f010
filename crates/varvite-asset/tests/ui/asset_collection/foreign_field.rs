use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::Weather;

#[derive(AssetCollection)]
struct Report {
    one_row: Weather,
    texts: Vec<String>,
    number: u64,
}

fn main() {}
