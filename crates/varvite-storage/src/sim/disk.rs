//! [`Disk`]: what a computer sees of its files, and what of it would outlast a power cut.
//!
//! Bytes and names last apart: a synced file may lose its name, a synced name its bytes. A sync of a folder covers the
//! names in it, a move counts in both of its folders and is never torn in two, as in every file system with a journal.

use bytes::Bytes;

use crate::tree::{Tree, not_a_file};
use crate::{Entry, Published, Result, StoragePath};

/// A file, whatever it is called.
pub(super) type FileId = usize;

/// A file's bytes.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) bytes: Bytes,
    pub(super) lasting: Lasting,
}

/// Whether bytes outlast a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// Not before they are synced.
    NotYet,
    /// Yes.
    Synced,
    /// Never: a sync failed, and the system forgot that there was something to write. Later syncs lie.
    Dropped,
}

/// One change of names.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Link { path: StoragePath, file: FileId },
    Unlink { path: StoragePath },
    Move { from: StoragePath, to: StoragePath, file: FileId },
    MakeFolder { path: StoragePath },
    RemoveFolder { path: StoragePath },
}

impl Change {
    fn is_in(&self, folder: &StoragePath) -> bool {
        match self {
            Self::Link { path, .. }
            | Self::Unlink { path }
            | Self::MakeFolder { path }
            | Self::RemoveFolder { path } => path.is_child_of(folder),
            Self::Move { from, to, .. } => from.is_child_of(folder) || to.is_child_of(folder),
        }
    }
}

/// Files and names, as they are seen and as they last.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    pub(super) files: Vec<File>,
    /// The names as everybody sees them.
    seen: Tree<FileId>,
    /// The names as they were when this disk was switched on.
    pub(super) first: Tree<FileId>,
    /// What became of them since, in order, and whether it was synced.
    pub(super) changes: Vec<(Change, bool)>,
    /// The changes that were not.
    unsynced: Vec<usize>,
}

impl Disk {
    /// A disk that was just switched on: all that is on it lasts.
    pub(super) fn switched_on(files: Vec<File>, names: Tree<FileId>) -> Self {
        Self { files, seen: names.clone(), first: names, changes: Vec::new(), unsynced: Vec::new() }
    }

    fn change(&mut self, change: Change) {
        self.unsynced.push(self.changes.len());
        self.changes.push((change, false));
    }

    fn len(&self) -> impl Fn(&FileId) -> u64 {
        |file| self.files[*file].bytes.len() as u64
    }

    pub(super) fn get(&self, path: &StoragePath) -> Result<Bytes> {
        Ok(self.files[*self.seen.file(path)?].bytes.clone())
    }

    pub(super) fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        self.seen.head(path, self.len())
    }

    pub(super) fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        self.seen.list(folder, self.len())
    }

    /// Every file that has a name, in order of paths.
    pub(super) fn all(&self) -> Vec<(StoragePath, Bytes)> {
        self.seen.files.iter().map(|(path, file)| (path.clone(), self.files[*file].bytes.clone())).collect()
    }

    /// Creates a folder and its parents, none of them durably: [`sync_way`](Self::sync_way) does that.
    pub(super) fn create_folder(&mut self, folder: &StoragePath) -> Result<()> {
        for path in self.seen.create_folder(folder)? {
            self.change(Change::MakeFolder { path });
        }
        Ok(())
    }

    /// Makes the names of all folders on the way to `folder` durable, and its own.
    pub(super) fn sync_way(&mut self, folder: &StoragePath) {
        for path in folder.ancestors().chain([folder.clone()]) {
            self.sync_folder(&path.parent().unwrap_or_default());
        }
    }

    /// Creates the hidden file `at` in the folder of `path`.
    pub(super) fn stage(&mut self, path: &StoragePath, at: &StoragePath, bytes: Bytes) -> Result<()> {
        if path.is_root() {
            return Err(not_a_file(path));
        }
        let file = self.files.len();
        let created = self.seen.create(at, file)?;
        debug_assert_eq!(created, Published::Created, "hidden names never repeat");
        self.files.push(File { bytes, lasting: Lasting::NotYet });
        self.change(Change::Link { path: at.clone(), file });
        Ok(())
    }

    /// Gives the hidden file a second name, if that is free.
    pub(super) fn publish(&mut self, hidden: &StoragePath, path: &StoragePath) -> Result<Published> {
        let file = *self.seen.file(hidden)?;
        let published = self.seen.create(path, file)?;
        if published == Published::Created {
            self.change(Change::Link { path: path.clone(), file });
        }
        Ok(published)
    }

    pub(super) fn rename(&mut self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        let file = *self.seen.file(from)?;
        let published = self.seen.rename(from, to)?;
        if published == Published::Created {
            self.change(Change::Move { from: from.clone(), to: to.clone(), file });
        }
        Ok(published)
    }

    pub(super) fn delete(&mut self, path: &StoragePath) -> Result<()> {
        if self.seen.delete(path)? {
            self.change(Change::Unlink { path: path.clone() });
        }
        Ok(())
    }

    pub(super) fn delete_folder(&mut self, folder: &StoragePath) -> Result<bool> {
        let deleted = self.seen.delete_folder(folder)?;
        if deleted {
            self.change(Change::RemoveFolder { path: folder.clone() });
        }
        Ok(deleted)
    }

    /// Makes what stands at `path` durable: a file's bytes, or the names in a folder.
    pub(super) fn sync(&mut self, path: &StoragePath) -> Result<()> {
        if let Some(file) = self.to_sync(path)? {
            let file = &mut self.files[file];
            if file.lasting == Lasting::NotYet {
                file.lasting = Lasting::Synced;
            }
        } else {
            self.sync_folder(path);
        }
        Ok(())
    }

    /// A sync that fails for good: bytes that were not durable never will be. Names are kept in a journal, which does
    /// not forget them.
    pub(super) fn drop_pages(&mut self, path: &StoragePath) {
        if let Ok(Some(file)) = self.to_sync(path)
            && self.files[file].lasting == Lasting::NotYet
        {
            self.files[file].lasting = Lasting::Dropped;
        }
    }

    /// The file at `path`; `None` if a folder stands there.
    fn to_sync(&self, path: &StoragePath) -> Result<Option<FileId>> {
        use crate::EntryKind::Folder;
        if self.seen.find(path)? == Some(Folder) { Ok(None) } else { self.seen.file(path).copied().map(Some) }
    }

    fn sync_folder(&mut self, folder: &StoragePath) {
        let changes = &mut self.changes;
        self.unsynced.retain(|at| {
            let (change, synced) = &mut changes[*at];
            *synced |= change.is_in(folder);
            !*synced
        });
    }

    /// The lock file at `path`, created if nothing stands there; `None` if it cannot be.
    pub(super) fn lock_file(&mut self, path: &StoragePath) -> Option<FileId> {
        if let Ok(file) = self.seen.file(path) {
            return Some(*file);
        }
        let file = self.files.len();
        if !matches!(self.seen.create(path, file), Ok(Published::Created)) {
            return None;
        }
        self.files.push(File { bytes: Bytes::new(), lasting: Lasting::Synced });
        self.change(Change::Link { path: path.clone(), file });
        Some(file)
    }
}
