//! `pit`: a history of features joined to entity rows, each as of its time, until all of the answer is in memory.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use varvite_feature::{EntityRows, HistoricalOptions};

use crate::Measured;
use crate::feature_case::{ENTITY_TIME, entity_file, history, history_folder, table_fact};
use crate::measure::repeated;
use crate::observed::{Durability, ObservedStorage};
use crate::outcome::Outcome;
use crate::place::Place;

/// Entity rows that are decoded together.
const BATCH_ROWS: usize = 1 << 17;

#[derive(clap::Args)]
pub(crate) struct PointInTime {
    /// How often.
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

impl Measured for PointInTime {
    /// The case has all that is needed.
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let storage = Arc::new(ObservedStorage::open(&history_folder(&place.case), Durability::None)?);
        let options = HistoricalOptions::default();
        let measured = repeated(self.repeats, || {
            let entities = EntityRows::at_times(read(&entity_file(&place.case))?, ENTITY_TIME)?;
            Ok(history(Arc::clone(&storage) as _)?.get_historical_features(&entities, &["*"], &options)?)
        })?;
        let fact = table_fact(measured.last.batches())?;
        Ok(Outcome {
            first_seconds: Some(measured.first_seconds),
            seconds: measured.seconds,
            cost: measured.cost,
            rows: fact.rows,
            columns: fact.columns,
            rows_processed: Some(fact.rows),
            storage: storage.take(),
            ..Outcome::default()
        })
    }
}

/// All rows of a file.
fn read(path: &Path) -> Result<Vec<RecordBatch>> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(BATCH_ROWS).build()?;
    reader.collect::<Result<_, _>>().with_context(|| format!("reading {}", path.display()))
}
