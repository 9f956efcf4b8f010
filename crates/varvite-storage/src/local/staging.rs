//! Files appear whole: written under a hidden name, then given their own.

use std::fs::File;
use std::io::Write;

use bytes::Bytes;
use rustix::fs::{AtFlags, Mode, OFlags, linkat, openat, unlinkat};
use rustix::io::Errno;

use super::folder::{Folder, failed};
use crate::{Error, Published, Result, Staged, StoragePath};

/// What every hidden file's name begins with.
const HIDDEN: &str = ".tmp-";
/// Longest part of the final name that the hidden one repeats: names end at 255 bytes.
const NAME_PART: usize = 200;

pub(super) fn stage(folder: Folder, path: &StoragePath, bytes: &Bytes, random: u64) -> Result<Staged> {
    let name = path.name();
    let part = name.get(..NAME_PART).unwrap_or(if name.len() > NAME_PART { "" } else { name });
    let hidden = format!("{HIDDEN}{part}-{random:016x}");
    let temporary = path.parent().unwrap_or_default().join(&hidden)?;
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // Errors name the path that the caller knows.
    let descriptor = openat(&folder.descriptor, hidden.as_str(), flags, Mode::from_raw_mode(0o666))
        .map_err(|errno| failed("create", path, errno))?;
    let cleanup: Box<dyn FnOnce() + Send + Sync> = Box::new(move || {
        // It may have been moved to its place, or the folder may be gone: then there is nothing to clean up.
        let _ = unlinkat(&folder.descriptor, hidden.as_str(), AtFlags::empty());
    });
    let staged = Staged { path: path.clone(), temporary: Some(temporary), bytes: None, cleanup: Some(cleanup) };
    let io = |source| Error::Io { action: "write", path: path.clone(), source };
    File::from(descriptor).write_all(bytes).map_err(io)?;
    Ok(staged)
}

/// A file whose name is taken away before anything is in it.
pub(super) fn scratch(folder: &Folder, random: u64) -> Result<File> {
    let hidden = format!("{HIDDEN}scratch-{random:016x}");
    let path = StoragePath::root().join(&hidden)?;
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let descriptor = openat(&folder.descriptor, hidden.as_str(), flags, Mode::from_raw_mode(0o600))
        .map_err(|errno| failed("create", &path, errno))?;
    unlinkat(&folder.descriptor, hidden.as_str(), AtFlags::empty()).map_err(|errno| failed("create", &path, errno))?;
    Ok(File::from(descriptor))
}

pub(super) fn publish(folder: &Folder, staged: &Staged) -> Result<Published> {
    let Some(temporary) = &staged.temporary else { return Err(Error::NotFound { path: staged.path.clone() }) };
    let naming = Naming { from: folder, source: temporary.name(), to: folder, target: staged.path.name() };
    // `link` first: the one call that every file system, also NFS, carries out only if the name is free.
    let named = naming.link().or_else(|errno| if cannot_link(errno) { naming.rename() } else { Err(errno) });
    settle("publish", &staged.path, named)
}

/// Moves a file without replacing anything: in one step where the file system can, else by a second name.
pub(super) fn rename(from: &Folder, source: &StoragePath, to: &Folder, target: &StoragePath) -> Result<Published> {
    if !from.has_file(source)? {
        return Err(Error::NotFound { path: source.clone() });
    }
    let naming = Naming { from, source: source.name(), to, target: target.name() };
    match naming.rename() {
        Err(errno) if cannot_rename(errno) => {}
        renamed => return settle("move", source, renamed),
    }
    match naming.link() {
        Err(errno) if cannot_link(errno) => Err(Error::UnsafeFilesystem { path: target.clone() }),
        Err(errno) => settle("move", source, Err(errno)),
        Ok(()) => settle("move", source, unlinkat(&from.descriptor, naming.source, AtFlags::empty())),
    }
}

/// A file and the name that it is to get.
struct Naming<'a> {
    from: &'a Folder,
    source: &'a str,
    to: &'a Folder,
    target: &'a str,
}

impl Naming<'_> {
    /// Gives the file a second name if that is free.
    fn link(&self) -> rustix::io::Result<()> {
        linkat(&self.from.descriptor, self.source, &self.to.descriptor, self.target, AtFlags::empty())
    }

    /// Gives the file another name if that is free.
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    fn rename(&self) -> rustix::io::Result<()> {
        use rustix::fs::{RenameFlags, renameat_with};
        let flags = RenameFlags::NOREPLACE;
        renameat_with(&self.from.descriptor, self.source, &self.to.descriptor, self.target, flags)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    fn rename(&self) -> rustix::io::Result<()> {
        Err(Errno::NOSYS)
    }
}

fn cannot_link(errno: Errno) -> bool {
    [Errno::PERM, Errno::MLINK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP].contains(&errno)
}

fn cannot_rename(errno: Errno) -> bool {
    [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP].contains(&errno)
}

fn settle(action: &'static str, path: &StoragePath, named: rustix::io::Result<()>) -> Result<Published> {
    match named {
        Ok(()) => Ok(Published::Created),
        Err(Errno::EXIST) => Ok(Published::AlreadyExists),
        Err(errno) if cannot_rename(errno) => Err(Error::UnsafeFilesystem { path: path.clone() }),
        Err(errno) => Err(failed(action, path, errno)),
    }
}
