use varvite_asset::AssetCollection;

#[path = "../model.rs"]
mod model;
use model::Weather;

#[derive(AssetCollection)]
#[fetch(start = "now-7d")]
struct Report {
    #[fetch(from = "now-7d")]
    unknown: Vec<Weather>,
    #[fetch(start = "now-7d", start = "now-8d")]
    twice: Vec<Weather>,
    #[fetch(latest)]
    #[fetch(latest)]
    twice_in_two: Vec<Weather>,
    #[fetch = "now-7d"]
    no_brackets: Vec<Weather>,
    #[fetch(start = 7)]
    no_text: Vec<Weather>,
}

fn main() {
    // One mistake is one message: what is called here is there.
    let _ = Report::request().unknown(varvite_asset::Span::all());
}
