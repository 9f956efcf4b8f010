//! [`MemoryStorage`]: everything in one map, with the same guarantees as files.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::random::{STEP, mix};
use crate::tree::{Tree, not_a_file};
use crate::{Entry, Error, Lock, Published, Result, Staged, Storage, StoragePath};

/// Files and folders in memory. Clones share them.
///
/// ```
/// use varvite_storage::{MemoryStorage, Storage, StoragePath};
///
/// let storage = MemoryStorage::new();
/// storage.set_clock_ms(1_000);
/// let copy = storage.fork();
/// copy.replace(&StoragePath::try_new("a/b")?, "bytes".into());
/// assert_eq!((copy.files().len(), storage.files().len()), (1, 0));
/// assert_eq!(copy.now_ms(), 1_000);
/// # Ok::<(), varvite_storage::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage {
    tree: Arc<Mutex<Tree<Bytes>>>,
    locks: Arc<Mutex<BTreeSet<StoragePath>>>,
    clock_ms: Arc<AtomicI64>,
    random: Arc<AtomicU64>,
}

impl MemoryStorage {
    /// An empty storage. Its clock stands at 0 until it is set, its random bits are the same in every run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the clock, in milliseconds since 1970.
    pub fn set_clock_ms(&self, now_ms: i64) {
        self.clock_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Puts the file `bytes` under `path`, with the folders on the way, in place of any file there: for tests that
    /// damage files.
    pub fn replace(&self, path: &StoragePath, bytes: Bytes) {
        let mut tree = self.tree();
        tree.folders.extend(path.ancestors());
        tree.files.insert(path.clone(), bytes);
    }

    /// Every file with its bytes, in order of paths: for tests that compare all there is.
    pub fn files(&self) -> Vec<(StoragePath, Bytes)> {
        self.tree().files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    }

    /// A storage of its own with the same files, folders and clock, but other random bits and no locks.
    #[must_use]
    pub fn fork(&self) -> Self {
        let tree = self.tree();
        let copy = Self::new();
        *copy.tree() = tree.clone();
        copy.set_clock_ms(self.now_ms());
        copy.random.store(self.random.load(Ordering::Relaxed) ^ 0x5555_5555, Ordering::Relaxed);
        copy
    }

    fn tree(&self) -> MutexGuard<'_, Tree<Bytes>> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn len(bytes: &Bytes) -> u64 {
    bytes.len() as u64
}

/// The bytes of a file in `range`, all of them or none.
pub(crate) fn slice(bytes: &Bytes, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
    let out_of_range = || Error::OutOfRange { path: path.clone(), end: range.end };
    let start = usize::try_from(range.start).map_err(|_| out_of_range())?;
    let end = usize::try_from(range.end).map_err(|_| out_of_range())?;
    if start > end || end > bytes.len() {
        return Err(out_of_range());
    }
    Ok(bytes.slice(start..end))
}

impl Storage for MemoryStorage {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        self.tree().file(path).cloned()
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        slice(&self.get(path)?, path, range)
    }

    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        self.tree().head(path, len)
    }

    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        self.tree().list(folder, len)
    }

    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        self.tree().create_folder(folder).map(drop)
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        if path.is_root() {
            return Err(not_a_file(path));
        }
        self.tree().check_way(path)?;
        Ok(Staged { path: path.clone(), temporary: None, bytes: Some(bytes), cleanup: None })
    }

    fn publish(&self, staged: &Staged) -> Result<Published> {
        // What another storage staged in a file of its own is not here.
        let bytes = staged.bytes.clone().ok_or_else(|| Error::NotFound { path: staged.path.clone() })?;
        self.tree().create(&staged.path, bytes)
    }

    fn sync_staged(&self, _staged: &Staged) -> Result<()> {
        Ok(())
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        self.tree().find(path)?.map(|_| ()).ok_or_else(|| Error::NotFound { path: path.clone() })
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        self.tree().rename(from, to)
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        self.tree().delete(path).map(drop)
    }

    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        self.tree().delete_folder(folder)
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        let start = Instant::now();
        loop {
            if self.locks.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone()) {
                return Ok(Some(Lock(Box::new(Held { locks: Arc::clone(&self.locks), path: path.clone() }))));
            }
            if start.elapsed() >= patience {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    fn random(&self) -> u64 {
        mix(self.random.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }

    fn location(&self) -> String {
        "memory:".to_owned()
    }
}

/// A lock that is let go when dropped.
struct Held {
    locks: Arc<Mutex<BTreeSet<StoragePath>>>,
    path: StoragePath,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.path);
    }
}
