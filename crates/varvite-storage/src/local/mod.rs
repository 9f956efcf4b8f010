//! [`LocalStorage`]: files of one folder, opened relative to its descriptor, so that no link below it is ever followed.

mod folder;
mod staging;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use rustix::fs::{AtFlags, OFlags};
use rustix::io::Errno;

use crate::{Entry, EntryKind, Error, Lock, Published, Result, Staged, Storage, StoragePath};
use folder::{Folder, failed};

/// Files below one folder of the local disk.
///
/// The folder itself may be a link, resolved when the storage is opened; links below it are refused.
///
/// ```
/// use varvite_storage::{LocalStorage, Published, Storage, StoragePath};
///
/// # let temporary = tempfile::tempdir()?;
/// # let root = temporary.path().join("data");
/// let storage = LocalStorage::open(&root)?;
/// let folder = StoragePath::try_new("prices")?;
/// storage.create_folder(&folder)?;
/// let path = folder.join("a.txt")?;
/// let staged = storage.stage(&path, "bytes".into())?;
/// storage.sync_staged(&staged)?;
/// assert_eq!(storage.publish(&staged)?, Published::Created);
/// storage.sync(&folder)?; // from here on a power cut leaves the file in place
/// assert_eq!(std::fs::read(root.join("prices/a.txt"))?, b"bytes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LocalStorage {
    root: PathBuf,
    /// Folders whose own names this storage has made durable; the root's too.
    durable: Arc<Mutex<BTreeSet<StoragePath>>>,
    /// The folder to begin with when the root is made durable: what stood there when the storage was opened.
    standing: PathBuf,
}

impl LocalStorage {
    /// Uses the folder `root`, which need not exist yet: it is created with the first folder in it.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if something else than a folder stands there.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        let io = |source| Error::Io { action: "open", path: StoragePath::root(), source };
        let no_folder =
            || Error::WrongKind { path: StoragePath::root(), found: "a file or a dangling link", expected: "a folder" };
        let is_missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
        let resolved = std::fs::canonicalize(root).or_else(|error| match root.symlink_metadata() {
            // Somebody may have created it between the two looks.
            Ok(_) if is_missing(&error) => std::fs::canonicalize(root),
            _ => Err(error),
        });
        let root = match resolved {
            Ok(resolved) if resolved.is_dir() => resolved,
            Ok(_) => return Err(no_folder()),
            Err(error) if is_missing(&error) => {
                if root.is_symlink() {
                    return Err(no_folder());
                }
                std::path::absolute(root).map_err(io)?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Err(no_folder()),
            Err(error) => return Err(io(error)),
        };
        let standing = root.ancestors().find(|folder| folder.exists()).unwrap_or(&root).to_owned();
        Ok(Self { root, durable: Arc::default(), standing })
    }

    /// The folder that holds `path`, opened.
    fn parent(&self, path: &StoragePath) -> Result<Folder> {
        Folder::open(&self.root, &path.parent().unwrap_or_default())
    }

    /// The folder that holds the file `path`, opened.
    fn parent_of_file(&self, path: &StoragePath) -> Result<Folder> {
        if path.is_root() {
            return Err(Error::WrongKind { path: path.clone(), found: "a folder", expected: "a file" });
        }
        self.parent(path)
    }

    /// Creates and opens the folder `path` in `parent`, durably.
    ///
    /// Also a folder that stood there already is made durable, once: whoever created it may not have come to that yet.
    fn create_in(&self, parent: &Folder, path: &StoragePath) -> Result<Folder> {
        let (folder, created) = parent.create(path)?;
        if created || !self.durable.lock().unwrap_or_else(PoisonError::into_inner).contains(path) {
            match parent.sync(path) {
                Err(Error::Io { source, .. }) if !created && cannot_sync(&source) => {}
                synced => synced?,
            }
            self.durable.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
        }
        Ok(folder)
    }

    /// What is or was missing of the root itself, created durably.
    fn create_root(&self) -> Result<()> {
        let io = |source| Error::Io { action: "create", path: StoragePath::root(), source };
        let was_missing = |folder: &Path| folder.starts_with(&self.standing) && *folder != self.standing;
        let missing = self.root.ancestors().take_while(|folder| was_missing(folder) || !folder.exists());
        for folder in missing.collect::<Vec<_>>().into_iter().rev() {
            match std::fs::create_dir(folder) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(io(error)),
                _ => {}
            }
            if let Some(parent) = folder.parent() {
                std::fs::File::open(parent).and_then(|parent| parent.sync_all()).map_err(io)?;
            }
        }
        Ok(())
    }

    /// The root, opened; created if it is missing.
    fn root(&self) -> Result<Folder> {
        let root = StoragePath::root();
        let is_durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner).contains(&root);
        match Folder::open(&self.root, &root) {
            Err(Error::NotFound { .. }) => {}
            opened if is_durable => return opened,
            _ => {}
        }
        self.create_root()?;
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).insert(root.clone());
        Folder::open(&self.root, &root)
    }
}

