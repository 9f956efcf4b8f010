//! The commit log: one small file a version, each created by exactly one writer.

mod commit;
mod history;
mod names;
mod record;
mod replay;

use std::sync::Arc;
use std::time::Duration;

use varvite_storage::{EntryKind, Lock, Storage, StoragePath};

pub(crate) use commit::{CommitOutcome, Draft};
pub use history::CommitInfo;
pub(crate) use names::{data_file_name, is_data_file, order_between, order_key};

use crate::{Error, Result, Snapshot};

/// How long a writer waits for another before it goes on without the lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// A dataset's folders in a storage.
#[derive(Debug)]
pub(crate) struct Log {
    storage: Arc<dyn Storage>,
    data: StoragePath,
    meta: StoragePath,
    lock: StoragePath,
}

impl Log {
    pub(crate) fn new(storage: Arc<dyn Storage>, path: &StoragePath) -> Result<Self> {
        let invalid = |reason| Error::InvalidName { name: path.to_string(), reason };
        let name = path.name();
        if name.is_empty() || name.starts_with(['.', '_']) {
            return Err(invalid("names that are empty or begin with `.` or `_` are kept for other uses"));
        }
        if name.ends_with("_opdmd") || path.as_str().to_ascii_lowercase().ends_with(".lock") {
            return Err(invalid("names that end in `_opdmd` or `.lock` are kept for a dataset's own files"));
        }
        let beside = |suffix: &str| {
            StoragePath::try_new(format!("{path}{suffix}")).map_err(|_| invalid("it is no path below the root"))
        };
        Ok(Self { meta: beside("_opdmd")?, lock: beside(".lock")?, data: path.clone(), storage })
    }

    pub(crate) fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    pub(crate) fn data_folder(&self) -> &StoragePath {
        &self.data
    }

    pub(crate) fn data_path(&self, name: &str) -> Result<StoragePath> {
        self.data.join(name).map_err(|source| self.failed("naming a file", source))
    }

    fn meta_path(&self, name: &str) -> Result<StoragePath> {
        self.meta.join(name).map_err(|source| self.failed("naming a file", source))
    }

    fn replaced(&self) -> Result<StoragePath> {
        self.meta_path("replaced")
    }

    pub(crate) fn failed(&self, operation: &'static str, source: varvite_storage::Error) -> Error {
        Error::Storage { operation, path: self.data.clone(), source }
    }

    /// Where a file of a snapshot is: in the data folder, or among those that newer versions replaced.
    pub(crate) fn find_file(&self, name: &str) -> Result<StoragePath> {
        let here = self.data_path(name)?;
        if self.storage.head(&here).map_err(|source| self.failed("looking for a file", source))?.is_some() {
            return Ok(here);
        }
        let replaced = self.replaced()?.join(name).map_err(|source| self.failed("naming a file", source))?;
        let found = self.storage.head(&replaced).map_err(|source| self.failed("looking for a file", source))?;
        Ok(if found.is_some() { replaced } else { here })
    }

    /// The newest version; `None` if nothing is stored.
    pub(crate) fn load(&self) -> Result<Option<Snapshot>> {
        // The witness is noted before the records are listed: the other order would blame a healthy dataset.
        let witness = self.names()?.iter().filter_map(|name| names::tail_version(name)).max();
        let mut versions: Vec<u64> = self.names()?.iter().filter_map(|name| names::record_version(name)).collect();
        versions.sort_unstable();
        let mut snapshot: Option<Snapshot> = None;
        for (expected, version) in (0_u64..).zip(&versions) {
            if expected != *version {
                return Err(self.corrupt(&names::record_name(expected), "the record is missing"));
            }
            snapshot = Some(self.follow(snapshot.as_ref(), *version)?);
        }
        match (witness, &snapshot) {
            (Some(witness), None) => Err(self.corrupt(&names::record_name(witness), "the newest records are missing")),
            (Some(witness), Some(newest)) if newest.version < witness => {
                Err(self.corrupt(&names::record_name(witness), "the newest records are missing"))
            }
            _ => Ok(snapshot),
        }
    }

