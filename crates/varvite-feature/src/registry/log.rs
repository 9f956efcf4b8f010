//! [`Log`]: the files of revisions. Each is published whole, once, and never changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use varvite_storage::{Lock, Published, Staged, Storage, StoragePath};

use super::plan::{FOLDER, Planned};
use super::revision::{Record, text_of};
use super::sealed::{self, FORMAT};
use super::state::RegistryState;
use crate::{Error, Result};

/// How long a writer waits for another before it races with it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where revisions stand, and up to which they are known to last.
#[derive(Debug)]
pub(super) struct Log {
    storage: Arc<dyn Storage>,
    lock: StoragePath,
    revisions: StoragePath,
    pub(super) checkpoints: StoragePath,
    durable: AtomicU64,
}

impl Log {
    pub(super) fn at(storage: Arc<dyn Storage>, root: &StoragePath) -> Result<Self> {
        let path = |name: &str| {
            let invalid = |source| Error::Storage { operation: "opening the registry", path: root.clone(), source };
            root.join(FOLDER).and_then(|folder| folder.join(name)).map_err(invalid)
        };
        let (lock, revisions) = (path("lock")?, path("revisions")?);
        Ok(Self { storage, lock, revisions, checkpoints: path("checkpoints")?, durable: AtomicU64::new(0) })
    }

    pub(super) fn storage(&self) -> &dyn Storage {
        self.storage.as_ref()
    }

    /// Waits for other writers, for speed alone: `None` is no harm.
    pub(super) fn lock(&self) -> Option<Lock> {
        self.storage.lock(&self.lock, PATIENCE).ok().flatten()
    }

    /// The number of the newest revision that is listed; 0 if there is none.
    pub(super) fn newest(&self) -> Result<u64> {
        let entries = self.storage.list(&self.revisions).map_err(failed("listing revisions", &self.revisions))?;
        Ok(entries.iter().filter_map(|entry| number_of(&entry.name)).max().unwrap_or_default())
    }

    /// Whether the file of a state's revision is there. One before the first always is.
    pub(super) fn stands(&self, revision: u64) -> Result<bool> {
        if revision == 0 {
            return Ok(true);
        }
        let path = self.path(revision)?;
        Ok(self.storage.head(&path).map_err(failed("looking at the registry", &path))?.is_some())
    }

    /// A revision and the checksum of its file; `None` if it is not there.
    pub(super) fn read(&self, revision: u64) -> Result<Option<(Record, String)>> {
        let path = self.path(revision)?;
        let bytes = match self.storage.get(&path) {
            Err(error) if error.is_not_found() => return Ok(None),
            bytes => bytes.map_err(failed("reading the registry", &path))?,
        };
        let (record, checksum) = sealed::open::<Record>(&bytes, path.as_str())?;
        if record.revision != revision {
            return Err(self.damaged(revision, format!("it is revision {}", record.revision)));
        }
        Ok(Some((record, checksum)))
    }

    /// The error that a revision's file cannot be used.
    pub(super) fn damaged(&self, revision: u64, reason: impl Into<String>) -> Error {
        let file = format!("{}/{}", self.revisions, file_name(revision));
        Error::RegistryDamaged { file, reason: reason.into() }
    }

    /// Writes the revision after `base`. `None`: another one has its number.
    pub(super) fn commit(
        &self,
        base: &RegistryState,
        planned: Planned,
        words: (Option<String>, Option<String>),
    ) -> Result<Option<RegistryState>> {
        let record = self.record(base, planned, words);
        let revision = record.revision;
        let path = self.path(revision)?;
        let unwritable =
            |error: serde_json::Error| varvite_schema::Error::Unwritable { format: "JSON", reason: error.to_string() };
        let (text, checksum) = sealed::seal(&record).map_err(unwritable)?;
        // What we could not read, nobody could: it is never published.
        sealed::open::<Record>(text.as_bytes(), path.as_str())?;
        let txn = record.txn.clone();
        let after = base.after(vec![(record, checksum)])?;
        let staged = self.stage(base, &path, text)?;
        if !self.is_newest(base)? || !self.publish(&staged, revision, &txn)? {
            return Ok(None);
        }
        self.storage.sync(&self.revisions).map_err(|source| Error::RegistryUnknown { revision, source })?;
        self.durable.fetch_max(revision, Ordering::Relaxed);
        Ok(Some(after))
    }

    fn record(&self, base: &RegistryState, planned: Planned, words: (Option<String>, Option<String>)) -> Record {
        let Planned { definitions, lineage, changes } = planned;
        let (author, message) = words;
        Record {
            format: FORMAT,
            revision: base.revision() + 1,
            parent: base.head().map(str::to_owned),
            txn: format!("{:016x}{:016x}", self.storage.random(), self.storage.random()),
            at: text_of(self.storage.now_ms()),
            author,
            message,
            changes,
            definitions,
            lineage,
        }
    }

    /// Puts the bytes where they last, and makes sure that the revision before does.
    fn stage(&self, base: &RegistryState, path: &StoragePath, text: String) -> Result<Staged> {
        if base.revision() == 0 {
            self.storage.create_folder(&self.revisions).map_err(failed("creating the registry", &self.revisions))?;
        }
        let staged = self.storage.stage(path, text.into()).map_err(failed("changing the registry", path))?;
        self.storage.sync_staged(&staged).map_err(failed("making a revision durable", path))?;
        self.make_durable(base)?;
        Ok(staged)
    }

    /// Makes a revision last that may be another writer's, who was killed before.
    pub(super) fn make_durable(&self, state: &RegistryState) -> Result<()> {
        if state.revision() > self.durable.load(Ordering::Relaxed) {
            self.storage.sync(&self.revisions).map_err(failed("making a revision durable", &self.revisions))?;
            self.durable.fetch_max(state.revision(), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether the file of the base is what it was when it was read: an older registry may have been put back.
    fn is_newest(&self, base: &RegistryState) -> Result<bool> {
        if base.revision() == 0 {
            return Ok(true);
        }
        Ok(self.read(base.revision())?.is_some_and(|(_, checksum)| base.head() == Some(checksum.as_str())))
    }

    /// Whether the name became ours. After an unclear answer the file itself tells, if it can be read.
    fn publish(&self, staged: &Staged, revision: u64, txn: &str) -> Result<bool> {
        let source = match self.storage.publish(staged) {
            Ok(Published::Created) => return Ok(true),
            Ok(Published::AlreadyExists) => return Ok(false),
            Err(source) => source,
        };
        match self.read(revision) {
            Ok(Some((standing, _))) => Ok(standing.txn == txn),
            Ok(None) => Err(failed("changing the registry", &staged.path)(source)),
            Err(_) => Err(Error::RegistryUnknown { revision, source }),
        }
    }

    fn path(&self, revision: u64) -> Result<StoragePath> {
        self.revisions.join(&file_name(revision)).map_err(failed("looking at the registry", &self.revisions))
    }
}

pub(super) fn failed(operation: &'static str, path: &StoragePath) -> impl FnOnce(varvite_storage::Error) -> Error {
    let path = path.clone();
    move |source| Error::Storage { operation, path, source }
}

/// Names in byte order are the order of revisions.
pub(super) fn file_name(revision: u64) -> String {
    format!("{revision:020}.json")
}

/// The number of a file, if its name is one of ours.
pub(super) fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json").filter(|digits| digits.len() == 20)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten().filter(|number| *number > 0)
}
