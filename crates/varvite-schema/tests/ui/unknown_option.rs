use varvite_schema::FeatureGroup;

#[derive(FeatureGroup)]
#[feature_group(title = "readings")]
struct Title {
    #[event_time]
    at: i64,
    #[column(minimum = 0)]
    value: f64,
}

#[derive(FeatureGroup)]
#[feature_group(version = 0)]
struct Version {
    #[event_time(unit = "ms")]
    at: i64,
    #[column(min = 0, min = 1)]
    value: f64,
    #[column(feature_type = "number")]
    other: f64,
    #[column(max = limit())]
    third: f64,
}

fn main() {}
