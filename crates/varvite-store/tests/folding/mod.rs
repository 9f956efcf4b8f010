//! A storage that ignores case, as disks of some systems do.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use varvite_storage::{Entry, Lock, MemoryStorage, Published, Result, Staged, Storage, StoragePath};

#[derive(Debug)]
pub(crate) struct CaseFolding(pub(crate) MemoryStorage);

fn fold(path: &StoragePath) -> StoragePath {
    StoragePath::try_new(path.as_str().to_lowercase()).unwrap_or_default()
}

#[deny(clippy::missing_trait_methods)]
impl Storage for CaseFolding {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        self.0.get(&fold(path))
    }
    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        self.0.get_range(&fold(path), range)
    }
    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        self.0.head(&fold(path))
    }
    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        self.0.list(&fold(folder))
    }
    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        self.0.create_folder(&fold(folder))
    }
    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        self.0.stage(&fold(path), bytes)
    }
    fn publish(&self, staged: &Staged) -> Result<Published> {
        self.0.publish(staged)
    }
    fn sync_staged(&self, staged: &Staged) -> Result<()> {
        self.0.sync_staged(staged)
    }
    fn sync(&self, path: &StoragePath) -> Result<()> {
        self.0.sync(&fold(path))
    }
    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        self.0.rename(&fold(from), &fold(to))
    }
    fn delete(&self, path: &StoragePath) -> Result<()> {
        self.0.delete(&fold(path))
    }
    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        self.0.delete_folder(&fold(folder))
    }
    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        self.0.lock(&fold(path), patience)
    }
    fn local_path(&self, path: &StoragePath) -> Option<std::path::PathBuf> {
        self.0.local_path(&fold(path))
    }
    fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }
    fn random(&self) -> u64 {
        self.0.random()
    }
    fn location(&self) -> String {
        self.0.location()
    }

    fn open_file(&self, path: &StoragePath) -> Result<Option<std::fs::File>> {
        self.0.open_file(&fold(path))
    }

    fn scratch_file(&self) -> Result<Option<std::fs::File>> {
        self.0.scratch_file()
    }
}
