//! [`Files`]: what stands in a storage, as a map that can be changed, and the two places that it is put in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use tempfile::TempDir;
use varvite_storage::{LocalStorage, MemoryStorage, Storage, StoragePath};

/// Every file by its path.
pub type Files = BTreeMap<String, Bytes>;

/// Where the dataset is in its storage.
pub(super) const DATASET: &str = "x/d";
/// Its data files.
pub const DATA: &str = "x/d/";
/// Its log.
pub const LOG: &str = "x/d_opdmd/";
/// Files that older versions alone name.
pub const REPLACED: &str = "x/d_opdmd/replaced/";

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Rows of the newest version.
    Data,
    /// Rows of older versions.
    Replaced,
    /// A commit.
    Record,
    /// A version as one file.
    Checkpoint,
    /// The empty file that names the newest version.
    Witness,
    /// The empty file that voids old records.
    Floor,
    /// The file that is locked.
    Lock,
    /// Anything else.
    Unknown,
    /// All files of a folder.
    Folder,
}

impl Kind {
    /// All kinds, in the order of a table.
    pub const ALL: [Self; 9] = [
        Self::Data,
        Self::Replaced,
        Self::Record,
        Self::Checkpoint,
        Self::Witness,
        Self::Floor,
        Self::Lock,
        Self::Unknown,
        Self::Folder,
    ];

    /// What a path is for.
    pub fn of(path: &str) -> Self {
        let ends = |extension| path.rsplit_once('.').is_some_and(|(_, found)| found == extension);
        match path.strip_prefix(LOG) {
            _ if path.starts_with(REPLACED) => Self::Replaced,
            Some(_) if ends("json") => Self::Record,
            Some(_) if ends("parquet") => Self::Checkpoint,
            Some(name) if name.starts_with("tail-") => Self::Witness,
            Some(name) if name.starts_with("floor-") => Self::Floor,
            _ if path.starts_with(DATA) => Self::Data,
            _ if ends("lock") => Self::Lock,
            _ => Self::Unknown,
        }
    }

    /// The head of its column in a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Data => "data file",
            Self::Replaced => "replaced",
            Self::Record => "record",
            Self::Checkpoint => "checkpoint",
            Self::Witness => "witness",
            Self::Floor => "floor",
            Self::Lock => "lock",
            Self::Unknown => "unknown",
            Self::Folder => "folder",
        }
    }
}

/// The number in the name of a record, a witness or a floor.
pub(super) fn version_in(path: &str) -> Option<u64> {
    let name = path.strip_prefix(LOG)?;
    let digits = name.strip_suffix(".json").or(name.strip_prefix("tail-")).or(name.strip_prefix("floor-"))?;
    digits.parse().ok().filter(|version| digits.len() == 20 && *version < u64::MAX)
}

/// A storage whose files can be changed behind its back.
#[derive(Debug)]
pub enum Place {
    /// In memory.
    Memory(MemoryStorage),
    /// In a folder of the local disk, removed at the end.
    Local(TempDir),
}

impl Place {
    /// A place of its own.
    ///
    /// # Errors
    /// If there is no room for temporary files.
    pub fn new(on_disk: bool) -> Result<Self> {
        Ok(if on_disk { Self::Local(tempfile::tempdir()?) } else { Self::Memory(MemoryStorage::new()) })
    }

    /// The storage of this place.
    ///
    /// # Errors
    /// If the folder is gone.
    pub fn storage(&self) -> Result<Arc<dyn Storage>> {
        Ok(match self {
            Self::Memory(storage) => Arc::new(storage.clone()),
            Self::Local(folder) => Arc::new(LocalStorage::open(folder.path())?),
        })
    }

    /// Makes these files all that there are.
    ///
    /// # Errors
    /// If the disk does not take them.
    pub fn put(&self, files: &Files) -> Result<()> {
        match self {
            Self::Memory(storage) => put_in_memory(storage, files),
            Self::Local(folder) => put_on_disk(folder.path(), files),
        }
    }
}

fn put_in_memory(storage: &MemoryStorage, files: &Files) -> Result<()> {
    for (path, _) in storage.files() {
        storage.delete(&path)?;
    }
    for folder in [REPLACED, LOG, DATA] {
        storage.delete_folder(&StoragePath::try_new(folder.trim_end_matches('/'))?)?;
    }
    for (path, bytes) in files {
        storage.replace(&StoragePath::try_new(path)?, bytes.clone());
    }
    Ok(())
}

fn put_on_disk(root: &Path, files: &Files) -> Result<()> {
    let top = root.join("x");
    if top.exists() {
        std::fs::remove_dir_all(&top)?;
    }
    for (path, bytes) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().context("a file stands in a folder")?)?;
        std::fs::write(path, bytes)?;
    }
    Ok(())
}
