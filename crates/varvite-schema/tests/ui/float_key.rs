use varvite_schema::FeatureGroup;

#[derive(FeatureGroup)]
struct Readings {
    #[entity_key]
    height: f64,
    #[event_time]
    at: i64,
    value: f64,
}

fn main() {}
