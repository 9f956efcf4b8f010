//! [`HistoryRows`]: the rows of a feature group over 90 days, one in a hundred of them restated later.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use varvite_dataset::{Retention, VacuumOptions};
use varvite_feature::WriteMode;
use varvite_storage::LocalStorage;
use varvite_time::Instant;

use super::history_truth::Truth;
use crate::feature_case::{
    CREATED_TIME, DAY_US, ENTITY_TIME, EVENT_TIME, FEATURES, FeatureCase, KEY, START_US, entity_file, history,
    history_folder,
};
use crate::random::Random;

/// The time that the history spans.
const DAYS: i64 = 90;
/// Entity rows are asked for over as many days: some of them find only rows that are too old.
const ENTITY_DAYS: u64 = 95;
/// Of so many rows that are not restated, one is.
const RESTATED_PART: usize = 99;
/// The history is written in as many commits, each of which restates rows of the one before; and one more.
const PERIODS: usize = 9;
/// Of a hundred entity rows, so many have a key that the history does not know.
pub(super) const UNKNOWN_PERCENT: usize = 1;
/// Of a hundred rows, so many have no value of the last feature.
const NULL_PERCENT: u64 = 5;

/// Rows of a group: first those in order of event time, none equal to another, then some of them again, restated.
#[derive(Debug, Default)]
pub(crate) struct HistoryRows {
    pub(super) keys: Vec<i64>,
    pub(super) events: Vec<i64>,
    pub(super) created: Vec<i64>,
    /// NaN is null: no value is NaN.
    pub(super) features: [Vec<f64>; FEATURES.len()],
    /// How many rows are not restated ones.
    originals: usize,
}

/// For whom features are read, and as of when.
#[derive(Debug)]
pub(super) struct EntityTable {
    pub(super) keys: Vec<i64>,
    pub(super) times: Vec<i64>,
}

/// Writes the history, the entity rows, and what they must come to.
pub(super) fn generate(dir: &Path, rows: usize, keys: usize, entity_rows: usize) -> Result<()> {
    let mut random = Random::new(6);
    let rows = HistoryRows::new(&mut random, rows, keys);
    let entities = EntityTable::new(&mut random, entity_rows, keys);
    store(dir, &rows)?;
    write_parquet(&entity_file(dir), &entities.batch()?)?;
    let fact = Truth::new(&rows, keys).fact(&entities);
    FeatureCase::new(keys, BTreeMap::from([("join".to_owned(), fact)])).write(dir)
}

/// Writes the history commit by commit, as rows become known; what the last version does not need goes.
fn store(dir: &Path, rows: &HistoryRows) -> Result<()> {
    let history = history(Arc::new(LocalStorage::open(history_folder(dir))?))?;
    for commit in rows.commits() {
        let _ = history.write(&[rows.batch(&commit)?], WriteMode::Append, Instant::from_ns(0))?;
    }
    let _ = history.dataset().vacuum(&VacuumOptions::default().with_retention(Retention::NEWEST))?;
    Ok(())
}

pub(super) fn write_parquet(path: &Path, batch: &RecordBatch) -> Result<()> {
    let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?)).build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties))?;
    writer.write(batch)?;
    writer.close()?;
    Ok(())
}

impl HistoryRows {
    /// `rows` rows of `keys` keys, restated ones counted.
    pub(crate) fn new(random: &mut Random, rows: usize, keys: usize) -> Self {
        let originals = rows - rows / (RESTATED_PART + 1);
        let mut made = Self { originals, ..Self::default() };
        let mean_step = (DAYS * DAY_US).unsigned_abs() / (originals as u64).max(1);
        let mut time = START_US;
        for _ in 0..originals {
            time += small(1 + random.below(2 * mean_step.max(1)));
            // A row is known within the hour.
            let created = time + small(1 + random.below(3_600_000_000));
            let key = small(random.below(keys as u64));
            made.push(random, key, time, created);
        }
        for stretch in 0..rows - originals {
            let row = stretch * RESTATED_PART + random.position(RESTATED_PART);
            // A correction comes a day to nine days later.
            let created = made.created[row] + DAY_US + small(random.below(8 * DAY_US.unsigned_abs()));
            made.push(random, made.keys[row], made.events[row], created);
        }
        made
    }

    /// A row for each key, in random order, within a day from `start`.
    pub(super) fn one_each(random: &mut Random, keys: usize, start: i64) -> Self {
        let mut made = Self { originals: keys, ..Self::default() };
        let step = DAY_US / i64::try_from(keys.max(1)).unwrap_or(i64::MAX);
        let mut time = start;
        for key in random.shuffled(keys) {
            time += step;
            made.push(random, small(key as u64), time, time);
        }
        made
    }

