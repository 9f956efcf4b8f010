//! The commit log: one small file a version, each created by exactly one writer.

mod checkpoint;
mod commit;
mod expire;
mod history;
mod leftovers;
mod lock;
mod names;
mod order;
mod record;
mod repair;
mod replay;
mod reserve;
mod tidy;
mod vacuum;
mod versions;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use varvite_storage::{EntryKind, Storage, StoragePath};

pub(crate) use commit::{CommitOutcome, Draft, MAX_ATTEMPTS, was_swept};
pub use history::CommitInfo;
pub(crate) use leftovers::Leftover;
pub(crate) use names::{data_file_name, is_data_file, versions_read};
pub(crate) use order::order_between;
pub(crate) use record::Tags;
pub(crate) use reserve::is_full;
pub(crate) use versions::{MISSING, is_missing};

use crate::file::StoredFile;
use crate::{Error, Result, Snapshot};

/// How often the log is listed again when it changes while it is read.
const LISTS: u32 = 10;

/// What the last record of a dataset does.
pub(crate) const DROP: &str = "drop";

/// A dataset's folders in a storage.
#[derive(Debug)]
pub(crate) struct Log {
    storage: Arc<dyn Storage>,
    data: StoragePath,
    meta: StoragePath,
    lock: StoragePath,
    /// Whether the data folder may hold files that the newest version does not name.
    untidy: AtomicBool,
    waits: lock::Waits,
    /// The hash of a record that is known to be durable, and all before it are.
    durable: Mutex<String>,
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
        if path.parts().any(|part| part.ends_with("_opdmd")) {
            return Err(invalid("folders that end in `_opdmd` hold the metadata of another dataset"));
        }
        let beside = |suffix: &str| {
            StoragePath::try_new(format!("{path}{suffix}")).map_err(|_| invalid("it is no path below the root"))
        };
        Ok(Self {
            meta: beside("_opdmd")?,
            lock: beside(".lock")?,
            data: path.clone(),
            storage,
            untidy: AtomicBool::new(true),
            waits: lock::Waits::default(),
            durable: Mutex::default(),
        })
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

    pub(crate) fn failed(&self, operation: &'static str, source: varvite_storage::Error) -> Error {
        Error::Storage { operation, path: self.data.clone(), source }
    }

    /// The bytes of a file of a snapshot, wherever it is.
    pub(crate) fn stored_file(&self, name: &str) -> Result<StoredFile> {
        let replaced = self.replaced()?.join(name).map_err(|source| self.failed("naming a file", source))?;
        Ok(StoredFile::new(Arc::clone(&self.storage), self.data_path(name)?, replaced))
    }

    /// The newest version; `None` if nothing is stored.
    pub(crate) fn load(&self) -> Result<Option<Snapshot>> {
        self.replay(|log, names| log.newest_checkpoint(names, u64::MAX))
    }

    /// The newest version, from as many records as there are.
    pub(crate) fn load_from_records(&self) -> Result<Option<Snapshot>> {
        self.replay(|log, names| match names::floor(names) {
            Some(floor) => log.newest_checkpoint(names, floor + 1),
            None => Ok(None),
        })
    }

    /// Replays what is listed; again if it changed meanwhile: a list is not of one moment, records go with the dataset.
    fn replay(&self, begin: impl Fn(&Self, &[String]) -> Result<Option<Snapshot>>) -> Result<Option<Snapshot>> {
        // The witness is noted before the records are listed: the other order would blame a healthy dataset.
        let mut before = self.names()?;
        let mut tried = 0;
        loop {
            tried += 1;
            let names = self.names()?;
            let witness = before.iter().filter_map(|name| names::tail_version(name)).max();
            let replayed = self.replay_listed(&names, witness, &begin);
            let is_damaged = matches!(replayed, Err(Error::Corrupt { .. }));
            if !is_damaged || tried == LISTS || before == names && self.names()? == names {
                return replayed;
            }
            before = names;
        }
    }

    fn replay_listed(
        &self,
        names: &[String],
        witness: Option<u64>,
        begin: impl Fn(&Self, &[String]) -> Result<Option<Snapshot>>,
    ) -> Result<Option<Snapshot>> {
        let Some(newest) = names::records(names).last().copied() else {
            return witness.map_or(Ok(None), |witness| {
                Err(self.corrupt(&names::record_name(witness), "the newest records are missing"))
            });
        };
        if self.is_drop(newest)? {
            return Ok(None); // what is left of it is removed by the next first write
        }
        let mut snapshot = begin(self, names)?;
        // Also versions that are not listed: they may have come while the list was made, with the one behind them.
        for version in snapshot.as_ref().map_or(0, |snapshot| snapshot.version + 1)..=newest {
            let next = self.follow(snapshot.as_ref(), version).map_err(|error| match error {
                Error::Storage { source, .. } if source.is_not_found() => {
                    self.corrupt(&names::record_name(version), "the record is missing")
                }
                error => error,
            });
            snapshot = Some(next?);
        }
        let newest = snapshot.as_ref().map_or(newest, |snapshot| snapshot.version);
        match witness {
            Some(witness) if newest < witness => {
                Err(self.corrupt(&names::record_name(witness), "the newest records are missing"))
            }
            _ => Ok(snapshot),
        }
    }

