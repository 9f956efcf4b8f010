use varvite_schema::FeatureGroup;

#[derive(FeatureGroup)]
enum Choice {
    One,
}

#[derive(FeatureGroup)]
struct Tuple(i64, f64);

#[derive(FeatureGroup)]
struct Empty {}

#[derive(FeatureGroup)]
struct Generic<T> {
    value: T,
}

fn main() {}
