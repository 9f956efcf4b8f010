use varvite_schema::FeatureGroup;

#[derive(FeatureGroup)]
struct Readings {
    #[event_time]
    at: i64,
    count: u64,
}

fn main() {}
