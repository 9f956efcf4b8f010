//! [`ObservedStorage`]: local files, with the time that each kind of call takes, durable or not.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use varvite_storage::bytes::Bytes;
use varvite_storage::{Entry, LocalStorage, Lock, Operation, Published, Staged, Storage, StoragePath};

/// Whether a write that is acknowledged survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It does.
    Full,
    /// It survives the process alone: nothing is flushed. The engine knows no such mode; here its storage
    /// answers without doing anything, so that peers that never flush are met on their own ground.
    None,
}

/// Local files. Says afterwards what was asked of them and how long it took.
#[derive(Debug)]
pub struct ObservedStorage {
    inner: LocalStorage,
    root: PathBuf,
    durability: Durability,
    counters: [Counter; Operation::ALL.len()],
}

#[derive(Debug, Default)]
struct Counter {
    calls: AtomicU64,
    nanos: AtomicU64,
}

/// Calls of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Calls {
    pub calls: u64,
    /// All threads together: of calls that run side by side, each counts.
    pub seconds: f64,
}

impl ObservedStorage {
    pub fn open(root: &Path, durability: Durability) -> Result<Self> {
        let inner = LocalStorage::open(root)?;
        Ok(Self { inner, root: root.to_owned(), durability, counters: Default::default() })
    }

    /// What was asked since the last time, by operation; those not asked for are left out.
    pub fn take(&self) -> BTreeMap<String, Calls> {
        let of = |operation: Operation| {
            let counter = &self.counters[operation as usize];
            let calls = counter.calls.swap(0, Ordering::Relaxed);
            let nanos = counter.nanos.swap(0, Ordering::Relaxed);
            (format!("{operation:?}"), Calls { calls, seconds: Duration::from_nanos(nanos).as_secs_f64() })
        };
        Operation::ALL.into_iter().map(of).filter(|(_, calls)| calls.calls > 0).collect()
    }

    fn observe<T>(&self, operation: Operation, call: impl FnOnce(&LocalStorage) -> T) -> T {
        let start = Instant::now();
        let result = call(&self.inner);
        let counter = &self.counters[operation as usize];
        counter.calls.fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        counter.nanos.fetch_add(nanos, Ordering::Relaxed);
        result
    }

    fn create_without_flush(&self, folder: &StoragePath) -> varvite_storage::Result<()> {
        std::fs::create_dir_all(self.root.join(folder.as_str())).map_err(|source| varvite_storage::Error::Io {
            action: "create",
            path: folder.clone(),
            source,
        })
    }
}

#[deny(clippy::missing_trait_methods)]
impl Storage for ObservedStorage {
    fn get(&self, path: &StoragePath) -> varvite_storage::Result<Bytes> {
        self.observe(Operation::Get, |inner| inner.get(path))
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> varvite_storage::Result<Bytes> {
        self.observe(Operation::GetRange, |inner| inner.get_range(path, range))
    }

    fn head(&self, path: &StoragePath) -> varvite_storage::Result<Option<Entry>> {
        self.observe(Operation::Head, |inner| inner.head(path))
    }

    fn list(&self, folder: &StoragePath) -> varvite_storage::Result<Vec<Entry>> {
        self.observe(Operation::List, |inner| inner.list(folder))
    }

    fn create_folder(&self, folder: &StoragePath) -> varvite_storage::Result<()> {
        self.observe(Operation::CreateFolder, |inner| match self.durability {
            Durability::Full => inner.create_folder(folder),
            Durability::None => self.create_without_flush(folder),
        })
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> varvite_storage::Result<Staged> {
        self.observe(Operation::Stage, |inner| inner.stage(path, bytes))
    }

    fn publish(&self, staged: &Staged) -> varvite_storage::Result<Published> {
        self.observe(Operation::Publish, |inner| inner.publish(staged))
    }

    fn sync_staged(&self, staged: &Staged) -> varvite_storage::Result<()> {
        self.observe(Operation::SyncStaged, |inner| match self.durability {
            Durability::Full => inner.sync_staged(staged),
            Durability::None => Ok(()),
        })
    }

    fn sync(&self, path: &StoragePath) -> varvite_storage::Result<()> {
        self.observe(Operation::Sync, |inner| match self.durability {
            Durability::Full => inner.sync(path),
            Durability::None => Ok(()),
        })
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> varvite_storage::Result<Published> {
        self.observe(Operation::Rename, |inner| inner.rename(from, to))
    }

    fn delete(&self, path: &StoragePath) -> varvite_storage::Result<()> {
        self.observe(Operation::Delete, |inner| inner.delete(path))
    }

    fn delete_folder(&self, folder: &StoragePath) -> varvite_storage::Result<bool> {
        self.observe(Operation::DeleteFolder, |inner| inner.delete_folder(folder))
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> varvite_storage::Result<Option<Lock>> {
        self.observe(Operation::Lock, |inner| inner.lock(path, patience))
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

    fn open_file(&self, path: &StoragePath) -> varvite_storage::Result<Option<std::fs::File>> {
        self.inner.open_file(path)
    }

    fn local_path(&self, path: &StoragePath) -> Option<std::path::PathBuf> {
        self.inner.local_path(path)
    }

    fn scratch_file(&self) -> varvite_storage::Result<Option<std::fs::File>> {
        self.inner.scratch_file()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_kind_once() {
        let folder = tempfile::tempdir().unwrap();
        let storage = ObservedStorage::open(folder.path(), Durability::None).unwrap();
        storage.create_folder(&StoragePath::try_new("a/b").unwrap()).unwrap();
        storage.list(&StoragePath::try_new("a").unwrap()).unwrap();
        let names: Vec<String> = storage.take().into_keys().collect();
        assert_eq!(names, ["CreateFolder", "List"]);
        assert!(storage.take().is_empty());
    }
}
