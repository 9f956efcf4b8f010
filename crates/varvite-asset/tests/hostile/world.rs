//! A daily asset, whose rows tell which write they are of.

use std::sync::Arc;

use varvite_asset::chrono::{DateTime, TimeDelta, Utc};
use varvite_asset::{AssetWrite, Catalog, FeatureModel, Fetch, FetchOptions, Fetched, Result, Retries, Span};
use varvite_storage::{Storage, StoragePath};

/// A row.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "readings", resolution = "1d", time = at)]
pub(crate) struct Reading {
    pub(crate) at: DateTime<Utc>,
    pub(crate) note: String,
    pub(crate) value: i64,
}

pub(crate) const DAYS: i64 = 6;
pub(crate) const ROWS: i64 = 40;

pub(crate) fn day(day: i64) -> DateTime<Utc> {
    "2025-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(day)
}

/// The rows of a day, all with one value.
pub(crate) fn rows_of(of: i64, value: i64) -> Vec<Reading> {
    let row = |row: i64| Reading {
        at: day(of) + TimeDelta::minutes(row * 30),
        note: format!("{of}/{row} {}", "x".repeat(usize::try_from(row % 7).unwrap())),
        value,
    };
    (0..ROWS).map(row).collect()
}

/// The rows of all days.
pub(crate) fn all(value: i64) -> Vec<Reading> {
    (0..DAYS).flat_map(|day| rows_of(day, value)).collect()
}

pub(crate) fn catalog_on(storage: &(impl Storage + Clone + 'static)) -> Catalog {
    Catalog::at(Arc::new(storage.clone()), StoragePath::root()).unwrap()
}

pub(crate) fn write(catalog: &Catalog, rows: &[Reading]) {
    let _ = catalog.write(rows, &AssetWrite::replace()).unwrap();
}

pub(crate) fn everything() -> Fetch {
    Fetch::from(Span::all())
}

/// No second attempts: what fails is seen.
pub(crate) fn once() -> FetchOptions {
    FetchOptions::default().with_retries(Retries { attempts: 1, ..Retries::default() })
}

pub(crate) fn fetch(catalog: &Catalog) -> Result<Fetched<Vec<Reading>>> {
    block_on(catalog.fetch_rows::<Reading>(everything(), &once()))
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}
