//! The [`Storage`] trait: what every dataset asks of the place where its bytes live, and nothing more.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use crate::{Result, StoragePath};

/// Where bytes live.
///
/// Paths are relative to the storage's root and `/`-separated on every platform. No method follows a symbolic link
/// below the root, and none leaves a partial file under a final name. A file that was published is read back byte for
/// byte until it is deleted or moved.
///
/// # Errors
/// The same for every method: [`Error::NotFound`](crate::Error::NotFound) if the path, or a folder on the way to it, is
/// missing where the method needs it; [`Error::WrongKind`](crate::Error::WrongKind) if a link, a folder or a file
/// stands where another is needed, also on the way; [`Error::Io`](crate::Error::Io) if the storage cannot answer. What
/// is listed at a method comes on top.
#[expect(clippy::missing_errors_doc, reason = "the errors are the same for all methods and stated once")]
pub trait Storage: fmt::Debug + Send + Sync {
    /// Reads the whole file.
    fn get(&self, path: &StoragePath) -> Result<Bytes>;

    /// Reads `range`, in bytes, end excluded; an empty range inside the file or at its end is fine.
    ///
    /// # Errors
    /// [`Error::OutOfRange`](crate::Error::OutOfRange) if the range reaches past the end or runs backwards: never a
    /// short read.
    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes>;

    /// What stands at `path`: `None` if nothing does, or if a folder on the way is missing. The root's name is empty.
    fn head(&self, path: &StoragePath) -> Result<Option<Entry>>;

    /// Lists what stands directly in `folder`, in ascending byte order of names. A missing folder is empty.
    ///
    /// Names that begin with `.tmp-` are hidden files of [`stage`](Self::stage), which may vanish at any time.
    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>>;

    /// Creates `folder` and its missing parents, durably. One that exists already is left as it is.
    fn create_folder(&self, folder: &StoragePath) -> Result<()>;

    /// Takes `bytes` for `path` without showing them there: complete, under a hidden temporary name in the same
    /// folder, or only in memory. Dropping the [`Staged`] removes it, as far as that is possible.
    ///
    /// The folder must exist. Whether something stands at `path` is only asked by [`publish`](Self::publish).
    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged>;

    /// Shows staged bytes under their path if nothing stands there: all of them at once, and exactly one of several
    /// racing callers gets [`Published::Created`]. After any error the outcome is unknown: read the path to settle it.
    ///
    /// Anything is something: a folder or a link at the path gives [`Published::AlreadyExists`] too.
    fn publish(&self, staged: &Staged) -> Result<Published>;

    /// Makes staged bytes durable where they are, before [`publish`](Self::publish). Without effect where publishing is
    /// durable. Never retry a failed sync: the kernel may have dropped the pages.
    fn sync_staged(&self, staged: &Staged) -> Result<()>;

    /// Makes the content of a file, or the names in a folder, durable. Never retry a failed sync.
    fn sync(&self, path: &StoragePath) -> Result<()>;

    /// Moves a file, never a folder, without replacing anything: exactly one of several racing callers gets
    /// [`Published::Created`]. [`Published::AlreadyExists`] leaves both as they were.
    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published>;

    /// Removes a file. One that is not there is fine.
    fn delete(&self, path: &StoragePath) -> Result<()>;

    /// Removes a folder if it is empty: `false` if it is not, or is not there, or is the root.
    fn delete_folder(&self, folder: &StoragePath) -> Result<bool>;

    /// Tries to take the advisory lock `path` for up to `patience`. `None`: someone else holds it, or this storage has
    /// no locks there. A lock is only ever about speed; it vanishes with its holder. An empty file may stay at `path`.
    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>>;

    /// Milliseconds since 1970-01-01T00:00:00Z by this storage's clock. Recorded, never trusted.
    fn now_ms(&self) -> i64;

    /// 64 random bits, for names that must never repeat.
    fn random(&self) -> u64;

    /// For messages: where the root is.
    fn location(&self) -> String;

    /// The file itself, opened for reading, for those that bring their own IO. It stays readable when it is moved or
    /// deleted afterwards. `None` where there are no files of the operating system, which is the default.
    fn open_file(&self, path: &StoragePath) -> Result<Option<std::fs::File>> {
        let _ = path;
        Ok(None)
    }

    /// The path of a file for other programs of this machine; whether there is such a file is not looked at. `None` where
    /// there are no files of the operating system, which is the default.
    fn local_path(&self, path: &StoragePath) -> Option<std::path::PathBuf> {
        let _ = path;
        None
    }

    /// An empty file without a name, for what does not fit into memory: it is gone when it is closed. `None` where there
    /// are no files of the operating system, which is the default.
    fn scratch_file(&self) -> Result<Option<std::fs::File>> {
        Ok(None)
    }
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name, without its folder. Names that no [`StoragePath`] can hold are listed as [`EntryKind::Other`], with
    /// replacement characters where they are not UTF-8.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Length in bytes; 0 for anything but a file.
    pub len: u64,
}

/// What a name in a folder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, device, socket: nothing we ever open.
    Other,
}

/// What became of an attempt to give a file its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Published {
    /// The name is ours.
    Created,
    /// Something stands there already; nothing was changed.
    AlreadyExists,
}

/// Bytes that a storage has taken but not shown yet. Dropping it cleans up.
pub struct Staged {
    /// Where the bytes are to appear.
    pub path: StoragePath,
    /// The hidden file that holds them, if the storage uses one.
    pub temporary: Option<StoragePath>,
    /// The bytes themselves, if the storage keeps them in memory.
    pub bytes: Option<Bytes>,
    /// Runs when this value is dropped.
    pub cleanup: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged").field("path", &self.path).field("temporary", &self.temporary).finish_non_exhaustive()
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(cleanup) = self.cleanup.take() {
            cleanup();
        }
    }
}

/// A held advisory lock: dropping it lets go.
pub struct Lock(pub Box<dyn Send + Sync>);

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}
