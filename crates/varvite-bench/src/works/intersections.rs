//! `intersections`: many datasets in lock step, day by day; each chunk is looked at and dropped.

use anyhow::Result;
use varvite_dataset::{Mode, WriteOptions};
use varvite_store::{IntersectionOptions, Store};

use crate::Measured;
use crate::generate::SeriesRows;
use crate::keys::{Series, series};
use crate::measure::Meter;
use crate::outcome::Outcome;
use crate::place::Place;

#[derive(clap::Args)]
pub(crate) struct Intersections {
    #[arg(long)]
    datasets: usize,
    /// Of each dataset; they span 100 days.
    #[arg(long)]
    rows: usize,
}

impl Measured for Intersections {
    fn prepare(&self, place: &Place) -> Result<()> {
        place.once(|| {
            let store = Store::<Series>::at(place.base()?, varvite_storage::StoragePath::root())?;
            for (seed, key) in (100..).zip(series(self.datasets)?) {
                let rows = SeriesRows::new(seed).batches(self.rows, 1 << 17);
                let _ = store.dataset(&key)?.write(rows, &WriteOptions::ordered_on("ts").with_mode(Mode::Append))?;
            }
            Ok(())
        })
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let storage = place.base()?;
        let meter = Meter::start();
        let store = Store::<Series>::at(storage.clone(), varvite_storage::StoragePath::root())?;
        let every_day = IntersectionOptions::default().every("1D".parse()?);
        let mut rows = 0;
        for chunk in store.iter_intersections(store.keys()?, &every_day)? {
            rows += std::hint::black_box(chunk?).num_rows() as u64;
        }
        let (seconds, cost) = meter.stop();
        Ok(Outcome {
            seconds: vec![seconds],
            cost,
            rows,
            rows_processed: Some(rows),
            storage: storage.take(),
            ..Outcome::default()
        })
    }
}
