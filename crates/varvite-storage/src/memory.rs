//! [`MemoryStorage`]: everything in one map, with the same guarantees as files.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::{Entry, EntryKind, Error, Lock, Published, Result, Staged, Storage, StoragePath};

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
    tree: Arc<Mutex<Tree>>,
    locks: Arc<Mutex<BTreeSet<StoragePath>>>,
    clock_ms: Arc<AtomicI64>,
    random: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Tree {
    files: BTreeMap<StoragePath, Bytes>,
    folders: BTreeSet<StoragePath>,
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
        *copy.tree() = Tree { files: tree.files.clone(), folders: tree.folders.clone() };
        copy.set_clock_ms(self.now_ms());
        copy.random.store(self.random.load(Ordering::Relaxed) ^ 0x5555_5555, Ordering::Relaxed);
        copy
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tree {
    fn kind(&self, path: &StoragePath) -> Option<EntryKind> {
        if path.is_root() || self.folders.contains(path) {
            return Some(EntryKind::Folder);
        }
        self.files.contains_key(path).then_some(EntryKind::File)
    }

    /// Whether every folder on the way to `path` is there.
    fn check_way(&self, path: &StoragePath) -> Result<()> {
        path.ancestors().try_for_each(|folder| match self.kind(&folder) {
            Some(EntryKind::Folder) => Ok(()),
            Some(_) => Err(not_a_folder(&folder)),
            None => Err(Error::NotFound { path: folder }),
        })
    }

    /// Looks at what stands at `path`. A missing folder on the way means that nothing does.
    fn find(&self, path: &StoragePath) -> Result<Option<EntryKind>> {
        match self.check_way(path) {
            Err(Error::NotFound { .. }) => Ok(None),
            way => way.map(|()| self.kind(path)),
        }
    }

    fn file(&self, path: &StoragePath) -> Result<&Bytes> {
        self.check_way(path)?;
        if self.kind(path) == Some(EntryKind::Folder) {
            return Err(not_a_file(path));
        }
        self.files.get(path).ok_or_else(|| Error::NotFound { path: path.clone() })
    }

    /// Puts a file where nothing stands.
    fn create(&mut self, path: &StoragePath, bytes: Bytes) -> Published {
        if self.kind(path).is_some() {
            return Published::AlreadyExists;
        }
        self.files.insert(path.clone(), bytes);
        Published::Created
    }

    fn children(&self, folder: &StoragePath) -> BTreeMap<String, Entry> {
        let is_child = |path: &&StoragePath| path.parent().as_ref() == Some(folder);
        let files = self.files.iter().filter(|(path, _)| is_child(path)).map(|(path, bytes)| Entry {
            name: path.name().to_owned(),
            kind: EntryKind::File,
            len: bytes.len() as u64,
        });
        let folders = self.folders.iter().filter(is_child).map(|path| Entry {
            name: path.name().to_owned(),
            kind: EntryKind::Folder,
            len: 0,
        });
        files.chain(folders).map(|entry| (entry.name.clone(), entry)).collect()
    }
}

fn not_a_file(path: &StoragePath) -> Error {
    Error::WrongKind { path: path.clone(), found: "a folder", expected: "a file" }
}

fn not_a_folder(path: &StoragePath) -> Error {
    Error::WrongKind { path: path.clone(), found: "a file", expected: "a folder" }
}

impl Storage for MemoryStorage {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        self.tree().file(path).cloned()
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        let bytes = self.get(path)?;
        let out_of_range = || Error::OutOfRange { path: path.clone(), end: range.end };
        let start = usize::try_from(range.start).map_err(|_| out_of_range())?;
        let end = usize::try_from(range.end).map_err(|_| out_of_range())?;
        if start > end || end > bytes.len() {
            return Err(out_of_range());
        }
        Ok(bytes.slice(start..end))
    }

    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        let tree = self.tree();
        let len = tree.files.get(path).map_or(0, |bytes| bytes.len() as u64);
        Ok(tree.find(path)?.map(|kind| Entry { name: path.name().to_owned(), kind, len }))
    }

    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        let tree = self.tree();
        match tree.find(folder)? {
            Some(EntryKind::Folder) => Ok(tree.children(folder).into_values().collect()),
            Some(_) => Err(not_a_folder(folder)),
            None => Ok(Vec::new()),
        }
    }

    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        let mut tree = self.tree();
        for path in folder.ancestors().chain([folder.clone()]) {
            match tree.kind(&path) {
                Some(EntryKind::Folder) => {}
                Some(_) => return Err(not_a_folder(&path)),
                None => {
                    tree.folders.insert(path);
                }
            }
        }
        Ok(())
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
        let mut tree = self.tree();
        tree.check_way(&staged.path)?;
        Ok(tree.create(&staged.path, bytes))
    }

    fn sync_staged(&self, _staged: &Staged) -> Result<()> {
        Ok(())
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        self.tree().find(path)?.map(|_| ()).ok_or_else(|| Error::NotFound { path: path.clone() })
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        let mut tree = self.tree();
        let bytes = tree.file(from)?.clone();
        tree.check_way(to)?;
        let published = tree.create(to, bytes);
        if published == Published::Created {
            tree.files.remove(from);
        }
        Ok(published)
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        let mut tree = self.tree();
        if tree.find(path)? == Some(EntryKind::Folder) {
            return Err(not_a_file(path));
        }
        tree.files.remove(path);
        Ok(())
    }

    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        let mut tree = self.tree();
        if tree.find(folder)? == Some(EntryKind::File) {
            return Err(not_a_folder(folder));
        }
        Ok(tree.children(folder).is_empty() && tree.folders.remove(folder))
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

    /// `SplitMix64`, so that runs repeat.
    fn random(&self) -> u64 {
        let mut z = self.random.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
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
