//! `append`: one batch after the other goes behind what is stored; the handle is kept.

use std::time::Instant;

use anyhow::{Result, ensure};
use arrow::array::RecordBatch;
use varvite_dataset::{DEFAULT_TARGET_ROWS, Dataset, Mode, WriteOptions};

use crate::Measured;
use crate::case::{Case, read_rows};
use crate::measure::Meter;
use crate::outcome::Outcome;
use crate::place::{Place, dataset_path};
use crate::works::written;

#[derive(clap::Args)]
pub(crate) struct Append {
    /// Row groups that are stored already.
    #[arg(long)]
    row_groups: usize,
}

/// Row groups that one commit of the preparation writes.
const AT_ONCE: usize = 1000;

impl Measured for Append {
    fn prepare(&self, place: &Place) -> Result<()> {
        place.once(|| {
            let case = Case::read(&place.case)?;
            let rows = read_rows(&place.case, "rows.arrow")?;
            let total: usize = rows.iter().map(RecordBatch::num_rows).sum();
            let of_group = (total / self.row_groups).max(1);
            let dataset = Dataset::at(place.base()?, dataset_path()?, None)?;
            let options = WriteOptions::ordered_on(case.ordered_on.as_str())
                .with_mode(Mode::Append)
                .with_row_group_target_size(of_group as u64);
            let all = arrow::compute::concat_batches(&rows[0].schema(), &rows)?;
            for start in (0..total).step_by(of_group * AT_ONCE) {
                let _ = dataset.write(all.slice(start, (total - start).min(of_group * AT_ONCE)), &options)?;
            }
            let stored = dataset.snapshot().map_or(0, |snapshot| snapshot.files.len());
            ensure!(stored == self.row_groups, "{stored} row groups, not {}", self.row_groups);
            Ok(())
        })
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let case = Case::read(&place.case)?;
        let batches = read_rows(&place.case, "batches.arrow")?;
        place.copy_base()?;
        let storage = place.scratch()?;
        let dataset = Dataset::at(storage.clone(), dataset_path()?, None)?;
        let options = WriteOptions::default().with_mode(Mode::Append).with_row_group_target_size(DEFAULT_TARGET_ROWS);
        let _ = storage.take();
        let mut seconds = Vec::with_capacity(batches.len());
        let meter = Meter::start();
        for batch in batches {
            let start = Instant::now();
            let _ = dataset.write(batch, &options)?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        let (_, cost) = meter.stop();
        let outcome = Outcome { seconds, cost, storage: storage.take(), ..Outcome::default() };
        written(outcome, &dataset, &case, place)
    }
}
