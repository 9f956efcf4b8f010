//! A field as a lazy Polars frame, beside typed rows of the same model: files are read when it is collected, checks asked.

use varvite::asset::chrono::{DateTime, TimeDelta, Utc};
use varvite::asset::polars::prelude::{SortMultipleOptions, col, len, lit};
use varvite::asset::{AssetWrite, Catalog, FetchOptions, Frame};
use varvite::time::Instant;
use varvite::{AssetCollection, FeatureModel};

#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct Weather {
    timestamp: DateTime<Utc>,
    #[model(key)]
    region: String,
    #[model(check(range = -90.0..=60.0))]
    temperature: f64,
    #[model(default)]
    humidity: Option<f64>,
}

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = "2024-01-01", end = "2024-03-01")]
    history: Frame<Weather>,
    #[fetch(start = "now-1d/d")]
    recent: Vec<Weather>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let now: Instant = "2024-03-01T12:00:00Z".parse()?;
    let catalog = Catalog::open(folder.path())?.with_clock(move || now);

    let start: DateTime<Utc> = "2024-01-01T00:00:00Z".parse()?;
    let hour = |hour: i32, region: &str| Weather {
        timestamp: start + TimeDelta::hours(hour.into()),
        region: region.to_owned(),
        temperature: 10.0 + f64::from(hour % 24) - f64::from(hour / 240),
        humidity: (hour % 5 != 0).then(|| f64::from(hour % 100) / 100.0),
    };
    let rows: Vec<Weather> = (0..60 * 24).flat_map(|n| [hour(n, "north"), hour(n, "south")]).collect();
    println!("{} rows written", catalog.write(&rows, &AssetWrite::replace())?.rows());

    // Polars waits by itself, and not inside a runtime of one thread: frames are collected outside of it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let report = runtime.block_on(catalog.fetch::<Report>(&FetchOptions::default()))?;
    // Footers are read by now, and the rows of `recent`.
    println!("{:?}, and {} rows", report.history, report.recent.len());

    // Columns and predicates reach the files: no others are read.
    let warm = report.history.lazy().filter(col("temperature").gt(lit(25.0)));
    let by_region = warm
        .group_by([col("region")])
        .agg([len().alias("hours"), col("temperature").max().alias("warmest")])
        .sort(["region"], SortMultipleOptions::default());
    let found = by_region.collect()?;
    let (regions, hours, warmest) = (found.column("region")?, found.column("hours")?, found.column("warmest")?);
    for ((region, hours), warmest) in regions.str()?.iter().zip(hours.u32()?.iter()).zip(warmest.f64()?.iter()) {
        println!("{}: {} warm hours, up to {}", region.unwrap_or("?"), hours.unwrap_or(0), warmest.unwrap_or(f64::NAN));
    }

    // Filters of the model serve frames, too.
    let dry = report.history.filter(&Weather::HUMIDITY.lt(0.1).and(Weather::REGION.eq("north")))?;
    println!("{} dry hours in the north", dry.collect()?.height());
    Ok(())
}
