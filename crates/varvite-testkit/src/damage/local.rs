//! What can only be done to the files of a disk: links, folders and pipes in their place, holes, permissions.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result};
use fastrand::Rng;

use super::change::{Change, Damage};
use super::tree::{DATA, Files, Kind, LOG, REPLACED};

/// What is to be done to a file or folder below a root: decided first, done when the place is ready.
#[derive(Debug, Clone)]
pub(super) struct LocalDamage {
    /// In words.
    pub(super) change: Change,
    path: String,
    how: How,
}

#[derive(Debug, Clone, Copy)]
enum How {
    /// A link to the same bytes, moved elsewhere below the root or beside it.
    LinkToSame,
    LinkToNothing,
    LinkToItself,
    LinkToFolder,
    Folder,
    File,
    Pipe,
    Sparse,
    Forbid,
}

/// Decides on a damage to one of `files`, or to one of their folders.
pub(super) fn damage(files: &Files, random: &mut Rng) -> Option<LocalDamage> {
    let is_folder = random.u8(..4) == 0;
    let path = if is_folder {
        let folder = [DATA, LOG, REPLACED][random.usize(..3)];
        // Nothing may have been replaced yet.
        files.keys().find(|path| path.starts_with(folder))?;
        folder.trim_end_matches('/').to_owned()
    } else {
        let kind = Kind::ALL[random.usize(..Kind::ALL.len())];
        let paths: Vec<&String> = files.keys().filter(|path| Kind::of(path) == kind).collect();
        paths.get(random.usize(..paths.len().max(1))).map(|path| (*path).clone())?
    };
    let how = match (random.u8(..9), is_folder) {
        (0 | 1, _) => How::LinkToSame,
        (2, _) => How::LinkToNothing,
        (3, _) => How::LinkToItself,
        (4, _) => How::LinkToFolder,
        (5, false) => How::Folder,
        (5, true) => How::File,
        (6, _) => How::Pipe,
        (7, false) => How::Sparse,
        (8, _) if may_be_forbidden() => How::Forbid,
        _ => return None,
    };
    let damage = match how {
        How::LinkToSame | How::LinkToNothing | How::LinkToItself | How::LinkToFolder => Damage::Link,
        How::Folder | How::File | How::Pipe => Damage::WrongKind,
        How::Sparse => Damage::Sparse,
        How::Forbid => Damage::Forbid,
    };
    let kind = if is_folder { Kind::Folder } else { Kind::of(&path) };
    let change = Change { kind, damage, words: format!("{path} on disk, {how:?}") };
    Some(LocalDamage { change, path, how })
}

/// Whoever may do everything is not stopped by permissions.
fn may_be_forbidden() -> bool {
    !rustix::process::geteuid().is_root()
}

impl LocalDamage {
    /// Does it below `root`.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub(super) fn apply(&self, root: &Path) -> Result<()> {
        let path = root.join(&self.path);
        let aside = root.join("aside");
        let remove = || fs::rename(&path, &aside).context("the file is there");
        match self.how {
            How::LinkToSame => remove().and_then(|()| Ok(symlink(&aside, &path)?)),
            How::LinkToNothing => remove().and_then(|()| Ok(symlink(root.join("nothing"), &path)?)),
            How::LinkToItself => remove().and_then(|()| Ok(symlink(&path, &path)?)),
            How::LinkToFolder => remove().and_then(|()| Ok(symlink(root, &path)?)),
            How::Folder => remove().and_then(|()| Ok(fs::create_dir(&path)?)),
            How::File => remove().and_then(|()| Ok(fs::write(&path, b"a file")?)),
            How::Pipe => remove().and_then(|()| {
                let mode = rustix::fs::Mode::from_raw_mode(0o666);
                Ok(rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0)?)
            }),
            How::Sparse => Ok(fs::OpenOptions::new().write(true).open(&path)?.set_len(1 << 40)?),
            How::Forbid => Ok(fs::set_permissions(&path, fs::Permissions::from_mode(0o000))?),
        }
    }

    /// The path that cannot be read any more.
    pub(super) fn lost(&self) -> &str {
        &self.path
    }
}