/// Whether a file system has nothing to make durable: it is read-only, or does not keep folders on a disk.
fn cannot_sync(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::InvalidInput)
}

impl Storage for LocalStorage {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        let mut file = self.parent_of_file(path)?.open_file(path)?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut bytes).map_err(|source| Error::Io {
            action: "read",
            path: path.clone(),
            source,
        })?;
        Ok(bytes.into())
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        use std::os::unix::fs::FileExt;
        let out_of_range = || Error::OutOfRange { path: path.clone(), end: range.end };
        let file = self.parent_of_file(path)?.open_file(path)?;
        let io = |source| Error::Io { action: "read", path: path.clone(), source };
        let len = range.end.checked_sub(range.start).ok_or_else(out_of_range)?;
        // Checked before memory is taken: the range may come from damaged metadata.
        if range.end > file.metadata().map_err(io)?.len() {
            return Err(out_of_range());
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| out_of_range())?];
        match file.read_exact_at(&mut bytes, range.start) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(out_of_range()),
            result => result.map(|()| bytes.into()).map_err(io),
        }
    }

    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        let found = self.parent(path).and_then(|parent| parent.head(path));
        match found {
            Err(Error::NotFound { .. }) => Ok(None),
            found => found,
        }
    }

    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        match Folder::open(&self.root, folder) {
            Err(Error::NotFound { .. }) => Ok(Vec::new()),
            opened => opened?.list(folder),
        }
    }

    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        let mut opened = self.root()?;
        if !folder.is_root() {
            for path in folder.ancestors().chain([folder.clone()]) {
                opened = self.create_in(&opened, &path)?;
            }
        }
        Ok(())
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        staging::stage(self.parent_of_file(path)?, path, &bytes, self.random())
    }

    fn publish(&self, staged: &Staged) -> Result<Published> {
        staging::publish(&self.parent(&staged.path)?, staged)
    }

    fn sync_staged(&self, staged: &Staged) -> Result<()> {
        staged.temporary.as_ref().map_or(Ok(()), |temporary| self.sync(temporary))
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        match self.head(path)? {
            Some(Entry { kind: EntryKind::Folder, .. }) => Folder::open(&self.root, path)?.sync(path),
            _ => folder::sync(self.parent_of_file(path)?.open_file(path)?, path),
        }
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        let source = self.parent_of_file(from)?;
        if to.is_root() {
            return Ok(Published::AlreadyExists);
        }
        staging::rename(&source, from, &self.parent(to)?, to)
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        let parent = match self.parent_of_file(path) {
            Err(Error::NotFound { .. }) => return Ok(()),
            parent => parent?,
        };
        if !parent.has_file(path)? {
            return Ok(());
        }
        match rustix::fs::unlinkat(&parent.descriptor, path.name(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(failed("delete", path, errno)),
        }
    }

    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        let parent = match self.parent(folder) {
            Err(Error::NotFound { .. }) => return Ok(false),
            parent => parent?,
        };
        // Before the folder goes: whoever creates it again has to make it durable again.
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
        match rustix::fs::unlinkat(&parent.descriptor, folder.name(), AtFlags::REMOVEDIR) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
            Err(Errno::NOTDIR) => Err(parent.refuse(folder, "a folder")),
            Err(errno) => Err(failed("delete", folder, errno)),
        }
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // A lock is only about speed: where it cannot be had, we go on without.
        let Ok(parent) = self.parent(path) else { return Ok(None) };
        let open =
            || rustix::fs::openat(&parent.descriptor, path.name(), flags, rustix::fs::Mode::from_raw_mode(0o666));
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        let Ok(mut file) = open().map(std::fs::File::from) else { return Ok(None) };
        loop {
            match file.try_lock() {
                Ok(()) if parent.holds(path, &file) => return Ok(Some(Lock(Box::new(file)))),
                // It was removed by whoever held it: others lock the file that stands there now.
                Ok(()) => {
                    let Ok(reopened) = open() else { return Ok(None) };
                    file = reopened.into();
                    continue;
                }
                Err(std::fs::TryLockError::WouldBlock) => {}
                Err(std::fs::TryLockError::Error(_)) => return Ok(None),
            }
            let left = patience.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn random(&self) -> u64 {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        // Without randomness from the system, the time, the process and a counter still keep names apart.
        getrandom::u64().unwrap_or_else(|_| {
            let call = CALLS.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.now_ms().unsigned_abs().rotate_left(22) ^ u64::from(std::process::id()) ^ call
        })
    }

    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn open_file(&self, path: &StoragePath) -> Result<Option<std::fs::File>> {
        self.parent_of_file(path)?.open_file(path).map(Some)
    }

    fn local_path(&self, path: &StoragePath) -> Option<PathBuf> {
        Some(self.root.join(path.as_str()))
    }

    fn scratch_file(&self) -> Result<Option<std::fs::File>> {
        staging::scratch(&self.root()?, self.random()).map(Some)
    }
}
