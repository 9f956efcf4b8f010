//! [`LocalStorage`] where there is no Unix: it cannot be opened, so that everything else still compiles.

use std::convert::Infallible;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use crate::{Entry, Error, Lock, Published, Result, Staged, Storage, StoragePath};

/// Files below one folder of the local disk: not available on this system.
#[derive(Debug, Clone)]
pub struct LocalStorage {
    never: Infallible,
}

impl LocalStorage {
    /// Refuses: use another storage.
    ///
    /// # Errors
    /// Always [`Error::Io`], with the kind [`Unsupported`](std::io::ErrorKind::Unsupported).
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let text = format!("local files need a Unix system, so not `{}`", root.as_ref().display());
        let source = std::io::Error::new(std::io::ErrorKind::Unsupported, text);
        Err(Error::Io { action: "open", path: StoragePath::root(), source })
    }
}

impl Storage for LocalStorage {
    fn get(&self, _path: &StoragePath) -> Result<Bytes> {
        match self.never {}
    }

    fn get_range(&self, _path: &StoragePath, _range: Range<u64>) -> Result<Bytes> {
        match self.never {}
    }

    fn head(&self, _path: &StoragePath) -> Result<Option<Entry>> {
        match self.never {}
    }

    fn list(&self, _folder: &StoragePath) -> Result<Vec<Entry>> {
        match self.never {}
    }

    fn create_folder(&self, _folder: &StoragePath) -> Result<()> {
        match self.never {}
    }

    fn stage(&self, _path: &StoragePath, _bytes: Bytes) -> Result<Staged> {
        match self.never {}
    }

    fn publish(&self, _staged: &Staged) -> Result<Published> {
        match self.never {}
    }

    fn sync_staged(&self, _staged: &Staged) -> Result<()> {
        match self.never {}
    }

    fn sync(&self, _path: &StoragePath) -> Result<()> {
        match self.never {}
    }

    fn rename(&self, _from: &StoragePath, _to: &StoragePath) -> Result<Published> {
        match self.never {}
    }

    fn delete(&self, _path: &StoragePath) -> Result<()> {
        match self.never {}
    }

    fn delete_folder(&self, _folder: &StoragePath) -> Result<bool> {
        match self.never {}
    }

    fn lock(&self, _path: &StoragePath, _patience: Duration) -> Result<Option<Lock>> {
        match self.never {}
    }

    fn now_ms(&self) -> i64 {
        match self.never {}
    }

    fn random(&self) -> u64 {
        match self.never {}
    }

    fn location(&self) -> String {
        match self.never {}
    }
}
