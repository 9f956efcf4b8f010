//! Rows of an asset as a stream in bounded memory, the newest interval up to a tolerance, and rows by interval.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use varvite::asset::chrono::{DateTime, TimeDelta, Utc};
use varvite::asset::{AssetWrite, Catalog, Fetch, FetchOptions, Interval, Latest, Span};
use varvite::time::Instant;
use varvite::{AssetCollection, FeatureModel};

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "ticks", resolution = "1h", time = at)]
struct Tick {
    at: DateTime<Utc>,
    price: f64,
    #[model(default)]
    volume: Option<i64>,
}

#[derive(AssetCollection)]
struct Market {
    #[fetch(latest, tolerance = 3)]
    newest: Option<Latest<Tick>>,
    #[fetch(start = "now-1d/d", end = "now/d")]
    by_hour: BTreeMap<Interval, Vec<Tick>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let now: Instant = "2024-03-05T02:30:00Z".parse()?;
    let catalog = Catalog::open(folder.path())?.with_clock(move || now);

    let start: DateTime<Utc> = "2024-03-04T00:00:00Z".parse()?;
    let tick = |n: i32| Tick {
        at: start + TimeDelta::seconds(n.into()),
        price: 100.0 + f64::from(n % 600) / 100.0,
        volume: (n % 7 != 0).then(|| i64::from(n % 50)),
    };
    // A day from midnight on, of which the hour from 3 to 4 is never written.
    let written = (0..86_400).filter(|second| second / 3600 != 3).map(tick);
    println!("{}\n", catalog.write(&written.collect::<Vec<_>>(), &AssetWrite::replace())?);
    // An hour without rows is written, too.
    let midnight: Span = "2024-03-05T00:00:00Z..2024-03-05T01:00:00Z".parse()?;
    let _ = catalog.write::<Tick>(&[], &AssetWrite::replace().covering(midnight))?;

    // Memory holds some pieces, however many rows there are.
    let busy = Fetch::from("2024-03-04..2024-03-05".parse::<Span>()?).filter(Tick::VOLUME.gt(40));
    let mut stream = catalog.stream::<Tick>(busy, &FetchOptions::default());
    let (mut rows, mut turnover) = (0, 0.0);
    while let Some(piece) = stream.try_next().await? {
        rows += piece.len();
        turnover += piece.iter().map(|tick| tick.price).sum::<f64>();
    }
    println!("{rows} busy seconds, mean price {:.2}", turnover / f64::from(u32::try_from(rows)?));

    let market = catalog.fetch::<Market>(&FetchOptions::default()).await?.into_inner();
    if let Some(Latest { interval, rows }) = &market.newest {
        println!("the newest hour up to three back is {interval}, with {} rows", rows.len());
    }
    for (hour, ticks) in market.by_hour.iter().take(5) {
        let high = ticks.iter().map(|tick| tick.price).fold(f64::MIN, f64::max);
        println!("{}: {} ticks, up to {high}", hour.start, ticks.len());
    }
    assert_eq!(market.by_hour.len(), 23);
    Ok(())
}
