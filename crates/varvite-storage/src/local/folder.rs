//! [`Folder`]: an open folder, reached without following a link.

use std::ffi::CStr;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, mkdirat, open, openat, statat};
use rustix::io::Errno;

use crate::{Entry, EntryKind, Error, Result, StoragePath};

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC).union(OFlags::RDONLY);

/// A folder's descriptor: what is opened through it cannot be moved away underneath.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) descriptor: OwnedFd,
}

impl Folder {
    /// Opens the folder `path` below `root`, part by part.
    pub(super) fn open(root: &Path, path: &StoragePath) -> Result<Self> {
        let opened = open(root, FOLDER, Mode::empty()).map_err(|errno| match errno {
            Errno::NOTDIR => Error::WrongKind { path: StoragePath::root(), found: "a file", expected: "a folder" },
            _ => failed("open", &StoragePath::root(), errno),
        });
        let mut folder = Self { descriptor: opened? };
        if !path.is_root() {
            for part in path.ancestors().chain([path.clone()]) {
                folder = folder.open_folder(&part)?;
            }
        }
        Ok(folder)
    }

    /// Opens the folder `path` in this one.
    fn open_folder(&self, path: &StoragePath) -> Result<Self> {
        match openat(&self.descriptor, path.name(), FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(descriptor) => Ok(Self { descriptor }),
            Err(Errno::NOTDIR | Errno::LOOP | Errno::MLINK) => Err(self.refuse(path, "a folder")),
            Err(errno) => Err(failed("open", path, errno)),
        }
    }

    /// Opens the folder `path` in this one, after creating it if it is missing; whether it was.
    pub(super) fn create(&self, path: &StoragePath) -> Result<(Self, bool)> {
        let created = match mkdirat(&self.descriptor, path.name(), Mode::from_raw_mode(0o777)) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(errno) => return Err(failed("create", path, errno)),
        };
        Ok((self.open_folder(path)?, created))
    }

    /// Opens the plain file `path` in this folder for reading.
    pub(super) fn open_file(&self, path: &StoragePath) -> Result<File> {
        // NONBLOCK: a pipe in the file's place must not hang us.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let descriptor = match openat(&self.descriptor, path.name(), flags, Mode::empty()) {
            Ok(descriptor) => descriptor,
            // The answers to a link and to a socket, by system.
            Err(Errno::LOOP | Errno::MLINK | Errno::NXIO | Errno::OPNOTSUPP) => {
                return Err(self.refuse(path, "a file"));
            }
            Err(errno) => return Err(failed("open", path, errno)),
        };
        let stat = fstat(&descriptor).map_err(|errno| failed("read", path, errno))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(descriptor.into()),
            found => Err(Error::WrongKind { path: path.clone(), found: describe(found), expected: "a file" }),
        }
    }

    /// What stands at `path` in this folder.
    pub(super) fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        if path.is_root() {
            return Ok(Some(Entry { name: String::new(), kind: EntryKind::Folder, len: 0 }));
        }
        self.entry(path.name(), path)
    }

    /// Whether `path` in this folder is a plain file: `false` if nothing stands there.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if something else does.
    pub(super) fn has_file(&self, path: &StoragePath) -> Result<bool> {
        match self.entry(path.name(), path)? {
            None => Ok(false),
            Some(Entry { kind: EntryKind::File, .. }) => Ok(true),
            Some(_) => Err(self.refuse(path, "a file")),
        }
    }

    /// Whether the name `path` in this folder still stands for `file`.
    pub(super) fn holds(&self, path: &StoragePath, file: &File) -> bool {
        let named = statat(&self.descriptor, path.name(), AtFlags::SYMLINK_NOFOLLOW);
        matches!((named, fstat(file)), (Ok(named), Ok(file)) if (named.st_dev, named.st_ino) == (file.st_dev, file.st_ino))
    }

    /// Everything in this folder, in order of names.
    pub(super) fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for item in Dir::read_from(&self.descriptor).map_err(|errno| failed("list", folder, errno))? {
            let item = item.map_err(|errno| failed("list", folder, errno))?;
            let raw: &CStr = item.file_name();
            if raw == c"." || raw == c".." {
                continue;
            }
            let name = raw.to_string_lossy();
            if raw.to_str().is_err() || StoragePath::try_new(&*name).is_err() {
                entries.push(Entry { name: name.into_owned(), kind: EntryKind::Other, len: 0 });
                continue;
            }
            let listed = match item.file_type() {
                FileType::Directory => Some(Entry { name: name.into_owned(), kind: EntryKind::Folder, len: 0 }),
                // A name that vanishes while we look was not there.
                _ => self.entry(&name, folder)?,
            };
            entries.extend(listed);
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Makes the names in this folder durable.
    pub(super) fn sync(&self, path: &StoragePath) -> Result<()> {
        sync(&self.descriptor, path)
    }

    fn entry(&self, name: &str, path: &StoragePath) -> Result<Option<Entry>> {
        match statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => {
                let kind = match FileType::from_raw_mode(stat.st_mode) {
                    FileType::RegularFile => EntryKind::File,
                    FileType::Directory => EntryKind::Folder,
                    _ => EntryKind::Other,
                };
                let len = if kind == EntryKind::File { u64::try_from(stat.st_size).unwrap_or_default() } else { 0 };
                Ok(Some(Entry { name: name.to_owned(), kind, len }))
            }
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(failed("look at", path, errno)),
        }
    }

    /// The error for what stands at `path` in this folder, where `expected` belongs.
    pub(super) fn refuse(&self, path: &StoragePath, expected: &'static str) -> Error {
        match statat(&self.descriptor, path.name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => {
                let found = describe(FileType::from_raw_mode(stat.st_mode));
                Error::WrongKind { path: path.clone(), found, expected }
            }
            Err(errno) => failed("look at", path, errno),
        }
    }
}

fn describe(file_type: FileType) -> &'static str {
    match file_type {
        FileType::RegularFile => "a file",
        FileType::Directory => "a folder",
        FileType::Symlink => "a link",
        _ => "a device, pipe or socket",
    }
}

/// Makes an open file or folder durable.
pub(super) fn sync(descriptor: impl AsFd, path: &StoragePath) -> Result<()> {
    // On Apple systems `fsync` leaves the bytes in the disk's cache.
    #[cfg(target_vendor = "apple")]
    let synced = rustix::fs::fcntl_fullfsync(descriptor);
    #[cfg(not(target_vendor = "apple"))]
    let synced = rustix::fs::fsync(descriptor);
    synced.map_err(|errno| failed("sync", path, errno))
}

/// The error for a call that failed.
pub(super) fn failed(action: &'static str, path: &StoragePath, errno: Errno) -> Error {
    match errno {
        Errno::NOENT => Error::NotFound { path: path.clone() },
        Errno::ISDIR => Error::WrongKind { path: path.clone(), found: "a folder", expected: "a file" },
        _ => Error::Io { action, path: path.clone(), source: errno.into() },
    }
}
