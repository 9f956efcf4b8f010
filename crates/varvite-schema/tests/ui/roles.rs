use varvite_schema::FeatureGroup;

#[derive(FeatureGroup)]
struct Twice {
    #[event_time]
    at: i64,
    #[event_time]
    again: i64,
    #[entity_key]
    #[column(min = 0)]
    both: i64,
}

fn main() {
    let _ = Twice::feature_group();
}
