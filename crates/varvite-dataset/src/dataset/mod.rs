//! [`Dataset`]: the handle that everything goes through.

mod local;
mod vacuum;
mod versions;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use varvite_storage::{LocalStorage, Storage, StoragePath};

pub use local::LocalFile;
pub use vacuum::{VacuumOptions, VacuumReport};

use crate::log::{DROP, Draft, Log};
use crate::write::Write;
use crate::{
    Change, CheckReport, CommitInfo, Compact, Error, KeyRange, PlannedWrite, RepairReport, Result, Rows, Scan,
    ScanOptions, Snapshot, WriteOptions, WriteReport,
};

/// One ordered dataset: rows in order of one column, in many immutable Parquet files.
///
/// A handle sees one version until [`refresh`](Self::refresh) or a write of its own. Clones share it. Any number of
/// handles, in any number of processes, may read and write.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use varvite_dataset::{Dataset, Duplicates, ScanOptions, WriteOptions};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("prices");
/// let dataset = Dataset::open_or_new(&path)?;
/// let rows = |times: Vec<i64>| RecordBatch::try_from_iter([("ts", Arc::new(Int64Array::from(times)) as ArrayRef)]);
/// let options = WriteOptions::ordered_on("ts").with_duplicates_on(Duplicates::AllColumns);
/// let first = dataset.write(rows(vec![1, 2, 4])?, &options)?;
/// let late = dataset.write(rows(vec![2, 3])?, &options)?;
/// assert_eq!((first.inserted, late.inserted, late.identical), (3, 1, 1));
/// assert_eq!(dataset.read(&ScanOptions::default().with_range(2..4))?.num_rows(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dataset {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    log: Arc<Log>,
    path: StoragePath,
    key: Option<String>,
    snapshot: RwLock<Option<Arc<Snapshot>>>,
}

