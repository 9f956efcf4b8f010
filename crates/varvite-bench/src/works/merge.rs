//! `merge`: late rows find their place; of rows with the same key the late one stays.

use anyhow::{Result, ensure};
use varvite_dataset::{Dataset, Duplicates, WriteOptions};

use crate::Measured;
use crate::case::{Case, read_rows};
use crate::measure::Meter;
use crate::outcome::Outcome;
use crate::place::{Place, dataset_path};
use crate::works::{Write, written};

#[derive(clap::Args)]
pub(crate) struct Merge {
    /// Which late rows: `clustered` in one part in a hundred of the range, or `scattered` over all of it.
    #[arg(long)]
    late: String,
}

impl Measured for Merge {
    fn prepare(&self, place: &Place) -> Result<()> {
        Write.prepare(place)
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let case = Case::read(&place.case)?;
        let late = read_rows(&place.case, &format!("{}.arrow", self.late))?;
        place.copy_base()?;
        let storage = place.scratch()?;
        let dataset = Dataset::at(storage.clone(), dataset_path()?, None)?;
        let options = WriteOptions::default().with_duplicates_on(Duplicates::on(case.key.iter()));
        let _ = storage.take();
        let meter = Meter::start();
        let report = dataset.write(late, &options)?;
        let (seconds, cost) = meter.stop();
        ensure!(report.dropped == 0 && report.inserted > 0 && report.updated > 0, "{report}");
        let outcome = Outcome { seconds: vec![seconds], cost, storage: storage.take(), ..Outcome::default() };
        written(outcome, &dataset, &case, place)
    }
}
