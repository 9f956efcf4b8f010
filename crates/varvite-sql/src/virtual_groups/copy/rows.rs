//! [`Copies`]: the rows of a group's copies.

use arrow::array::{Array, ArrayRef, RecordBatch, UInt64Array, new_null_array};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::DataType;
use varvite_dataset::{Dataset, KeyRange, ScanOptions};
use varvite_feature::entity::{KeyNumbers, NONE};
use varvite_feature::{FeatureStore, GroupKey};
use varvite_schema::VirtualSchema;
use varvite_time::{Instant, TimeUnit};

use super::choice::Copy;
use super::ledger::Ledger;
use super::standing;
use crate::virtual_groups::SqlFeatures;
use crate::virtual_groups::prepared::Prepared;
use crate::{Error, Result};

/// The ordered column: the time that a row's copy was made as of.
pub(super) const AS_OF: &str = "vv_as_of";

/// The copies of a group, as they stand.
pub(in crate::virtual_groups) struct Copies {
    pub(super) dataset: Dataset,
    pub(super) ledger: Ledger,
}

impl Copies {
    /// Those of a group; none, if it was never materialized.
    pub(in crate::virtual_groups) fn of(group: &VirtualSchema, store: &FeatureStore) -> Result<Self> {
        let key = GroupKey::new(group.name(), group.version()).map_err(varvite_store::Error::from)?;
        let dataset = store.copies().dataset(&key)?;
        let _ = dataset.refresh().map_err(Error::dataset(group.name()))?;
        Ok(Self { ledger: Ledger::of(&dataset)?, dataset })
    }

    /// What the newest one is worth at a time.
    pub(in crate::virtual_groups) fn standing(
        &self,
        reader: &SqlFeatures,
        group: &VirtualSchema,
        queries: &[Prepared],
        at: Instant,
    ) -> Result<Copy> {
        let Some((made, marks)) = self.ledger.at_or_before(at) else { return Ok(Copy::None) };
        // Rows that are dated grow old, and what computes with the time is another answer each time.
        let moves = group.event_time().is_some() || queries.iter().any(Prepared::asks_time);
        if moves && made != at {
            return Ok(Copy::Stale(made));
        }
        standing::of(reader, queries, made, marks, at)
    }

    /// The values of the features in the copy that was made as of `made`, one for each row of `keys`.
    pub(in crate::virtual_groups) fn read(
        &self,
        group: &VirtualSchema,
        made: Instant,
        keys: &RecordBatch,
        features: &[String],
    ) -> Result<Vec<ArrayRef>> {
        let names: Vec<&str> = group.entity_keys().iter().map(varvite_schema::VirtualKey::name).collect();
        let columns = names.iter().copied().chain(features.iter().map(String::as_str));
        let ticks = made.floor(TimeUnit::Nanosecond);
        let options = ScanOptions::default().with_range(at(ticks)).with_columns(columns);
        let rows = self.rows(group, &options, keys.num_rows(), features)?;
        let (stored, values) = match rows {
            Ok(batch) => (batch.columns()[..names.len()].to_vec(), batch.columns()[names.len()..].to_vec()),
            Err(nulls) => return Ok(nulls),
        };
        let types: Vec<DataType> = keys.columns().iter().map(|key| key.data_type().clone()).collect();
        let mut known = KeyNumbers::new(&types)?;
        let len = stored.first().or(values.first()).map_or(0, Array::len);
        // Each key has one row, so the number of a key is that of its row.
        let _ = known.insert(&stored, len)?;
        let wanted = known.into_lookup().find(keys.columns(), keys.num_rows())?;
        let rows: UInt64Array = wanted.into_iter().map(|row| (row != NONE).then_some(u64::from(row))).collect();
        values.iter().map(|value| take(value, &rows, None).map_err(Error::arrow("take a copy's rows"))).collect()
    }

    /// The rows of a scan; while nothing was ever written, nulls.
    fn rows(
        &self,
        group: &VirtualSchema,
        options: &ScanOptions,
        num_rows: usize,
        features: &[String],
    ) -> Result<Result<RecordBatch, Vec<ArrayRef>>> {
        if self.dataset.schema().is_none() {
            let type_of = |name: &String| {
                let declared = group.feature(name).and_then(varvite_schema::VirtualFeature::data_type);
                declared.map_or(DataType::Null, varvite_schema::DataType::to_arrow)
            };
            return Ok(Err(features.iter().map(|name| new_null_array(&type_of(name), num_rows)).collect()));
        }
        let failed = Error::dataset(group.name());
        let mut scan = self.dataset.scan(options).map_err(&failed)?;
        let mut batches = Vec::new();
        while let Some(batch) = scan.next_batch().map_err(&failed)? {
            batches.push(batch);
        }
        concat_batches(&scan.schema(), &batches).map(Ok).map_err(Error::arrow("join a copy's rows"))
    }
}

/// The rows of one time.
pub(super) fn at(ticks: i64) -> KeyRange {
    match ticks.checked_add(1) {
        Some(end) => KeyRange::from(ticks..end),
        None => KeyRange::from(ticks..),
    }
}
