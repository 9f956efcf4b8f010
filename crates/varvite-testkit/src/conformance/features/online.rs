//! Online values as cases ask for them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use arrow::array::RecordBatch;
use serde_json::Value;
use varvite_feature::online::{LookupOptions, MaterializeOptions, OnlineStore};
use varvite_feature::{Error, FeatureStore};

use super::tables;

/// A file of online values, as long as a case runs.
pub(super) struct Online {
    folder: tempfile::TempDir,
    store: Option<OnlineStore>,
}

impl Online {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, store: None })
    }

    /// Closes the file.
    pub(super) fn close(&mut self) {
        self.store = None;
    }

    fn open(&mut self) -> Result<&OnlineStore, Error> {
        if self.store.is_none() {
            self.store = Some(OnlineStore::open(self.folder.path().join("values.redb"))?);
        }
        self.store.as_ref().ok_or(Error::OnlineReadOnly)
    }

    /// How many keys a group has once it is materialized.
    pub(super) fn materialize(&mut self, store: &FeatureStore, step: &Value) -> Result<Result<u64, Error>> {
        let group = step["group"].as_str().context("a group is named")?;
        let up_to = step["up_to"].as_str().context("there is a bound")?.parse()?;
        let options = MaterializeOptions::up_to(up_to).with_incremental(step["incremental"].as_bool().unwrap_or(true));
        Ok(self.open().and_then(|online| store.materialize(online, group, &options)).map(|report| report.keys))
    }

    pub(super) fn get(
        &mut self,
        store: &FeatureStore,
        entities: &RecordBatch,
        step: &Value,
    ) -> Result<Result<RecordBatch, Error>> {
        let features = tables::texts(&step["features"])?;
        let now = step["now"].as_str().context("there is a time")?.parse()?;
        let read = self.open().and_then(|online| {
            let lookup = store.online_lookup(online, &features, &BTreeMap::new(), LookupOptions::default())?;
            lookup.get(entities, now)
        });
        Ok(read)
    }
}
