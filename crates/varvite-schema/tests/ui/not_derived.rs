use varvite_schema::{FeatureGroup, FeatureGroupSchema};

struct Readings {
    value: f64,
}

fn definition<G: FeatureGroup>() -> FeatureGroupSchema {
    G::feature_group().unwrap()
}

fn main() {
    let _ = definition::<Readings>();
}
