//! `read`: opens the dataset and reads rows into memory, where all of them are held at the end.

use anyhow::Result;
use arrow::array::RecordBatch;
use varvite_dataset::ScanOptions;

use crate::Measured;
use crate::case::Case;
use crate::measure::repeated;
use crate::outcome::Outcome;
use crate::place::{Place, dataset_path};
use crate::works::Write;

#[derive(clap::Args)]
pub(crate) struct Read {
    /// What: `all`, the `range` of the case, or its value `column` in that range.
    #[arg(long)]
    what: What,
    /// How often.
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    All,
    Range,
    Column,
}

impl Measured for Read {
    fn prepare(&self, place: &Place) -> Result<()> {
        Write.prepare(place)
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let case = Case::read(&place.case)?;
        let options = match self.what {
            What::All => ScanOptions::default(),
            What::Range => ScanOptions::default().with_range(case.key_range()),
            What::Column => ScanOptions::default().with_range(case.key_range()).with_columns([case.value.as_str()]),
        };
        let storage = place.base()?;
        let measured = repeated(self.repeats, || {
            let dataset = varvite_dataset::Dataset::at(storage.clone(), dataset_path()?, None)?;
            let mut scan = dataset.scan(&options)?;
            let mut batches: Vec<RecordBatch> = Vec::new();
            while let Some(batch) = scan.next_batch()? {
                batches.push(batch);
            }
            Ok(batches)
        })?;
        let fact = case.fact(&measured.last)?;
        Ok(Outcome {
            first_seconds: Some(measured.first_seconds),
            seconds: measured.seconds,
            cost: measured.cost,
            rows: fact.rows,
            sum: Some(fact.sum),
            rows_processed: Some(fact.rows),
            storage: storage.take(),
            ..Outcome::default()
        })
    }
}
