//! Files appear whole: written under a hidden name, then given their own.

use bytes::Bytes;
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, linkat, openat, renameat_with, unlinkat};
use rustix::io::Errno;

use super::folder::{Folder, failed};
use super::write_all;
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
    let descriptor = openat(&folder.descriptor, hidden.as_str(), flags, Mode::from_raw_mode(0o666))
        .map_err(|errno| failed("create", &temporary, errno))?;
    let cleanup: Box<dyn FnOnce() + Send + Sync> = Box::new(move || {
        // It may have been moved to its place, or the folder may be gone: then there is nothing to clean up.
        let _ = unlinkat(&folder.descriptor, hidden.as_str(), AtFlags::empty());
    });
    let staged = Staged { path: path.clone(), temporary: Some(temporary), bytes: None, cleanup: Some(cleanup) };
    write_all(&mut descriptor.into(), bytes, path)?;
    Ok(staged)
}

pub(super) fn publish(folder: &Folder, staged: &Staged) -> Result<Published> {
    let Some(temporary) = &staged.temporary else { return Err(Error::NotFound { path: staged.path.clone() }) };
    give_name(folder, temporary, folder, &staged.path)
}

/// Moves a file without replacing anything: in one step where the file system can, else by a second name.
pub(super) fn rename(from: &Folder, source: &StoragePath, to: &Folder, target: &StoragePath) -> Result<Published> {
    match renameat_with(&from.descriptor, source.name(), &to.descriptor, target.name(), RenameFlags::NOREPLACE) {
        Ok(()) => return Ok(Published::Created),
        Err(Errno::EXIST) => return Ok(Published::AlreadyExists),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        Err(errno) => return Err(failed("move", source, errno)),
    }
    match give_name(from, source, to, target)? {
        Published::Created => {
            unlinkat(&from.descriptor, source.name(), AtFlags::empty())
                .map_err(|errno| failed("move", source, errno))?;
            Ok(Published::Created)
        }
        taken @ Published::AlreadyExists => Ok(taken),
    }
}

/// `link` is the one call that every file system, also NFS, carries out only if the name is free.
fn give_name(from: &Folder, source: &StoragePath, to: &Folder, target: &StoragePath) -> Result<Published> {
    match linkat(&from.descriptor, source.name(), &to.descriptor, target.name(), AtFlags::empty()) {
        Ok(()) => Ok(Published::Created),
        Err(Errno::EXIST) => Ok(Published::AlreadyExists),
        Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK) => {
            match renameat_with(&from.descriptor, source.name(), &to.descriptor, target.name(), RenameFlags::NOREPLACE)
            {
                Ok(()) => Ok(Published::Created),
                Err(Errno::EXIST) => Ok(Published::AlreadyExists),
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                    Err(Error::UnsafeFilesystem { path: target.clone() })
                }
                Err(errno) => Err(failed("publish", target, errno)),
            }
        }
        Err(errno) => Err(failed("publish", target, errno)),
    }
}
