//! [`StoredFile`]: a data file, wherever it is now.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use varvite_storage::{Error, Result, Storage, StoragePath};

/// A data file: in the data folder, or among those that newer versions replaced. It may be moved at any time, so that
/// every read looks in both places.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    storage: Arc<dyn Storage>,
    here: StoragePath,
    replaced: StoragePath,
}

impl StoredFile {
    pub(crate) fn new(storage: Arc<dyn Storage>, here: StoragePath, replaced: StoragePath) -> Self {
        Self { storage, here, replaced }
    }

    /// Where the file belongs, for messages.
    pub(crate) fn path(&self) -> &StoragePath {
        &self.here
    }

    pub(super) fn get_range(&self, range: Range<u64>) -> Result<Bytes> {
        self.find(|path| self.storage.get_range(path, range.clone()))
    }

    /// The file's length; `None` if it is not there.
    pub(super) fn len(&self) -> Result<Option<u64>> {
        let len = |path: &StoragePath| {
            let entry = self.storage.head(path)?.ok_or_else(|| Error::NotFound { path: path.clone() })?;
            Ok(entry.len)
        };
        match self.find(len) {
            Err(Error::NotFound { .. }) => Ok(None),
            found => found.map(Some),
        }
    }

    /// The file itself, where the storage has files.
    #[cfg(feature = "polars")]
    pub(crate) fn open(&self) -> Result<Option<std::fs::File>> {
        self.find(|path| self.storage.open_file(path))
    }

    /// The file's path for other programs of this machine, where the storage has files: it is there now.
    pub(crate) fn local_path(&self) -> Result<Option<std::path::PathBuf>> {
        self.find(|path| match self.storage.local_path(path) {
            None => Ok(None),
            Some(local) => match self.storage.head(path)? {
                Some(_) => Ok(Some(local)),
                None => Err(Error::NotFound { path: path.clone() }),
            },
        })
    }

    fn find<T>(&self, read: impl Fn(&StoragePath) -> Result<T>) -> Result<T> {
        // Files are moved away, and rarely back: the first place is looked at once more.
        let missing = |result: &Result<T>| result.as_ref().is_err_and(Error::is_not_found);
        let places = [&self.here, &self.replaced, &self.here];
        let mut result = read(places[0]);
        for place in &places[1..] {
            if !missing(&result) {
                break;
            }
            result = read(place);
        }
        result
    }
}

impl fmt::Display for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.here.fmt(f)
    }
}