    fn push(&mut self, random: &mut Random, key: i64, event: i64, created: i64) {
        self.keys.push(key);
        self.events.push(event);
        self.created.push(created);
        let visits = if random.below(100) < NULL_PERCENT { f64::NAN } else { whole(random.below(50)) };
        let values = [whole(random.below(100_000)) / 100.0, random.normal(), random.unit(), visits];
        self.features.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }

    /// The rows of each commit: those of a period, then those that restate the period before.
    fn commits(&self) -> Vec<Vec<usize>> {
        let period = self.originals.div_ceil(PERIODS).max(1);
        // The period in which a stretch ends: none of its rows comes later.
        let end_of = |row: usize| ((row - self.originals + 1) * RESTATED_PART - 1) / period;
        let restated = |of: usize| (self.originals..self.keys.len()).filter(move |row| end_of(*row) == of);
        let of_period = |at: usize| {
            let fresh = (at * period).min(self.originals)..((at + 1) * period).min(self.originals);
            let corrections = at.checked_sub(1).into_iter().flat_map(restated);
            fresh.chain(corrections).collect()
        };
        (0..=PERIODS).map(of_period).filter(|rows: &Vec<usize>| !rows.is_empty()).collect()
    }

    /// Some of the rows, with their columns under their names.
    pub(super) fn batch(&self, rows: &[usize]) -> Result<RecordBatch> {
        let integers = |column: &[i64]| rows.iter().map(|row| column[*row]).collect::<Vec<i64>>();
        let floats = |column: &[f64]| {
            let value = |row: &usize| Some(column[*row]).filter(|value| !value.is_nan());
            Arc::new(rows.iter().map(value).collect::<Float64Array>()) as ArrayRef
        };
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            (KEY, Arc::new(Int64Array::from(integers(&self.keys)))),
            (EVENT_TIME, instants(integers(&self.events))),
            (CREATED_TIME, instants(integers(&self.created))),
        ];
        columns.extend(FEATURES.into_iter().zip(&self.features).map(|(name, column)| (name, floats(column))));
        Ok(RecordBatch::try_from_iter(columns)?)
    }
}

impl EntityTable {
    fn new(random: &mut Random, rows: usize, keys: usize) -> Self {
        let end = (keys + keys * UNKNOWN_PERCENT / 100) as u64;
        let (mut keys, mut times) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for _ in 0..rows {
            keys.push(small(random.below(end)));
            times.push(START_US + small(random.below(ENTITY_DAYS * DAY_US.unsigned_abs())));
        }
        Self { keys, times }
    }

    pub(super) fn batch(&self) -> Result<RecordBatch> {
        let keys: ArrayRef = Arc::new(Int64Array::from(self.keys.clone()));
        Ok(RecordBatch::try_from_iter([(KEY, keys), (ENTITY_TIME, instants(self.times.clone()))])?)
    }
}

fn instants(values: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
}

/// A number that is far below the greatest.
pub(super) fn small(number: u64) -> i64 {
    i64::try_from(number).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "numbers are small")]
fn whole(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use varvite_feature::{EntityRows, HistoricalOptions};
    use varvite_storage::MemoryStorage;

    use super::*;
    use crate::feature_case::table_fact;

    #[test]
    fn each_row_is_in_one_commit_and_restated_rows_come_later() {
        let rows = HistoryRows::new(&mut Random::new(1), 10_000, 50);
        assert_eq!((rows.keys.len(), rows.originals), (10_000, 9_900));
        let commits = rows.commits();
        let mut all = commits.concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..10_000));
        assert_eq!(commits.len(), PERIODS + 1);
        let restated = (9_900..10_000).map(|row| (rows.keys[row], rows.events[row]));
        let originals: BTreeMap<_, _> = (0..9_900).map(|row| ((rows.keys[row], rows.events[row]), row)).collect();
        for (row, same) in (9_900..).zip(restated) {
            let original = originals[&same];
            assert!(rows.created[original] < rows.created[row]);
            let commit = |row: usize| commits.iter().position(|commit| commit.contains(&row));
            assert!(commit(original) < commit(row), "{original} {row}");
        }
    }

    #[test]
    fn a_join_comes_to_what_the_generator_knows() {
        let mut random = Random::new(1);
        let rows = HistoryRows::new(&mut random, 20_000, 200);
        let entities = EntityTable::new(&mut random, 2_000, 200);
        let history = history(Arc::new(MemoryStorage::new())).unwrap();
        for commit in rows.commits() {
            let _ = history.write(&[rows.batch(&commit).unwrap()], WriteMode::Append, Instant::from_ns(0)).unwrap();
        }
        let spine = EntityRows::at_times(entities.batch().unwrap(), ENTITY_TIME).unwrap();
        let found = history.get_historical_features(&spine, &["*"], &HistoricalOptions::default()).unwrap();
        let (found, expected) = (table_fact(found.batches()).unwrap(), Truth::new(&rows, 200).fact(&entities));
        assert_eq!(found, expected);
        assert!(expected.columns[0].present > 1_800 && expected.columns[0].present < 2_000);
    }
}