    /// Whether this record ends the dataset.
    fn is_drop(&self, version: u64) -> Result<bool> {
        match self.read_record(version) {
            Ok((record, _)) => Ok(record.op == DROP),
            Err(Error::Storage { source, .. }) if !source.is_not_found() => Err(self.failed("reading the log", source)),
            Err(_) => Ok(false), // whoever replays it says so
        }
    }

    /// A newer version than `snapshot`, if there is one.
    ///
    /// # Errors
    /// [`Error::Dropped`] if the dataset was removed, whether another stands in its place or not.
    pub(crate) fn refresh(&self, snapshot: &Snapshot) -> Result<Option<Snapshot>> {
        match self.follow_all(snapshot) {
            Ok(Some(newest)) => Ok(Some(newest)),
            followed => match self.check_not_removed(snapshot) {
                Ok(()) => followed,
                // Its own record may have expired, while the dataset went on.
                Err(Error::Dropped { .. }) => self.newest_of(snapshot),
                Err(error) => Err(error),
            },
        }
    }

    fn follow_all(&self, snapshot: &Snapshot) -> Result<Option<Snapshot>> {
        let mut newest: Option<Snapshot> = None;
        loop {
            let before = newest.as_ref().unwrap_or(snapshot);
            let path = self.meta_path(&names::record_name(before.version + 1))?;
            if self.storage.head(&path).map_err(|source| self.failed("refreshing", source))?.is_none() {
                return Ok(newest);
            }
            newest = Some(self.follow(Some(before), before.version + 1)?);
        }
    }

    /// The newest version of the dataset that `snapshot` is of, if it is a newer one.
    fn newest_of(&self, snapshot: &Snapshot) -> Result<Option<Snapshot>> {
        match self.load()? {
            Some(newest) if newest.dataset_id == snapshot.dataset_id && newest.version > snapshot.version => {
                Ok(Some(newest))
            }
            _ => Err(Error::Dropped { path: self.data.to_string() }),
        }
    }

    /// Fails if the record of this version is not there any more, or is another dataset's.
    pub(crate) fn check_not_removed(&self, snapshot: &Snapshot) -> Result<()> {
        if self.stands(snapshot)? { Ok(()) } else { Err(Error::Dropped { path: self.data.to_string() }) }
    }

    /// Whether the record of this version still stands.
    pub(crate) fn stands(&self, snapshot: &Snapshot) -> Result<bool> {
        Ok(self.recorded_head(snapshot.version)?.as_ref() == Some(&snapshot.head))
    }

    /// The hash in the record of a version: its last line. `None` if there is no such record.
    fn recorded_head(&self, version: u64) -> Result<Option<String>> {
        let path = self.meta_path(&names::record_name(version))?;
        let failed = |source| self.failed("reading the log", source);
        let Some(entry) = self.storage.head(&path).map_err(failed)? else { return Ok(None) };
        let start = entry.len.saturating_sub(record::HASH_LINE);
        match self.storage.get_range(&path, start..entry.len) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn follow(&self, before: Option<&Snapshot>, version: u64) -> Result<Snapshot> {
        let (record, head) = self.read_record(version)?;
        if record.op == DROP {
            return Err(Error::Dropped { path: self.data.to_string() });
        }
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

    /// Removes the folders that [`prepare`](Self::prepare) created, unless something is in them by now.
    pub(crate) fn unprepare(&self) {
        for folder in [&self.data, &self.meta] {
            if !matches!(self.storage.delete_folder(folder), Ok(true)) {
                tracing::debug!(folder = folder.as_str(), "a folder is left behind");
            }
        }
    }

    /// After files or folders of a write were removed under its hands: they can be written again, onto this version if
    /// there is a newer one.
    pub(crate) fn start_over(&self, base: Option<&Snapshot>) -> Result<Option<Snapshot>> {
        let newer = base.map_or(Ok(None), |base| self.refresh(base))?;
        self.prepare()?;
        if base.is_none() { self.load() } else { Ok(newer) }
    }

    /// Makes every version durable that can be seen by now.
    pub(crate) fn make_versions_durable(&self) -> Result<()> {
        self.storage.sync(&self.meta).map_err(|source| self.failed("making a version durable", source))
    }

    /// Whether this version is known to be durable.
    fn is_durable(&self, version: &Snapshot) -> bool {
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner) == version.head
    }

    /// Notes that this version is durable.
    fn note_durable(&self, version: &Snapshot) {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&version.head);
    }

    /// A file for rows that do not fit into memory; `None` where the storage has no files.
    pub(crate) fn scratch_file(&self) -> Result<Option<std::fs::File>> {
        self.storage.scratch_file().map_err(|source| self.failed("putting rows aside", source))
    }

    pub(crate) fn new_dataset_id(&self) -> String {
        format!("{:016x}{:016x}", self.storage.random(), self.storage.random())
    }
}