impl Dataset {
    /// Opens the dataset at a local path.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none; [`Error::Corrupt`] if its log is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let dataset = Self::open_or_new(path)?;
        if dataset.exists() { Ok(dataset) } else { Err(Error::NotFound { path: dataset.location() }) }
    }

    /// Opens the dataset at a local path, or prepares to create it: nothing is touched until the first write.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a name that no dataset can have; [`Error::Corrupt`] if its log is damaged.
    pub fn open_or_new(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let invalid = |reason| Error::InvalidName { name: path.display().to_string(), reason };
        let name = path.file_name().ok_or_else(|| invalid("it ends without a name"))?;
        let name = name.to_str().ok_or_else(|| invalid("it is not UTF-8"))?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = StoragePath::try_new(name).map_err(|_| invalid("it is no plain name"))?;
        let storage = LocalStorage::open(parent).map_err(|source| Error::Storage {
            operation: "opening",
            path: name.clone(),
            source,
        })?;
        Self::at(Arc::new(storage), name, None)
    }

    /// Opens or prepares to create the dataset at `path` of any storage. `key` is recorded when the dataset is created;
    /// later it must be the same.
    ///
    /// # Errors
    /// As [`open_or_new`](Self::open_or_new); [`Error::KeyMismatch`] if the dataset belongs to another key.
    pub fn at(storage: Arc<dyn Storage>, path: StoragePath, key: Option<String>) -> Result<Self> {
        let log = Arc::new(Log::new(storage, &path)?);
        let snapshot = log.load()?.map(Arc::new);
        let shared = Shared { log, path, key, snapshot: RwLock::new(None) };
        shared.check_key(snapshot.as_deref())?;
        *shared.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whether anything is stored, as far as this handle knows.
    pub fn exists(&self) -> bool {
        self.snapshot().is_some()
    }

    /// The version that this handle sees; `None` while nothing is stored.
    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.shared.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Moves on to the newest version: `true` if there was a newer one. One small read when nothing changed.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the log is damaged; the handle then stays where it is.
    pub fn refresh(&self) -> Result<bool> {
        let newer = match self.snapshot() {
            None => self.shared.log.load()?,
            Some(snapshot) => self.shared.log.refresh(&snapshot)?,
        };
        let Some(newer) = newer else { return Ok(false) };
        self.shared.check_key(Some(&newer))?;
        self.see_newer(Arc::new(newer));
        Ok(true)
    }

    /// A handle of its own on the version that this one sees: refreshing one leaves the other where it is.
    pub fn detached(&self) -> Self {
        let shared = Shared {
            log: Arc::clone(&self.shared.log),
            path: self.shared.path.clone(),
            key: self.shared.key.clone(),
            snapshot: RwLock::new(self.snapshot()),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The columns; `None` while no rows were ever written.
    pub fn schema(&self) -> Option<SchemaRef> {
        self.snapshot().and_then(|snapshot| snapshot.schema.clone())
    }

    /// Where the dataset is below its storage's root.
    pub fn path(&self) -> &StoragePath {
        &self.shared.path
    }

    /// Where the dataset is, for messages.
    pub fn location(&self) -> String {
        format!("{}/{}", self.shared.log.storage().location().trim_end_matches('/'), self.shared.path)
    }

    /// Writes `rows` as one commit: all of them or none become visible.
    ///
    /// The first write creates the dataset and needs [`WriteOptions::ordered_on`]. Stored rows are streamed. The rows
    /// given are held in memory up to a [limit](WriteOptions::with_memory_limit), so that a reader of batches may give
    /// more than fits.
    ///
    /// # Errors
    /// Bad rows and options are refused before anything is written. After any error but [`Error::CommitUnknown`] the
    /// dataset is as it was.
    #[doc(alias = "upsert")]
    pub fn write(&self, rows: impl Into<Rows>, options: &WriteOptions) -> Result<WriteReport> {
        self.apply(Change::Write(rows.into()), options)
    }

    /// Replaces all rows of `range` by `rows`, which lie in it, as one commit.
    ///
    /// # Errors
    /// As [`write`](Self::write); [`Error::OutsideRange`] for a row outside the range.
    pub fn replace_range(
        &self,
        range: impl Into<KeyRange>,
        rows: impl Into<Rows>,
        options: &WriteOptions,
    ) -> Result<WriteReport> {
        self.apply(Change::ReplaceRange(range.into(), rows.into()), options)
    }

    /// Replaces all rows of several ranges by `rows`, which lie in them, as one commit. What lies between the ranges keeps its
    /// files.
    ///
    /// # Errors
    /// As [`replace_range`](Self::replace_range).
    pub fn replace_ranges(
        &self,
        ranges: impl IntoIterator<Item = KeyRange>,
        rows: impl Into<Rows>,
        options: &WriteOptions,
    ) -> Result<WriteReport> {
        self.apply(Change::ReplaceRanges(ranges.into_iter().collect(), rows.into()), options)
    }

    /// Deletes all rows of `range`. Nothing is committed if there are none.
    ///
    /// # Errors
    /// [`Error::NotFound`] while nothing is stored; [`Error::InvalidBound`]; as [`write`](Self::write).
    pub fn delete_range(&self, range: impl Into<KeyRange>, options: &WriteOptions) -> Result<WriteReport> {
        self.apply(Change::DeleteRange(range.into()), options)
    }

    /// Deletes the rows that agree with one of `keys` in all its columns. The ordered column is one of them, so that
    /// only row groups that may hold such rows are read. Nothing is committed if there are none.
    ///
    /// # Errors
    /// [`Error::NotFound`] while nothing is stored; [`Error::UnknownColumn`], [`Error::SchemaMismatch`] for columns that
    /// are not the stored ones; as [`write`](Self::write).
    pub fn delete_keys(&self, keys: impl Into<Rows>, options: &WriteOptions) -> Result<WriteReport> {
        self.apply(Change::DeleteKeys(keys.into()), options)
    }

    /// Deletes the rows that agree with one of `keys` in all its columns, and merges `rows`: as one commit. The ordered
    /// column is one of the keys'.
    ///
    /// # Errors
    /// As [`write`](Self::write) and [`delete_keys`](Self::delete_keys).
    pub fn replace_keys(
        &self,
        keys: impl Into<Rows>,
        rows: impl Into<Rows>,
        options: &WriteOptions,
    ) -> Result<WriteReport> {
        self.apply(Change::ReplaceKeys(keys.into(), rows.into()), options)
    }

    /// Writes row groups anew that are off target, and drops stored duplicates among the rows that it reads. A target
    /// in `options` is remembered. Nothing is committed if nothing changes.
    ///
    /// # Errors
    /// [`Error::NotFound`] while nothing is stored; as [`write`](Self::write).
    pub fn compact(&self, what: Compact, options: &WriteOptions) -> Result<WriteReport> {
        self.apply(Change::Compact(what), options)
    }

    /// Does what `change` says, as one commit.
    ///
    /// # Errors
    /// Those of the method for that change.
    pub fn apply(&self, change: Change, options: &WriteOptions) -> Result<WriteReport> {
        let snapshot = self.base_of(&change)?;
        let write = Write::prepare(&self.shared.log, snapshot.as_deref(), change, options)?;
        let (report, after) = write.run(&self.shared.log, snapshot, self.shared.key.as_deref())?;
        if let Some(after) = after {
            self.see_newer(after);
        }
        Ok(report)
    }

    /// The version to begin with. Only rows create a dataset.
    fn base_of(&self, change: &Change) -> Result<Option<Arc<Snapshot>>> {
        let snapshot = self.snapshot();
        match (change, &snapshot) {
            (Change::Write(_) | Change::ReplaceRange(..) | Change::ReplaceRanges(..) | Change::ReplaceKeys(..), _)
            | (_, Some(_)) => Ok(snapshot),
            (_, None) => Err(Error::NotFound { path: self.location() }),
        }
    }

    /// Tells what [`write`](Self::write) would do, without reading stored rows or writing anything.
    ///
    /// # Errors
    /// As `write` for bad rows and options.
    pub fn plan_write(&self, rows: impl Into<Rows>, options: &WriteOptions) -> Result<PlannedWrite> {
        self.plan(Change::Write(rows.into()), options)
    }

    /// Tells what [`apply`](Self::apply) would do, without reading stored rows or writing anything.
    ///
    /// # Errors
    /// As `apply` for bad rows and options.
    #[doc(alias = "dry_run")]
    pub fn plan(&self, change: Change, options: &WriteOptions) -> Result<PlannedWrite> {
        let snapshot = self.base_of(&change)?;
        Write::prepare(&self.shared.log, snapshot.as_deref(), change, options)?.plan(snapshot.as_deref())
    }

    /// Reads rows in order, batch by batch, from the version that this handle sees now.
    ///
    /// # Errors
    /// [`Error::NotFound`] while nothing is stored; [`Error::InvalidBound`], [`Error::UnknownColumn`] for bad options.
    pub fn scan(&self, options: &ScanOptions) -> Result<Scan> {
        let snapshot = self.snapshot().ok_or_else(|| Error::NotFound { path: self.location() })?;
        Scan::new(Arc::clone(&self.shared.log), snapshot, options)
    }

    /// Reads rows in order into one batch; an empty one if there are none.
    ///
    /// # Errors
    /// As [`scan`](Self::scan), and for what goes wrong on the way.
    pub fn read(&self, options: &ScanOptions) -> Result<RecordBatch> {
        let mut scan = self.scan(options)?;
        let mut batches = Vec::new();
        while let Some(batch) = scan.next_batch()? {
            batches.push(batch);
        }
        concat_batches(&scan.schema(), &batches).map_err(|source| Error::Arrow { action: "join batches", source })
    }

    /// The commits that are still recorded, oldest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a record is damaged.
    pub fn log(&self) -> Result<Vec<CommitInfo>> {
        self.shared.log.history()
    }

    /// Compares the dataset with what its log says: presence and tails of files, or with `deep` every byte, order and bounds.
    ///
    /// # Errors
    /// Only if checking itself fails: damage is part of the report. [`Error::KeyMismatch`] if the dataset of another key
    /// stands here by now.
    #[doc(alias = "fsck")]
    pub fn check(&self, deep: bool) -> Result<CheckReport> {
        Ok(crate::check::check(&self.shared.log, self.shared.key.as_deref(), deep)?.report)
    }

    /// Puts right what a [`check`](Self::check) found, where nothing is lost by it: files in the wrong folder, files of
    /// writers that are gone, checkpoints that cannot be used, and what has expired. Rows, foreign files and a damaged
    /// log are not touched. A check is its dry run.
    ///
    /// # Errors
    /// As [`check`](Self::check): what could not be put right is part of the report.
    pub fn repair(&self, deep: bool) -> Result<RepairReport> {
        crate::repair::repair(&self.shared.log, self.shared.key.as_deref(), deep)
    }

    /// Removes the dataset from its storage. The handle may be written to again: that creates a new dataset.
    ///
    /// It is gone for everybody at once. Its files go at once, too, unless another process holds the lock and does not
    /// let go: then the next removal or first write takes them.
    ///
    /// # Errors
    /// [`Error::NotFound`] while nothing is stored; [`Error::Dropped`] if another process removed it at the same time.
    /// After any other error a part may be gone: remove it again.
    pub fn remove(&self) -> Result<()> {
        let log = &self.shared.log;
        let lock = log.take_lock();
        self.refresh()?;
        let Some(snapshot) = self.snapshot() else {
            if !log.finish_removal(lock.is_some())? {
                return Err(Error::NotFound { path: self.location() });
            }
            log.remove_lock_file();
            return Ok(());
        };
        // From this record on the dataset is gone for everybody; then its files go.
        let dropped = log.commit_until_won(Snapshot::clone(&snapshot), lock.is_some(), |newest| {
            let dataset_id = newest.dataset_id.clone();
            Ok(Some(Draft { dataset_id, op: DROP, ..Draft::default() }))
        })?;
        self.see(None);
        match dropped {
            Some(dropped) if lock.is_some() => {
                log.remove_all(dropped.version)?;
                log.remove_lock_file();
            }
            _ => tracing::warn!("another process holds the lock: files are left until the next removal or first write"),
        }
        Ok(())
    }

    #[cfg(feature = "polars")]
    pub(crate) fn log_files(&self) -> Arc<Log> {
        Arc::clone(&self.shared.log)
    }

    /// Sees this version, unless a clone in another thread has seen a newer one meanwhile.
    fn see_newer(&self, snapshot: Arc<Snapshot>) {
        let mut seen = self.shared.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        let is_newer = |seen: &Arc<Snapshot>| seen.dataset_id != snapshot.dataset_id || seen.version < snapshot.version;
        if seen.as_ref().is_none_or(is_newer) {
            *seen = Some(snapshot);
        }
    }

    fn see(&self, snapshot: Option<Arc<Snapshot>>) {
        *self.shared.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }
}

impl Shared {
    fn check_key(&self, snapshot: Option<&Snapshot>) -> Result<()> {
        snapshot.map_or(Ok(()), |snapshot| snapshot.check_key(self.key.as_deref(), &self.path))
    }
}
