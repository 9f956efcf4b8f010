//! The reserve: room that is given up when the disk is full, so that a vacuum can say what nobody reads any more.
//!
//! A file that nobody reads. A dataset has one once files of older versions are kept, as only then a vacuum frees anything.

use varvite_storage::StoragePath;

use super::Log;
use super::names::RESERVE;
use crate::{Error, Result};

/// Room for a record and the folder's entry for it, in bytes.
const LEN: usize = 8192;

impl Log {
    /// Puts the reserve aside if it is missing. Only advice: it may fail. For who holds the lock: what another does may come
    /// after the dataset is removed.
    pub(super) fn keep_reserve(&self) {
        let kept = || -> varvite_storage::Result<()> {
            let path = self.reserve()?;
            if self.storage.head(&path)?.is_none() {
                let staged = self.storage.stage(&path, noise().into())?;
                let _ = self.storage.publish(&staged)?;
            }
            Ok(())
        };
        if let Err(error) = kept() {
            tracing::debug!(%error, "there is no reserve for a full disk");
        }
    }

    /// Gives the reserve up.
    pub(crate) fn free_reserve(&self) -> Result<()> {
        let freed = self.reserve().and_then(|path| self.storage.delete(&path));
        freed.map_err(|source| self.failed("making room", source))
    }

    fn reserve(&self) -> varvite_storage::Result<StoragePath> {
        self.meta.join(RESERVE)
    }
}

/// Whether a storage had no room left.
pub(crate) fn is_full(error: &Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    let Error::Storage { source: varvite_storage::Error::Io { source, .. }, .. } = error else { return false };
    matches!(source.kind(), StorageFull | QuotaExceeded)
}

/// Bytes that no file system stores in less room.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..LEN / 8).flat_map(|_| next()).collect()
}