    /// A newer version than `snapshot`, if there is one.
    pub(crate) fn refresh(&self, snapshot: &Snapshot) -> Result<Option<Snapshot>> {
        let mut newest: Option<Snapshot> = None;
        loop {
            let before = newest.as_ref().unwrap_or(snapshot);
            let path = self.meta_path(&names::record_name(before.version + 1))?;
            if self.storage.head(&path).map_err(|source| self.failed("refreshing", source))?.is_none() {
                break;
            }
            newest = Some(self.follow(Some(before), before.version + 1)?);
        }
        if newest.is_none() {
            let own = self.meta_path(&names::record_name(snapshot.version))?;
            if self.storage.head(&own).map_err(|source| self.failed("refreshing", source))?.is_none() {
                return Err(Error::Dropped { path: self.data.to_string() });
            }
        }
        Ok(newest)
    }

    fn follow(&self, before: Option<&Snapshot>, version: u64) -> Result<Snapshot> {
        let (record, head) = self.read_record(version)?;
        replay::apply(before, &record, head, &names::record_name(version))
    }

    fn read_record(&self, version: u64) -> Result<(record::Record, String)> {
        let name = names::record_name(version);
        let path = self.meta_path(&name)?;
        let failed = |source| self.failed("reading the log", source);
        let entry = self.storage.head(&path).map_err(failed)?;
        if entry.is_some_and(|entry| entry.len > record::MAX_RECORD) {
            return Err(Error::ResourceLimit { what: name, limit: format!("{} bytes", record::MAX_RECORD) });
        }
        record::read(&self.storage.get(&path).map_err(failed)?, &name)
    }

    fn names(&self) -> Result<Vec<String>> {
        let entries = self.storage.list(&self.meta).map_err(|source| self.failed("opening", source))?;
        Ok(entries.into_iter().filter(|entry| entry.kind == EntryKind::File).map(|entry| entry.name).collect())
    }

    pub(crate) fn corrupt(&self, name: &str, reason: &str) -> Error {
        Error::Corrupt { file: format!("{}/{name}", self.meta), offset: None, reason: reason.to_owned() }
    }

    /// Creates the folders of a new dataset.
    pub(crate) fn prepare(&self) -> Result<()> {
        let create = |folder| self.storage.create_folder(folder).map_err(|source| self.failed("creating", source));
        create(&self.data).and_then(|()| create(&self.meta))
    }

    pub(crate) fn take_lock(&self) -> Option<Lock> {
        self.storage.lock(&self.lock, LOCK_PATIENCE).ok().flatten()
    }

    pub(crate) fn new_dataset_id(&self) -> String {
        format!("{:016x}{:016x}", self.storage.random(), self.storage.random())
    }

    /// Moves files that a commit replaced out of the data folder, so that it holds the newest version alone.
    pub(crate) fn tidy_after(&self, _after: &Snapshot, removed: &[String]) {
        let Ok(replaced) = self.replaced() else { return };
        if removed.is_empty() || self.storage.create_folder(&replaced).is_err() {
            return;
        }
        for name in removed {
            let moved = self
                .data_path(name)
                .ok()
                .zip(replaced.join(name).ok())
                .map(|(from, to)| self.storage.rename(&from, &to));
            if !matches!(moved, Some(Ok(_))) {
                tracing::warn!(file = name, "a replaced file could not be moved out of the data folder");
            }
        }
    }

    /// Removes everything of the dataset: files first, records last to first, so that what remains is never half a dataset.
    pub(crate) fn remove(&self, snapshot: &Snapshot) -> Result<()> {
        let failed = |source| self.failed("removing", source);
        for folder in [self.data.clone(), self.replaced()?] {
            for entry in self.storage.list(&folder).map_err(failed)? {
                if is_data_file(&entry.name) {
                    self.storage.delete(&folder.join(&entry.name).map_err(failed)?).map_err(failed)?;
                }
            }
            self.storage.delete_folder(&folder).map_err(failed)?;
        }
        for name in self.names()?.iter().filter(|name| names::tail_version(name).is_some()) {
            self.storage.delete(&self.meta_path(name)?).map_err(failed)?;
        }
        for version in (0..=snapshot.version).rev() {
            self.storage.delete(&self.meta_path(&names::record_name(version))?).map_err(failed)?;
        }
        self.storage.delete_folder(&self.meta).map_err(failed)?;
        Ok(())
    }
}
