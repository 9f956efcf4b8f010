//! `keys`: a store of many keys is opened and listed, all of it or one exchange.

use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::RecordBatch;
use varvite_dataset::WriteOptions;
use varvite_storage::StoragePath;
use varvite_store::{KeyFilter, Store};

use crate::Measured;
use crate::generate::SeriesRows;
use crate::keys::{Series, exchange_name, series};
use crate::measure::repeated;
use crate::outcome::Outcome;
use crate::place::Place;

#[derive(clap::Args)]
pub(crate) struct Keys {
    /// Keys in the store.
    #[arg(long)]
    count: usize,
    /// Lists those of one exchange in twenty.
    #[arg(long)]
    filtered: bool,
    /// How often.
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

/// Rows of each dataset: listing does not look at them.
const ROWS: usize = 10;

impl Measured for Keys {
    fn prepare(&self, place: &Place) -> Result<()> {
        place.once(|| {
            let store = Store::<Series>::at(place.base()?, StoragePath::root())?;
            let rows = SeriesRows::new(5).batches(ROWS, ROWS).remove(0);
            let keys = series(self.count)?;
            // Two writers: most of the time goes into the file system.
            std::thread::scope(|scope| {
                let parts = keys.chunks(keys.len().div_ceil(2).max(1));
                let writers: Vec<_> = parts.map(|part| scope.spawn(|| write_all(&store, part, &rows))).collect();
                writers.into_iter().try_for_each(|writer| writer.join().ok().context("a writer panicked")?)
            })
        })
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let storage = place.base()?;
        let filter = KeyFilter::default().with("exchange", exchange_name(7));
        let measured = repeated(self.repeats, || {
            let store = Store::<Series>::at(Arc::clone(&storage) as _, StoragePath::root())?;
            Ok(if self.filtered { store.select(&filter)? } else { store.keys()? })
        })?;
        Ok(Outcome {
            first_seconds: Some(measured.first_seconds),
            seconds: measured.seconds,
            cost: measured.cost,
            rows: measured.last.len() as u64,
            storage: storage.take(),
            ..Outcome::default()
        })
    }
}

fn write_all(store: &Store<Series>, keys: &[Series], rows: &RecordBatch) -> Result<()> {
    for key in keys {
        let _ = store.dataset(key)?.write(rows.clone(), &WriteOptions::ordered_on("ts"))?;
    }
    Ok(())
}
