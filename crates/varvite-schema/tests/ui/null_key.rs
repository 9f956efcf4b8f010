use varvite_schema::FeatureGroup;

#[derive(FeatureGroup)]
struct Readings {
    #[entity_key]
    station: Option<String>,
    #[event_time]
    at: Option<i64>,
    value: f64,
}

fn main() {}
