//! Sequences of operations: how often files are read, what a shared value and a cache remember.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;
use varvite_asset::chrono::{DateTime, TimeDelta, Utc};
use varvite_asset::{
    AssetCollection, AssetWrite, Batches, Catalog, Collection, FeatureModel, Fetch, FetchOptions, Fetched, Handle,
    Resolution, Shared, Span,
};
use varvite_storage::{CountingStorage, MemoryStorage, StoragePath};
use varvite_time::Instant;

use super::Stop;
use super::catalog::schema;
use super::rows::{rows_of, write};

/// The model of the shared collection.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct Weather {
    timestamp: DateTime<Utc>,
    value: f64,
}

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = "2025-01-01", end = "2025-02-01")]
    weather: Vec<Weather>,
}

/// A sequence of operations on a shared collection, or the name of a field.
pub(super) fn state(given: &Value, ours: &Value) -> Result<(), Stop> {
    if let Some(reason) = ours["compile_time"].as_str() {
        return Err(Stop::Skip(format!("it does not compile, which only a compiler can tell: {reason}")));
    }
    if let Some(field) = given["field"].as_str() {
        return Ok(named(field, ours)?);
    }
    let Some(ops) = given["ops"].as_array() else {
        return Err(Stop::Skip("it gives no operations".to_owned()));
    };
    let opens = ["opens", "shared_get_opens"].into_iter().find_map(|name| ours[name].as_u64());
    let Some(opens) = opens else {
        return Err(Stop::Skip("how often files are read is not said: it is compared by reading".to_owned()));
    };
    let partitions = given["partitions_in_range"].as_u64().unwrap_or(1);
    let mut place = Place::new(partitions)?;
    for op in ops {
        let op = op.as_str().context("an operation")?;
        match op {
            "fetch" => place.get()?,
            "refresh" => place.refresh()?,
            "clear" => place.clear()?,
            "read" => place.read()?,
            other => return Err(Stop::Skip(format!("`{other}` is no operation on a shared value"))),
        }
    }
    if place.files == opens { Ok(()) } else { Err(anyhow!("{} files were read, expected {opens}", place.files).into()) }
}

/// Where a value is shared, and how many files were read for it.
struct Place {
    counting: CountingStorage,
    catalog: Catalog,
    shared: Shared<Report>,
    rows: usize,
    files: u64,
    handed_out: Option<Arc<Fetched<Report>>>,
}

impl Place {
    fn new(partitions: u64) -> Result<Self> {
        let counting = CountingStorage::new(Arc::new(MemoryStorage::new()));
        let catalog = Catalog::at(Arc::new(counting.clone()), StoragePath::root())?;
        let start: DateTime<Utc> = "2025-01-01T12:00:00Z".parse()?;
        let days = i64::try_from(partitions)?;
        let rows: Vec<Weather> =
            (0..days).map(|day| Weather { timestamp: start + TimeDelta::days(day), value: 1.0 }).collect();
        let _ = catalog.write(&rows, &AssetWrite::replace())?;
        Ok(Self { counting, catalog, shared: Shared::new(), rows: rows.len(), files: 0, handed_out: None })
    }

    /// The value, which is fetched where there is none. One that is there is given without a call of the storage.
    fn get(&mut self) -> Result<()> {
        let was_there = self.shared.peek().is_some();
        let _ = self.counting.reset();
        let got = wait_for(self.shared.get(&self.catalog))?;
        let calls = self.counting.counts().total();
        ensure!(
            was_there == (calls == 0),
            "a value {}, and {calls} calls of the storage",
            if was_there { "was there" } else { "was fetched" }
        );
        if !was_there {
            self.files += got.summary().fields[0].files;
        }
        ensure!(got.weather.len() == self.rows, "{} rows, expected {}", got.weather.len(), self.rows);
        ensure!(got.weather.iter().all(|row| (row.value - 1.0).abs() < f64::EPSILON), "the rows are others");
        self.handed_out = Some(got);
        Ok(())
    }

    fn refresh(&mut self) -> Result<()> {
        let before = self.shared.peek();
        let got = wait_for(self.shared.refresh(&self.catalog))?;
        if !before.is_some_and(|before| Arc::ptr_eq(&before, &got)) {
            self.files += got.summary().fields[0].files;
        }
        self.handed_out = Some(got);
        Ok(())
    }

    /// What was handed out stays as it is.
    fn clear(&self) -> Result<()> {
        self.shared.clear();
        let stays = self.handed_out.as_ref().is_none_or(|got| got.weather.len() == self.rows);
        ensure!(stays, "a value that was handed out has changed");
        Ok(())
    }

    /// Reading does not fetch.
    fn read(&self) -> Result<()> {
        let _ = self.counting.reset();
        let _ = self.shared.peek();
        ensure!(self.counting.counts().total() == 0, "reading a shared value reads files");
        Ok(())
    }
}

/// A field of any name is declared, fetched, and found.
fn named(field: &str, ours: &Value) -> Result<()> {
    let resolution: Resolution = "1d".parse()?;
    let catalog = Catalog::in_memory();
    let at: Instant = "2025-01-01".parse()?;
    write(&catalog, resolution, 1, resolution.interval_at(at), &[(at, 1.0)])?;
    let mut collection = Collection::new();
    let want = Fetch::from(Span::all()).want_of(field, Arc::new(schema(resolution, 1)))?;
    let added: varvite_asset::Result<Handle<Batches>> = collection.add_want(want);
    if !ours["error"].is_null() {
        ensure!(added.is_err(), "a field `{field}` is taken, expected {}", ours["error"]);
        return Ok(());
    }
    let handle = added?;
    let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default())?;
    let summary = got.summary().field(field).context("the summary does not know the field")?;
    ensure!(got[handle].num_rows() == 1 && summary.rows == 1, "the field `{field}` is not as it was stored");
    Ok(())
}

/// Writes and reads of one interval, with a cache.
pub(super) fn cache(given: &Value, ours: &Value) -> Result<()> {
    let resolution: Resolution = "1d".parse()?;
    let at: Instant = "2025-01-01T12:00:00Z".parse()?;
    let catalog = Catalog::in_memory().with_cache(1 << 20);
    let mut reads = Vec::new();
    for op in given["ops"].as_array().context("operations")? {
        match op.as_str().context("an operation")?.split_once(' ') {
            Some(("store", value)) => {
                write(&catalog, resolution, 1, resolution.interval_at(at), &[(at, value.parse()?)])?;
            }
            None if op == "read" => reads.push(rows_of(&catalog, resolution, 1, &Fetch::from(Span::all()))?.values()),
            _ => return Err(anyhow!("`{op}` is no operation")),
        }
    }
    let expected = [&ours["first"], &ours["after_overwrite"]].map(Value::clone).to_vec();
    ensure!(serde_json::json!(reads) == Value::Array(expected), "the reads are {reads:?}, expected {ours}");
    Ok(())
}

fn wait_for<T>(future: impl Future<Output = varvite_asset::Result<T>>) -> Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(future)?)
}
