//! `asset-rows`: fetches all rows of the year into one vector.

use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;
use varvite_asset::{Collection, Fetch, FetchOptions, Span};
use varvite_storage::Storage;

use super::{Weather, catalog, now, prepare};
use crate::Measured;
use crate::measure::repeated_with_first_memory;
use crate::outcome::Outcome;
use crate::place::Place;

/// The options of `asset-rows`.
#[derive(Debug, clap::Args)]
pub struct Rows {
    /// How often.
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

impl Measured for Rows {
    fn prepare(&self, place: &Place) -> Result<()> {
        prepare(place)
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let storage = place.base()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
        let measured = repeated_with_first_memory(self.repeats, || fetch(&runtime, &storage))?;
        let rows = measured.last;
        Ok(Outcome {
            first_seconds: Some(measured.first_seconds),
            seconds: measured.seconds,
            cost: measured.cost,
            rows: rows.len() as u64,
            sum: Some(rows.iter().map(|row| row.temperature).sum()),
            rows_processed: Some(rows.len() as u64),
            result_bytes: Some(size_of_val(rows.as_slice()) as u64),
            storage: storage.take(),
            ..Outcome::default()
        })
    }
}

fn fetch(runtime: &Runtime, storage: &Arc<impl Storage + 'static>) -> Result<Vec<Weather>> {
    let mut wants = Collection::new();
    let rows = wants.rows::<Weather>("rows", Fetch::from(Span::all()))?;
    let catalog = catalog(storage)?;
    let mut fetched =
        runtime.block_on(catalog.fetch_collection(wants, &FetchOptions::default().with_now(now())))?.into_inner();
    fetched.take(rows).context("the rows were taken before")
}
