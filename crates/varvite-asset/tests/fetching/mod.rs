//! A daily asset with rows at known times, for tests of fetches.
#![allow(dead_code, clippy::unwrap_used, clippy::struct_field_names, reason = "each test uses some of it")]

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use varvite_asset::chrono::{DateTime, TimeDelta, Utc};
use varvite_asset::{AssetWrite, Catalog, FeatureModel, Fetch, FetchOptions, Span};
use varvite_storage::{Entry, Lock, MemoryStorage, Published, Result, Staged, Storage, StoragePath};
use varvite_time::Instant;

/// What the clock says in these tests.
pub(crate) const NOW: &str = "2025-01-10T12:00:00Z";

/// A station's weather.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "weather", resolution = "1d", time = at)]
pub(crate) struct Weather {
    pub(crate) at: DateTime<Utc>,
    pub(crate) station: i64,
    pub(crate) temperature: f64,
    #[model(default)]
    pub(crate) humidity: Option<f64>,
}

/// The same by stations: rows of each are read by a scan of their own.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "stations", resolution = "1d", time = at)]
pub(crate) struct Station {
    pub(crate) at: DateTime<Utc>,
    #[model(key)]
    pub(crate) station: String,
    pub(crate) temperature: f64,
}

/// Rows of a day, of so many stations, so many each, in order of the stations.
pub(crate) fn stations(of: i64, stations: i64, count: i64) -> Vec<Station> {
    let rows = |station: i64| {
        let row =
            move |row: Weather| Station { at: row.at, station: format!("{station:03}"), temperature: row.temperature };
        rows_of(of, count, station).into_iter().map(row)
    };
    (1..=stations).flat_map(rows).collect()
}

/// A catalog whose clock stands still.
pub(crate) fn catalog_on(storage: Arc<dyn Storage>) -> Catalog {
    Catalog::at(storage, StoragePath::root()).unwrap().with_clock(now)
}

pub(crate) fn catalog() -> Catalog {
    catalog_on(Arc::new(MemoryStorage::new()))
}

pub(crate) fn now() -> Instant {
    NOW.parse().unwrap()
}

/// The start of a day of January 2025.
pub(crate) fn day(day: i64) -> DateTime<Utc> {
    "2025-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(day - 1)
}

/// So many rows of a day, evenly spaced; `station` tells what wrote them.
pub(crate) fn rows_of(of: i64, count: i64, station: i64) -> Vec<Weather> {
    let row = |row: i64| Weather {
        at: day(of) + TimeDelta::seconds(row * 86_400 / count),
        station,
        temperature: f64::from(i32::try_from(of * 1000 + row).unwrap()),
        humidity: (row % 2 == 0).then_some(0.5),
    };
    (0..count).map(row).collect()
}

/// Writes days of January 2025, so many rows each.
pub(crate) fn write(catalog: &Catalog, days: impl IntoIterator<Item = i64>, count: i64) {
    let rows: Vec<Weather> = days.into_iter().flat_map(|day| rows_of(day, count, 1)).collect();
    let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
}

pub(crate) fn span(text: &str) -> Span {
    text.parse().unwrap()
}

/// The rows of a fetch on a small runtime.
pub(crate) fn rows(catalog: &Catalog, fetch: impl Into<Fetch>) -> Vec<Weather> {
    block_on(catalog.fetch_rows::<Weather>(fetch, &FetchOptions::default())).unwrap().into_inner()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// Tells when a file is opened or a part of it begins to be read, and when that was done; may fail it.
pub(crate) struct Watched {
    pub(crate) inner: Arc<dyn Storage>,
    pub(crate) watch: Watch,
}

/// Called with `true` before, and with `false` after.
pub(crate) type Watch = Box<dyn Fn(bool) -> Result<()> + Send + Sync>;

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl Storage for Watched {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        self.inner.get(path)
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        (self.watch)(true)?;
        let bytes = self.inner.get_range(path, range)?;
        (self.watch)(false)?;
        Ok(bytes)
    }

    fn open_file(&self, path: &StoragePath) -> Result<Option<std::fs::File>> {
        (self.watch)(true)?;
        let file = self.inner.open_file(path)?;
        (self.watch)(false)?;
        Ok(file)
    }

    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        self.inner.head(path)
    }

    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        self.inner.list(folder)
    }

    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        self.inner.create_folder(folder)
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        self.inner.stage(path, bytes)
    }

    fn publish(&self, staged: &Staged) -> Result<Published> {
        self.inner.publish(staged)
    }

    fn sync_staged(&self, staged: &Staged) -> Result<()> {
        self.inner.sync_staged(staged)
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        self.inner.sync(path)
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        self.inner.rename(from, to)
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        self.inner.delete(path)
    }

    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        self.inner.delete_folder(folder)
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        self.inner.lock(path, patience)
    }

    fn now_ms(&self) -> i64 {
        self.inner.now_ms()
    }

    fn random(&self) -> u64 {
        self.inner.random()
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}
