//! `online`: the newest rows of some keys, looked up in the process that has them.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant as Clock;

use anyhow::{Context, Result, ensure};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use varvite_feature::online::{
    KeyPart, LookupOptions, MaterializeOptions, OnlineColumn, OnlineLookup, OnlineScalar, OnlineStore, OnlineValue,
};
use varvite_feature::{GroupHistory, WriteMode};
use varvite_time::Instant;

use crate::Measured;
use crate::feature_case::{
    DAY_US, FEATURES, KEY, START_US, TableFact, asked_file, group, history, load_file, table_fact,
};
use crate::measure::Meter;
use crate::outcome::{ColumnFact, Outcome};
use crate::place::{Place, disk_bytes};

/// The file of online values.
const FILE: &str = "values.redb";

#[derive(clap::Args)]
pub(crate) struct Online {
    /// Entities of one look-up.
    #[arg(long)]
    entities: usize,
    /// Look-ups.
    #[arg(long)]
    count: usize,
}

#[derive(clap::Args)]
pub(crate) struct Materialize {
    /// Every row is there already and is replaced.
    #[arg(long)]
    again: bool,
}

impl Measured for Online {
    fn prepare(&self, place: &Place) -> Result<()> {
        place.once(|| {
            let history = empty_history(&place.base)?;
            load(&history, &place.case, 0)?;
            materialize(&OnlineStore::open(place.base.join(FILE))?, &history).map(drop)
        })
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let asked = read(&asked_file(&place.case))?;
        let count = self.entities * self.count;
        ensure!(count <= asked.num_rows(), "the case asks for {} keys, not {count}", asked.num_rows());
        let store = OnlineStore::open_read_only(place.base.join(FILE))?;
        let columns = OnlineColumn::all(&Arc::new(group()?));
        let lookup = OnlineLookup::prepare(&store, &columns, LookupOptions::default())?;
        if self.entities == 1 { self.one(&lookup, &asked) } else { self.several(&lookup, &asked) }
    }
}

impl Online {
    fn one(&self, lookup: &OnlineLookup, asked: &RecordBatch) -> Result<Outcome> {
        let keys = asked.column(0).as_primitive::<Int64Type>().values();
        let look_up = |at: usize| Ok(lookup.get_one(&[KeyPart::Int(keys[at])], now())?);
        let (answers, outcome) = self.timed(look_up)?;
        let columns = (0..FEATURES.len()).map(|column| {
            let mut fact = ColumnFact::default();
            fact.add(answers.iter().map(|values| double(&values[column])), 0, answers.len());
            fact
        });
        Ok(Outcome { rows: answers.len() as u64, columns: columns.collect(), ..outcome })
    }

    fn several(&self, lookup: &OnlineLookup, asked: &RecordBatch) -> Result<Outcome> {
        let tables: Vec<RecordBatch> =
            (0..self.count).map(|at| asked.slice(at * self.entities, self.entities)).collect();
        let (answers, outcome) = self.timed(|at| Ok(lookup.get(&tables[at], now())?))?;
        let TableFact { rows, columns } = table_fact(&answers)?;
        Ok(Outcome { rows, columns, ..outcome })
    }

    /// Does each look-up once as a warm-up, then each again, timed alone.
    fn timed<T>(&self, look_up: impl Fn(usize) -> Result<T>) -> Result<(Vec<T>, Outcome)> {
        for at in 0..self.count {
            std::hint::black_box(look_up(at)?);
        }
        let (mut seconds, mut answers) = (Vec::with_capacity(self.count), Vec::with_capacity(self.count));
        let meter = Meter::start();
        for at in 0..self.count {
            let start = Clock::now();
            let answer = look_up(at)?;
            seconds.push(start.elapsed().as_secs_f64());
            answers.push(answer);
        }
        let (_, cost) = meter.stop();
        Ok((answers, Outcome { seconds, cost, ..Outcome::default() }))
    }
}

impl Measured for Materialize {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let history = empty_history(&place.scratch)?;
        let store = OnlineStore::open(place.scratch.join(FILE))?;
        load(&history, &place.case, 0)?;
        if self.again {
            materialize(&store, &history)?;
            load(&history, &place.case, 1)?;
        }
        let meter = Meter::start();
        let written = materialize(&store, &history)?;
        let (seconds, cost) = meter.stop();
        Ok(Outcome {
            seconds: vec![seconds],
            cost,
            rows: written,
            rows_processed: Some(written),
            disk_bytes: Some(disk_bytes(&place.scratch)?),
            ..Outcome::default()
        })
    }
}

/// A history without rows below `folder`.
fn empty_history(folder: &Path) -> Result<GroupHistory> {
    history(Arc::new(varvite_storage::LocalStorage::open(folder.join("history"))?))
}

/// Writes one of the loads of the case as a commit.
fn load(history: &GroupHistory, case: &Path, at: usize) -> Result<()> {
    let _ = history.write(&[read(&load_file(case, at))?], WriteMode::Append, now())?;
    Ok(())
}

/// How many keys there are then.
fn materialize(store: &OnlineStore, history: &GroupHistory) -> Result<u64> {
    let report = store.materialize(history.group(), history.dataset(), &MaterializeOptions::up_to(now()))?;
    Ok(report.keys)
}

/// Later than all loads, and not so late that any is too old.
pub(super) fn now() -> Instant {
    Instant::new(START_US + 3 * DAY_US, varvite_time::TimeUnit::Microsecond)
}

fn double(value: &OnlineValue) -> Option<f64> {
    match value.value {
        Some(OnlineScalar::Double(value)) => Some(value),
        _ => None,
    }
}

/// All rows of a file, in one batch.
pub(super) fn read(path: &Path) -> Result<RecordBatch> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let schema = builder.schema().clone();
    let batches =
        builder.build()?.collect::<Result<Vec<_>, _>>().with_context(|| format!("reading {}", path.display()))?;
    let batch = arrow::compute::concat_batches(&schema, &batches)?;
    ensure!(batch.column_by_name(KEY).is_some_and(|keys| keys.null_count() == 0), "{} has no keys", path.display());
    Ok(batch)
}
