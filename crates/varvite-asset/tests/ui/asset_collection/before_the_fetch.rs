use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::Weather;

#[derive(AssetCollection)]
struct Report {
    recent: Vec<Weather>,
}

fn main() {
    let report: Report;
    println!("{}", report.recent.len());
}
