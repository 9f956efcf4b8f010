//! [`DelayingStorage`]: makes another storage slow.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::Operation;
use crate::{Entry, Lock, Published, Result, Staged, Storage, StoragePath};

/// Sleeps before each call of chosen operations of another storage: a far store, or a window in which others race.
///
/// ```
/// use std::sync::Arc;
/// use std::time::{Duration, Instant};
/// use varvite_storage::{DelayingStorage, MemoryStorage, Operation, Storage, StoragePath};
///
/// let storage = DelayingStorage::new(Arc::new(MemoryStorage::new()), Duration::from_millis(20), [Operation::List]);
/// let start = Instant::now();
/// storage.list(&StoragePath::root())?;
/// assert!(start.elapsed() >= Duration::from_millis(20));
/// # Ok::<(), varvite_storage::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DelayingStorage {
    inner: Arc<dyn Storage>,
    delay: Duration,
    operations: Vec<Operation>,
}

impl DelayingStorage {
    /// Wraps `inner`: every call of one of `operations` begins `delay` later. None chosen: all pass through.
    pub fn new(inner: Arc<dyn Storage>, delay: Duration, operations: impl IntoIterator<Item = Operation>) -> Self {
        Self { inner, delay, operations: operations.into_iter().collect() }
    }

    fn after_delay(&self, operation: Operation) -> &dyn Storage {
        if self.operations.contains(&operation) {
            std::thread::sleep(self.delay);
        }
        self.inner.as_ref()
    }
}

#[deny(clippy::missing_trait_methods)]
impl Storage for DelayingStorage {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        self.after_delay(Operation::Get).get(path)
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        self.after_delay(Operation::GetRange).get_range(path, range)
    }

    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        self.after_delay(Operation::Head).head(path)
    }

    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        self.after_delay(Operation::List).list(folder)
    }

    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        self.after_delay(Operation::CreateFolder).create_folder(folder)
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        self.after_delay(Operation::Stage).stage(path, bytes)
    }

    fn publish(&self, staged: &Staged) -> Result<Published> {
        self.after_delay(Operation::Publish).publish(staged)
    }

    fn sync_staged(&self, staged: &Staged) -> Result<()> {
        self.after_delay(Operation::SyncStaged).sync_staged(staged)
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        self.after_delay(Operation::Sync).sync(path)
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        self.after_delay(Operation::Rename).rename(from, to)
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        self.after_delay(Operation::Delete).delete(path)
    }

    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        self.after_delay(Operation::DeleteFolder).delete_folder(folder)
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        self.after_delay(Operation::Lock).lock(path, patience)
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
