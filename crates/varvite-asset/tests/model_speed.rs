//! How long rows take: run it in release, alone (`--release -- --ignored --nocapture`).

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Instant as Stopwatch;

use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::{Checker, FeatureModel};

#[derive(FeatureModel, Clone)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct Weather {
    #[model(check(monotonic))]
    timestamp: DateTime<Utc>,
    station: i64,
    #[model(check(range = -90.0..=60.0))]
    temperature: f64,
    humidity: Option<f64>,
}

#[test]
#[ignore = "measures"]
fn a_year_of_ten_thousand_rows_a_day() {
    let row = |at: i32| Weather {
        timestamp: DateTime::from_timestamp(i64::from(at) * 8, 0).unwrap(),
        station: i64::from(at % 1000),
        temperature: f64::from(at % 60),
        humidity: (at % 7 != 0).then_some(0.5),
    };
    let rows: Vec<Weather> = (0..10_000).map(row).collect();
    let batch = Weather::encode(&rows).unwrap();
    let mut all: Vec<Weather> = Vec::with_capacity(3_650_000);
    for round in 0..3 {
        all.clear();
        let watch = Stopwatch::now();
        for _ in 0..365 {
            Weather::decode(&batch, &mut all).unwrap();
        }
        let decoded = watch.elapsed();
        let watch = Stopwatch::now();
        let mut checker = Checker::new(Weather::schema()).unwrap();
        let violations = (0..365).filter(|_| checker.check(&batch).is_err()).count();
        let checked = watch.elapsed();
        let watch = Stopwatch::now();
        let filter = Weather::TEMPERATURE.gt(30.0) & Weather::STATION.lt(500);
        let wanted: usize = (0..365).map(|_| filter.mask(&batch).unwrap().true_count()).sum();
        let filtered = watch.elapsed();
        let watch = Stopwatch::now();
        let encoded = Weather::encode(&all).unwrap().num_rows();
        println!(
            "round {round}: {} rows decoded {decoded:?}, checked {checked:?} ({violations}), masked {filtered:?} ({wanted}), \
             {encoded} encoded {:?}",
            all.len(),
            watch.elapsed()
        );
    }
    assert_eq!(all.len(), 3_650_000);
}
