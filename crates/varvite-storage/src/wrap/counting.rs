//! [`CountingStorage`]: counts what is asked of another storage.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::Operation;
use crate::{Entry, Lock, Published, Result, Staged, Storage, StoragePath};

/// Counts the calls of another storage, and the bytes that they move. Clones count together.
///
/// ```
/// use std::sync::Arc;
/// use varvite_storage::{CountingStorage, MemoryStorage, Operation, Storage, StoragePath};
///
/// let storage = CountingStorage::new(Arc::new(MemoryStorage::new()));
/// let path = StoragePath::try_new("a")?;
/// let staged = storage.stage(&path, "four".into())?;
/// let _ = storage.publish(&staged)?;
/// storage.get_range(&path, 0..3)?;
/// let counts = storage.reset();
/// assert_eq!((counts.calls(Operation::GetRange), counts.total()), (1, 3));
/// assert_eq!((counts.bytes_read, counts.bytes_written), (3, 4));
/// assert_eq!(storage.counts().total(), 0);
/// # Ok::<(), varvite_storage::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CountingStorage {
    inner: Arc<dyn Storage>,
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    calls: [AtomicU64; Operation::ALL.len()],
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
}

/// What was asked of a storage so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    calls: [u64; Operation::ALL.len()],
    /// Bytes that reads returned.
    pub bytes_read: u64,
    /// Bytes that were staged.
    pub bytes_written: u64,
}

impl Counts {
    /// How often `operation` was called, failures included.
    pub fn calls(&self, operation: Operation) -> u64 {
        self.calls[operation as usize]
    }

    /// How often any operation was called.
    pub fn total(&self) -> u64 {
        self.calls.iter().sum()
    }
}

impl CountingStorage {
    /// Wraps `inner`, with all counts at 0.
    pub fn new(inner: Arc<dyn Storage>) -> Self {
        Self { inner, counters: Arc::default() }
    }

    /// The counts since the last reset. Calls of other threads may or may not be in it yet.
    pub fn counts(&self) -> Counts {
        self.take(|counter| counter.load(Ordering::Relaxed))
    }

    /// Sets all counts to 0 and returns what they were. No call is lost between two resets.
    pub fn reset(&self) -> Counts {
        self.take(|counter| counter.swap(0, Ordering::Relaxed))
    }

    fn take(&self, value: impl Fn(&AtomicU64) -> u64) -> Counts {
        Counts {
            calls: self.counters.calls.each_ref().map(&value),
            bytes_read: value(&self.counters.bytes_read),
            bytes_written: value(&self.counters.bytes_written),
        }
    }

    fn count(&self, operation: Operation) -> &dyn Storage {
        self.counters.calls[operation as usize].fetch_add(1, Ordering::Relaxed);
        self.inner.as_ref()
    }

    fn read(&self, bytes: &Bytes) {
        self.counters.bytes_read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
}

#[deny(clippy::missing_trait_methods)]
impl Storage for CountingStorage {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        self.count(Operation::Get).get(path).inspect(|bytes| self.read(bytes))
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        self.count(Operation::GetRange).get_range(path, range).inspect(|bytes| self.read(bytes))
    }

    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        self.count(Operation::Head).head(path)
    }

    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        self.count(Operation::List).list(folder)
    }

    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        self.count(Operation::CreateFolder).create_folder(folder)
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        let len = bytes.len() as u64;
        self.count(Operation::Stage).stage(path, bytes).inspect(|_| {
            self.counters.bytes_written.fetch_add(len, Ordering::Relaxed);
        })
    }

    fn publish(&self, staged: &Staged) -> Result<Published> {
        self.count(Operation::Publish).publish(staged)
    }

    fn sync_staged(&self, staged: &Staged) -> Result<()> {
        self.count(Operation::SyncStaged).sync_staged(staged)
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        self.count(Operation::Sync).sync(path)
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        self.count(Operation::Rename).rename(from, to)
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        self.count(Operation::Delete).delete(path)
    }

    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        self.count(Operation::DeleteFolder).delete_folder(folder)
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        self.count(Operation::Lock).lock(path, patience)
    }

    fn now_ms(&self) -> i64 {
        self.inner.now_ms()
    }

    fn random(&self) -> u64 {
        self.inner.random()
    }

    fn location(&self) -> String {
        self.inner.location()
    }

    fn open_file(&self, path: &StoragePath) -> Result<Option<std::fs::File>> {
        self.inner.open_file(path)
    }

    fn local_path(&self, path: &StoragePath) -> Option<std::path::PathBuf> {
        self.inner.local_path(path)
    }

    fn scratch_file(&self) -> Result<Option<std::fs::File>> {
        self.inner.scratch_file()
    }
}
