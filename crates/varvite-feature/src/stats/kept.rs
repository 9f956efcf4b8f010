//! Where the statistics of a commit are kept: `statistics/users@1/00000000000000000007.json`, written after the commit. They
//! are a convenience: where a file is missing, the rows tell the same, as long as they are stored.

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, kernels::cmp};
use bytes::Bytes;
use varvite_dataset::ScanOptions;
use varvite_schema::FeatureSchema;
use varvite_storage::{EntryKind, Storage, StoragePath};

use super::{CommitStatistics, Describer, FeatureStatistics};
use crate::error::arrow;
use crate::{Error, FeatureStore, GroupHistory, Result, columns};

const FOLDER: &str = "statistics";

impl GroupHistory {
    /// Statistics of all stored rows, feature by feature.
    ///
    /// # Errors
    /// [`Error::Dataset`] for a damaged file.
    pub fn statistics(&self) -> Result<Vec<FeatureStatistics>> {
        self.describe(Ok)
    }

    /// Statistics of the stored rows that a commit wrote.
    pub(super) fn describe_commit(&self, commit: u64) -> Result<CommitStatistics> {
        let wanted = i64::try_from(commit).unwrap_or(i64::MAX);
        let features = self.describe(|batch| {
            let Some(commits) = batch.column_by_name(columns::COMMIT) else { return Ok(batch) };
            let one = arrow::array::Int64Array::new_scalar(wanted);
            let ours: BooleanArray = cmp::eq(commits, &one).map_err(arrow("choose rows"))?;
            filter_record_batch(&batch, &ours).map_err(arrow("choose rows"))
        })?;
        Ok(CommitStatistics { group: self.group.id(), commit, features })
    }

    fn describe(&self, chosen: impl Fn(RecordBatch) -> Result<RecordBatch>) -> Result<Vec<FeatureStatistics>> {
        let names: Vec<String> = self.feature_names();
        let read = names.iter().cloned().chain([columns::COMMIT.to_owned()]);
        let mut scan = self.scan(&ScanOptions::default().with_columns(read))?;
        let mut describer = Describer::new(&scan.schema(), names)?;
        while let Some(batch) = scan.next_batch()? {
            describer.push(&chosen(batch)?)?;
        }
        describer.finish()
    }

    pub(crate) fn feature_names(&self) -> Vec<String> {
        self.group.features().iter().map(FeatureSchema::name).map(str::to_owned).collect()
    }
}

impl FeatureStore {
    /// Keeps the statistics of a commit. That it stands already is fine.
    pub(crate) fn keep_statistics(&self, history: &GroupHistory, of: &CommitStatistics) -> Result<()> {
        let (storage, path) = (self.storage(), self.statistics_path(history, of.commit)?);
        let failed = |source| Error::Storage { operation: "keeping statistics", path: path.clone(), source };
        let text = serde_json::to_vec_pretty(of).map_err(|error| Error::InvalidDefinition {
            name: of.group.clone(),
            reason: format!("its statistics cannot be written: {error}"),
        })?;
        if let Some(folder) = path.parent() {
            storage.create_folder(&folder).map_err(failed)?;
        }
        let staged = storage.stage(&path, Bytes::from(text)).map_err(failed)?;
        storage.publish(&staged).map(|_| ()).map_err(failed)
    }

    /// Removes what is kept of a group whose rows are about to go: later commits have the same numbers.
    pub(crate) fn forget_statistics(&self, history: &GroupHistory) -> Result<()> {
        let Some(folder) = self.statistics_path(history, 0)?.parent() else { return Ok(()) };
        let failed = |source| Error::Storage { operation: "removing statistics", path: folder.clone(), source };
        let entries = self.storage().list(&folder).map_err(failed)?;
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::File) {
            let path = folder.join(&entry.name).map_err(failed)?;
            self.storage().delete(&path).map_err(failed)?;
        }
        Ok(())
    }

    /// The statistics of a commit, if they are kept and can be read.
    pub(super) fn kept_statistics(&self, history: &GroupHistory, commit: u64) -> Result<Option<CommitStatistics>> {
        let path = self.statistics_path(history, commit)?;
        match self.storage().get(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(source) if source.is_not_found() => Ok(None),
            Err(source) => Err(Error::Storage { operation: "reading statistics", path, source }),
        }
    }

    fn statistics_path(&self, history: &GroupHistory, commit: u64) -> Result<StoragePath> {
        let group = &history.group;
        let names = [FOLDER.to_owned(), format!("{}@{}", group.name(), group.version()), format!("{commit:020}.json")];
        names.iter().try_fold(self.root().clone(), |path, name| path.join(name)).map_err(|source| Error::Storage {
            operation: "finding statistics",
            path: self.root().clone(),
            source,
        })
    }

    fn storage(&self) -> &dyn Storage {
        &*self.inner.storage
    }

    fn root(&self) -> &StoragePath {
        &self.inner.root
    }
}
