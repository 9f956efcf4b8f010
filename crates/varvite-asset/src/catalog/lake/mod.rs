//! Data-lake assets: dated files of any kind, each written whole, replaced by a newer revision.

#[cfg(feature = "csv")]
mod csv;
mod file;
mod format;
mod list;

use bytes::Bytes;
use varvite_storage::{EntryKind, Published, Storage, StoragePath};
use xxhash_rust::xxh3::xxh3_64;

pub use file::LakeWrite;
pub use format::LakeFormat;
pub(crate) use format::decode_lake;
pub use list::LakeDates;

use super::Catalog;
use super::publish::{failed, publish_new};
use crate::{Error, LakeEntry, Result};
use file::{FileName, asset_folder, date_folder};

/// The folder of data-lake assets.
const LAKE: &str = "lake";

/// How often a revision is tried whose number somebody else was faster to take.
const MAX_ATTEMPTS: u32 = 1000;

impl Catalog {
    /// Stores the bytes of a dated file. One of the same asset, date and version that is there already is replaced: readers
    /// find the old content or the new, and what they hold a [`LakeEntry`] of stays until it is replaced once more.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a name, a date or an ending that could not be found again.
    pub fn put(&self, file: &LakeWrite, bytes: impl Into<Bytes>) -> Result<LakeEntry> {
        file.check()?;
        let folder = self.below(&format!("{LAKE}/{}/{}", asset_folder(&file.name), date_folder(file.date)))?;
        let bytes = bytes.into();
        let sum = xxh3_64(&bytes);
        for _ in 0..MAX_ATTEMPTS {
            let newest = self.revisions(&folder, file.version)?.last().map_or(0, |(name, _)| name.revision);
            let name = FileName { version: file.version, revision: newest + 1, sum, format: file.format.clone() };
            let path = folder.join(&name.to_string()).map_err(failed("naming a file in", &folder))?;
            if publish_new(&*self.inner.storage, &path, &bytes)? == Published::AlreadyExists {
                continue;
            }
            if self.tidy(&folder, &name)? {
                let entry = LakeEntry { date: file.date, format: file.format.clone(), path, bytes: bytes.len() as u64 };
                return Ok(entry);
            }
        }
        Err(Error::Conflict { asset: format!("{} (lake) v{}", file.name, file.version) })
    }

    /// The bytes of a dated file, compared with the hash that its name has.
    ///
    /// # Errors
    /// [`Error::Storage`]: also if it was replaced twice since it was listed; [`Error::Damaged`].
    pub fn read_lake(&self, entry: &LakeEntry) -> Result<Bytes> {
        read_lake(&*self.inner.storage, entry)
    }

    /// Removes revisions that nobody needs: all but the one before, which may just be read. `false` if the file just written
    /// was overtaken by two others, so that its place in the order is unknown: it is removed then.
    fn tidy(&self, folder: &StoragePath, written: &FileName) -> Result<bool> {
        let storage = &self.inner.storage;
        let revisions = self.revisions(folder, written.version)?;
        let remove = |name: &FileName| {
            let path = folder.join(&name.to_string()).map_err(failed("naming a file in", folder))?;
            storage.delete(&path).map_err(failed("removing", &path))
        };
        if revisions.last().is_some_and(|(newest, _)| newest.revision > written.revision + 1) {
            remove(written)?;
            return Ok(false);
        }
        for (older, _) in revisions.iter().filter(|(name, _)| name.revision + 1 < written.revision) {
            if let Err(error) = remove(older) {
                tracing::warn!(%error, "a file that nobody needs could not be removed");
            }
        }
        Ok(true)
    }

    /// The revisions of a version in the folder of a date, oldest first, with their lengths.
    fn revisions(&self, folder: &StoragePath, version: u32) -> Result<Vec<(FileName, u64)>> {
        let mut found = self.files_in(folder)?;
        found.retain(|(name, _)| name.version == version);
        Ok(found)
    }

    /// The files in the folder of a date, by version and revision. Others that are there are none of ours.
    fn files_in(&self, folder: &StoragePath) -> Result<Vec<(FileName, u64)>> {
        let entries = self.inner.storage.list(folder).map_err(failed("listing", folder))?;
        let files = entries.into_iter().filter(|entry| entry.kind == EntryKind::File);
        let mut found: Vec<(FileName, u64)> =
            files.filter_map(|entry| Some((FileName::parse(&entry.name)?, entry.len))).collect();
        found.sort();
        Ok(found)
    }
}

/// The bytes of a dated file, compared with the hash that its name has.
pub(crate) fn read_lake(storage: &dyn Storage, entry: &LakeEntry) -> Result<Bytes> {
    let bytes = storage.get(&entry.path).map_err(failed("reading", &entry.path))?;
    match FileName::parse(entry.path.name()) {
        Some(name) if name.sum != xxh3_64(&bytes) => Err(Error::Damaged {
            file: entry.path.to_string(),
            reason: "its content does not have the hash in its name".to_owned(),
        }),
        _ => Ok(bytes),
    }
}
