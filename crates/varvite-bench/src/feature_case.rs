//! The feature group that is measured, and [`FeatureCase`]: what every side must come to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use serde::{Deserialize, Serialize};
use varvite_dataset::Dataset;
use varvite_feature::GroupHistory;
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_storage::Storage;

use crate::outcome::ColumnFact;
use crate::place::dataset_path;

/// The entity key.
pub(crate) const KEY: &str = "user_id";
/// When a row of the history happened.
pub(crate) const EVENT_TIME: &str = "event_time";
/// When it became known.
pub(crate) const CREATED_TIME: &str = "created_time";
/// The features, all of them `double`.
pub(crate) const FEATURES: [&str; 4] = ["spent", "score", "share", "visits"];
/// As of when an entity row is read.
pub(crate) const ENTITY_TIME: &str = "event_timestamp";
/// How old a row may be to answer.
pub(crate) const TTL_US: i64 = 7 * DAY_US;
/// 2024-01-01T00:00:00Z in microseconds.
pub(crate) const START_US: i64 = 1_704_067_200_000_000;
/// Microseconds of a day.
pub(crate) const DAY_US: i64 = 86_400_000_000;

/// What there is to know of generated features beside the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FeatureCase {
    pub(crate) key: String,
    pub(crate) event_time: String,
    pub(crate) created_time: String,
    pub(crate) features: Vec<String>,
    pub(crate) entity_time: String,
    pub(crate) ttl_us: i64,
    /// Different keys.
    pub(crate) keys: usize,
    /// What a work must come to, by its name.
    pub(crate) facts: BTreeMap<String, TableFact>,
}

/// What a table must come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TableFact {
    pub(crate) rows: u64,
    pub(crate) columns: Vec<ColumnFact>,
}

impl FeatureCase {
    pub(crate) fn new(keys: usize, facts: BTreeMap<String, TableFact>) -> Self {
        Self {
            key: KEY.to_owned(),
            event_time: EVENT_TIME.to_owned(),
            created_time: CREATED_TIME.to_owned(),
            features: FEATURES.map(str::to_owned).to_vec(),
            entity_time: ENTITY_TIME.to_owned(),
            ttl_us: TTL_US,
            keys,
            facts,
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join("case.json");
        std::fs::write(&path, serde_json::to_vec_pretty(self)?).with_context(|| format!("writing {}", path.display()))
    }
}

/// What the features of a table come to.
pub(crate) fn table_fact(batches: &[RecordBatch]) -> Result<TableFact> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut columns = vec![ColumnFact::default(); FEATURES.len()];
    let mut first = 0;
    for batch in batches {
        for (fact, name) in columns.iter_mut().zip(FEATURES) {
            let array = batch.column_by_name(name).with_context(|| format!("no column `{name}`"))?;
            let values = array.as_primitive_opt::<Float64Type>();
            fact.add(values.with_context(|| format!("`{name}` is {}", array.data_type()))?, first, rows);
        }
        first += batch.num_rows();
    }
    Ok(TableFact { rows: rows as u64, columns })
}

/// Where the history is in a case.
pub(crate) fn history_folder(case: &Path) -> PathBuf {
    case.join("history")
}

/// Where the entity rows are in a case.
pub(crate) fn entity_file(case: &Path) -> PathBuf {
    case.join("entities.parquet")
}

/// A row for each key: the first load, or a later one that replaces it.
pub(crate) fn load_file(case: &Path, at: usize) -> PathBuf {
    case.join(format!("load-{at}.parquet"))
}

/// The keys that are asked for.
pub(crate) fn asked_file(case: &Path) -> PathBuf {
    case.join("asked.parquet")
}

/// The history of the group, stored or not.
pub(crate) fn history(storage: Arc<dyn Storage>) -> Result<GroupHistory> {
    Ok(GroupHistory::new(group()?, Dataset::at(storage, dataset_path()?, None)?))
}

/// The definition of the group.
pub(crate) fn group() -> Result<FeatureGroupSchema> {
    let group = FeatureGroupSchema::builder("user_stats")
        .entity_key(KEY, DataType::BigInt)
        .event_time(EVENT_TIME)
        .created_time(CREATED_TIME)
        .ttl(TTL_US * 1000);
    let feature = |group: varvite_schema::FeatureGroupBuilder, name| {
        group.feature(FeatureSchema::builder(name, DataType::Double))
    };
    Ok(FEATURES.into_iter().fold(group, feature).build()?)
}
