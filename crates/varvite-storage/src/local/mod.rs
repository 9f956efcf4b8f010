//! [`LocalStorage`]: files of one folder, opened relative to its descriptor, so that no link below it is ever followed.

#[cfg(not(unix))]
compile_error!("local files need a Unix system for now: elsewhere use another storage");

mod folder;
mod staging;

use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use rustix::fs::{AtFlags, FileType, OFlags};
use rustix::io::Errno;

use crate::{Entry, EntryKind, Error, Lock, Published, Result, Staged, Storage, StoragePath};
use folder::{Folder, failed};

/// Files below one folder of the local disk.
///
/// The folder itself may be a link, resolved when the storage is opened; links below it are refused.
#[derive(Debug, Clone)]
pub struct LocalStorage {
    root: PathBuf,
}

impl LocalStorage {
    /// Uses the folder `root`, which need not exist yet: it is created with the first folder in it.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if something else than a folder stands there.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        let io = |source| Error::Io { action: "open", path: StoragePath::root(), source };
        let root = match std::fs::canonicalize(root) {
            Ok(resolved) if resolved.is_dir() => resolved,
            Ok(_) => {
                let path = StoragePath::root();
                return Err(Error::WrongKind { path, found: "a file", expected: "a folder" });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => std::path::absolute(root).map_err(io)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                let path = StoragePath::root();
                return Err(Error::WrongKind { path, found: "a file", expected: "a folder" });
            }
            Err(error) => return Err(io(error)),
        };
        Ok(Self { root })
    }

    /// The folder that holds `path`, opened.
    fn parent(&self, path: &StoragePath) -> Result<Folder> {
        Folder::open(&self.root, &path.parent().unwrap_or_default())
    }

    /// The missing part of the root itself, created durably.
    fn create_root(&self) -> Result<()> {
        let io = |source| Error::Io { action: "create", path: StoragePath::root(), source };
        let missing: Vec<&Path> = self.root.ancestors().take_while(|folder| !folder.exists()).collect();
        for folder in missing.into_iter().rev() {
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
}

impl Storage for LocalStorage {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        let mut file = self.parent(path)?.open_file(path)?;
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
        let file = self.parent(path)?.open_file(path)?;
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
        self.create_root()?;
        let mut path = StoragePath::root();
        let mut opened = Folder::open(&self.root, &path)?;
        for part in folder.parts() {
            path = path.join(part)?;
            opened = opened.create(&path)?;
        }
        Ok(())
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        staging::stage(self.parent(path)?, path, &bytes, self.random())
    }

    fn publish(&self, staged: &Staged) -> Result<Published> {
        staging::publish(&self.parent(&staged.path)?, staged)
    }

    fn sync_staged(&self, staged: &Staged) -> Result<()> {
        staged.temporary.as_ref().map_or(Ok(()), |temporary| self.sync(temporary))
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        let synced = match self.head(path)? {
            Some(Entry { kind: EntryKind::Folder, .. }) => {
                rustix::fs::fsync(&Folder::open(&self.root, path)?.descriptor)
            }
            _ => rustix::fs::fsync(self.parent(path)?.open_file(path)?),
        };
        synced.map_err(|errno| failed("sync", path, errno))
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        staging::rename(&self.parent(from)?, from, &self.parent(to)?, to)
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        let parent = match self.parent(path) {
            Err(Error::NotFound { .. }) => return Ok(()),
            parent => parent?,
        };
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
        match rustix::fs::unlinkat(&parent.descriptor, folder.name(), AtFlags::REMOVEDIR) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
            Err(errno) => Err(failed("delete", folder, errno)),
        }
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = self.parent(path).map(|parent| {
            rustix::fs::openat(&parent.descriptor, path.name(), flags, rustix::fs::Mode::from_raw_mode(0o666))
        });
        // A lock is only about speed: where it cannot be had, we go on without.
        let Ok(Ok(descriptor)) = opened else { return Ok(None) };
        let file = std::fs::File::from(descriptor);
        let until = Instant::now() + patience;
        let mut pause = Duration::from_millis(1);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Lock(Box::new(file)))),
                Err(std::fs::TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(pause),
                Err(_) => return Ok(None),
            }
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn random(&self) -> u64 {
        // Without randomness from the system, the time and the place in memory still keep names apart.
        getrandom::u64().unwrap_or_else(|_| self.now_ms().unsigned_abs() ^ u64::from(std::process::id()))
    }

    fn location(&self) -> String {
        self.root.display().to_string()
    }
}

fn entry_kind(file_type: FileType) -> EntryKind {
    match file_type {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Folder,
        _ => EntryKind::Other,
    }
}

/// Writes all bytes with plain calls.
fn write_all(file: &mut std::fs::File, bytes: &[u8], path: &StoragePath) -> Result<()> {
    file.write_all(bytes).map_err(|source| Error::Io { action: "write", path: path.clone(), source })
}
