//! What a program needs, declared as a struct and fetched at once: checked, with what is missing, and shared.

use std::sync::Arc;

use varvite::asset::chrono::{DateTime, TimeDelta, Utc};
use varvite::asset::{AssetWrite, Catalog, FetchOptions, Missing, Shared, Span};
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
}

#[derive(FeatureModel, Debug)]
#[model(asset = "stations", undated)]
struct Station {
    region: String,
    height: f64,
}

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = "now-3d/d", missing = "warn")]
    recent: Vec<Weather>,
    #[fetch(start = "2024-01-01", keys(region = "north"), filter = Weather::TEMPERATURE.gt(4.5))]
    warm: Vec<Weather>,
    stations: Vec<Station>,
}

/// Who names this place shares one fetch.
static REPORT: Shared<Report> = Shared::new();

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let now: Instant = "2024-01-09T12:00:00Z".parse()?;
    let catalog = Catalog::open(folder.path())?.with_clock(move || now);

    let start: DateTime<Utc> = "2024-01-01T06:00:00Z".parse()?;
    let day = |day: i32, region: &str, temperature| Weather {
        timestamp: start + TimeDelta::days(day.into()),
        region: region.to_owned(),
        temperature,
    };
    // The 8th of January is left out.
    let days = (0..7).chain([8]).flat_map(|n| [day(n, "north", f64::from(n)), day(n, "south", 20.0)]);
    println!("{}\n", catalog.write(&days.collect::<Vec<_>>(), &AssetWrite::replace())?);
    let station = |region: &str, height| Station { region: region.to_owned(), height };
    let _ = catalog.replace(&[station("north", 812.0), station("south", 12.0)])?;
    if let Err(refused) = catalog.write(&[day(9, "north", 99.0)], &AssetWrite::replace()) {
        println!("refused: {refused}\n");
    }

    let report = catalog.fetch::<Report>(&FetchOptions::default()).await?;
    println!("{}\n{}", report.plan(), report.summary());
    for Station { region, height } in &report.stations {
        let recent = report.recent.iter().filter(|row| row.region == *region).count();
        println!("{region}, {height} m: {recent} recent rows");
    }
    println!("{} warm days in the north", report.warm.len());

    // One fetch may ask otherwise than the struct says.
    let request = Report::request().recent("2024-01-06..2024-01-08".parse::<Span>()?).missing(Missing::Fail);
    let other = catalog.fetch_with::<Report>(request, &FetchOptions::default()).await;
    println!("{}", other.map_or_else(|error| error.to_string(), |other| format!("{} rows", other.recent.len())));

    let shared = REPORT.get(&catalog).await?;
    assert!(Arc::ptr_eq(&shared, &REPORT.get(&catalog).await?));
    let _ = catalog.write(&[day(7, "north", 5.0), day(7, "south", 21.0)], &AssetWrite::replace())?;
    let newer = REPORT.refresh(&catalog).await?;
    println!("shared: {} recent rows, after a refresh {}", shared.recent.len(), newer.recent.len());
    Ok(())
}
