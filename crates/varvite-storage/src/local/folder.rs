//! [`Folder`]: an open folder, reached without following a link.

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fsync, mkdirat, open, openat, statat};
use rustix::io::Errno;

use super::entry_kind;
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
        let mut descriptor = open(root, FOLDER, Mode::empty()).map_err(|errno| wrong(path, errno, "a folder"))?;
        for part in path.parts() {
            descriptor = openat(&descriptor, part, FOLDER | OFlags::NOFOLLOW, Mode::empty())
                .map_err(|errno| wrong(path, errno, "a folder"))?;
        }
        Ok(Self { descriptor })
    }

    /// Creates, if it is missing, and opens the folder `path` in this one, durably.
    pub(super) fn create(&self, path: &StoragePath) -> Result<Self> {
        match mkdirat(&self.descriptor, path.name(), Mode::from_raw_mode(0o777)) {
            Ok(()) => fsync(&self.descriptor).map_err(|errno| failed("sync", path, errno))?,
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(failed("create", path, errno)),
        }
        let opened = openat(&self.descriptor, path.name(), FOLDER | OFlags::NOFOLLOW, Mode::empty());
        opened.map(|descriptor| Self { descriptor }).map_err(|errno| wrong(path, errno, "a folder"))
    }

    /// Opens the plain file `path` in this folder for reading.
    pub(super) fn open_file(&self, path: &StoragePath) -> Result<std::fs::File> {
        // NONBLOCK: a pipe in the file's place must not hang us.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let descriptor = openat(&self.descriptor, path.name(), flags, Mode::empty())
            .map_err(|errno| wrong(path, errno, "a file"))?;
        let stat = rustix::fs::fstat(&descriptor).map_err(|errno| failed("read", path, errno))?;
        match entry_kind(FileType::from_raw_mode(stat.st_mode)) {
            EntryKind::File => Ok(descriptor.into()),
            EntryKind::Folder => Err(Error::WrongKind { path: path.clone(), found: "a folder", expected: "a file" }),
            EntryKind::Other => {
                Err(Error::WrongKind { path: path.clone(), found: "no plain file", expected: "a file" })
            }
        }
    }

    /// What stands at `path` in this folder.
    pub(super) fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        if path.as_str().is_empty() {
            return Ok(Some(Entry { name: String::new(), kind: EntryKind::Folder, len: 0 }));
        }
        self.entry(path.name(), path)
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
            let Ok(name) = raw.to_str() else {
                entries.push(Entry { name: raw.to_string_lossy().into_owned(), kind: EntryKind::Other, len: 0 });
                continue;
            };
            let listed = match item.file_type() {
                FileType::Directory => Some(Entry { name: name.to_owned(), kind: EntryKind::Folder, len: 0 }),
                // A name that vanishes while we look was not there.
                _ => self.entry(name, folder)?,
            };
            entries.extend(listed);
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn entry(&self, name: &str, path: &StoragePath) -> Result<Option<Entry>> {
        match statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => {
                let kind = entry_kind(FileType::from_raw_mode(stat.st_mode));
                let len = if kind == EntryKind::File { u64::try_from(stat.st_size).unwrap_or_default() } else { 0 };
                Ok(Some(Entry { name: name.to_owned(), kind, len }))
            }
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(failed("look at", path, errno)),
        }
    }
}

/// The error for a path that could not be opened as what it should be.
pub(super) fn wrong(path: &StoragePath, errno: Errno, expected: &'static str) -> Error {
    match errno {
        Errno::NOTDIR if expected == "a folder" => {
            Error::WrongKind { path: path.clone(), found: "a file or a link", expected }
        }
        Errno::NOTDIR => Error::WrongKind { path: path.clone(), found: "below a file", expected },
        Errno::LOOP => Error::WrongKind { path: path.clone(), found: "a link", expected },
        _ => failed("open", path, errno),
    }
}

/// The error for a call that failed.
pub(super) fn failed(action: &'static str, path: &StoragePath, errno: Errno) -> Error {
    match errno {
        Errno::NOENT => Error::NotFound { path: path.clone() },
        Errno::ISDIR => Error::WrongKind { path: path.clone(), found: "a folder", expected: "a file" },
        Errno::NOTDIR => Error::WrongKind { path: path.clone(), found: "a file", expected: "a folder" },
        Errno::LOOP => Error::WrongKind { path: path.clone(), found: "a link", expected: "a file" },
        _ => Error::Io { action, path: path.clone(), source: errno.into() },
    }
}
