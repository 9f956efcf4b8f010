//! The newest rows of a feature group, and the keys that are asked for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, Int64Array, RecordBatch};

use super::history::{HistoryRows, UNKNOWN_PERCENT, small, write_parquet};
use crate::feature_case::{DAY_US, FeatureCase, KEY, START_US, TableFact, asked_file, load_file};
use crate::outcome::ColumnFact;
use crate::random::Random;

/// As many of the keys that are asked for are asked for one by one, too.
const ASKED_ALONE: usize = 10_000;

/// Writes two loads, of which the second replaces every row of the first, the keys that are asked for, and what answers
/// from the first load must come to.
pub(super) fn generate(dir: &Path, keys: usize, asked: usize) -> Result<()> {
    let mut random = Random::new(7);
    let loads = [0, 1].map(|day| HistoryRows::one_each(&mut random, keys, START_US + day * DAY_US));
    for (at, rows) in loads.iter().enumerate() {
        write_parquet(&load_file(dir, at), &rows.batch(&(0..keys).collect::<Vec<_>>())?)?;
    }
    let end = (keys + keys * UNKNOWN_PERCENT / 100) as u64;
    let asked: Vec<i64> = (0..asked).map(|_| small(random.below(end))).collect();
    let column: ArrayRef = Arc::new(Int64Array::from(asked.clone()));
    write_parquet(&asked_file(dir), &RecordBatch::try_from_iter([(KEY, column)])?)?;
    let few = &asked[..ASKED_ALONE.min(asked.len())];
    let facts =
        [("one", few), ("several", &asked)].map(|(name, asked)| (name.to_owned(), fact(&loads[0], keys, asked)));
    FeatureCase::new(keys, BTreeMap::from(facts)).write(dir)
}

/// What the features of the keys come to.
fn fact(rows: &HistoryRows, keys: usize, asked: &[i64]) -> TableFact {
    let mut row_of_key = vec![0; keys];
    for (row, key) in rows.keys.iter().enumerate() {
        row_of_key[usize::try_from(*key).unwrap_or_default()] = row;
    }
    let row_of = |key: &i64| row_of_key.get(usize::try_from(*key).ok()?).copied();
    let columns = rows.features.iter().map(|column| {
        let mut fact = ColumnFact::default();
        let value = |key: &i64| row_of(key).map(|row| column[row]).filter(|value| !value.is_nan());
        fact.add(asked.iter().map(value), 0, asked.len());
        fact
    });
    TableFact { rows: asked.len() as u64, columns: columns.collect() }
}
