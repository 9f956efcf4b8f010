//! What is wrong in the brackets of fields: all of it at once.

use varvite_asset::FeatureModel;

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct Weather {
    #[model(nmae = "x")]
    a: f64,
    #[model(skip)]
    b: f64,
    #[model(name = "a")]
    c: f64,
    #[model(key)]
    d: i64,
    #[model(default, default)]
    e: f64,
    #[model(default = [1])]
    f: f64,
    #[model(check(rnage = 0..1))]
    g: f64,
    #[model(check(range = 1))]
    h: f64,
    #[model(check(range = 2..1))]
    i: f64,
    #[model(check(pattern = "[a-"))]
    j: String,
    #[model(check(monotonic = loosely))]
    k: f64,
    #[model(check(one_of = [], length = 3..2))]
    l: String,
}

#[derive(FeatureModel)]
#[model(nested)]
struct Place {
    #[model(check(unique))]
    lat: f64,
}

fn main() {}
