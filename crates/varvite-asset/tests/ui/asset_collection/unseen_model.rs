use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::Weather;

type Rows = Vec<Weather>;

#[derive(AssetCollection)]
struct Report {
    #[fetch(columns(timestamp))]
    rows: Rows,
}

fn main() {}
