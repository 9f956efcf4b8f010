//! `write`: all rows of a case, held in memory, become a new dataset.

use anyhow::Result;
use varvite_dataset::{Dataset, Mode, WriteOptions};

use crate::Measured;
use crate::case::{Case, read_rows};
use crate::measure::Meter;
use crate::outcome::Outcome;
use crate::place::{Place, dataset_path};
use crate::works::written;

#[derive(clap::Args)]
pub(crate) struct Write;

impl Measured for Write {
    /// The dataset that merges and reads start from.
    fn prepare(&self, place: &Place) -> Result<()> {
        place.once(|| {
            let case = Case::read(&place.case)?;
            let dataset = Dataset::at(place.base()?, dataset_path()?, None)?;
            let _ = dataset.write(read_rows(&place.case, "rows.arrow")?, &options(&case))?;
            Ok(())
        })
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let case = Case::read(&place.case)?;
        let rows = read_rows(&place.case, "rows.arrow")?;
        let storage = place.scratch()?;
        let meter = Meter::start();
        let dataset = Dataset::at(storage.clone(), dataset_path()?, None)?;
        let report = dataset.write(rows, &options(&case))?;
        let (seconds, cost) = meter.stop();
        let outcome = Outcome {
            seconds: vec![seconds],
            cost,
            rows_processed: Some(report.rows_in),
            storage: storage.take(),
            ..Outcome::default()
        };
        written(outcome, &dataset, &case, place)
    }
}

/// Everything else is the default, zstd at level 1 too.
fn options(case: &Case) -> WriteOptions {
    WriteOptions::ordered_on(case.ordered_on.as_str()).with_mode(Mode::Append)
}
