//! [`Tree`]: the names in a storage that is kept in memory, and what may be done to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Entry, EntryKind, Error, Published, Result, StoragePath};

/// Folders, and files that each stand for an `F`. It knows nothing of bytes, of races and of what lasts.
#[derive(Debug, Clone)]
pub(crate) struct Tree<F> {
    pub(crate) files: BTreeMap<StoragePath, F>,
    pub(crate) folders: BTreeSet<StoragePath>,
}

impl<F> Default for Tree<F> {
    fn default() -> Self {
        Self { files: BTreeMap::new(), folders: BTreeSet::new() }
    }
}

impl<F: Clone> Tree<F> {
    pub(crate) fn kind(&self, path: &StoragePath) -> Option<EntryKind> {
        if path.is_root() || self.folders.contains(path) {
            return Some(EntryKind::Folder);
        }
        self.files.contains_key(path).then_some(EntryKind::File)
    }

    /// Whether every folder on the way to `path` is there.
    pub(crate) fn check_way(&self, path: &StoragePath) -> Result<()> {
        path.ancestors().try_for_each(|folder| match self.kind(&folder) {
            Some(EntryKind::Folder) => Ok(()),
            Some(_) => Err(not_a_folder(&folder)),
            None => Err(Error::NotFound { path: folder }),
        })
    }

    /// Looks at what stands at `path`. A missing folder on the way means that nothing does.
    pub(crate) fn find(&self, path: &StoragePath) -> Result<Option<EntryKind>> {
        match self.check_way(path) {
            Err(Error::NotFound { .. }) => Ok(None),
            way => way.map(|()| self.kind(path)),
        }
    }

    pub(crate) fn file(&self, path: &StoragePath) -> Result<&F> {
        self.check_way(path)?;
        if self.kind(path) == Some(EntryKind::Folder) {
            return Err(not_a_file(path));
        }
        self.files.get(path).ok_or_else(|| Error::NotFound { path: path.clone() })
    }

    /// What stands at `path`, with the length of a file.
    pub(crate) fn head(&self, path: &StoragePath, len: impl Fn(&F) -> u64) -> Result<Option<Entry>> {
        let bytes = self.files.get(path).map_or(0, len);
        Ok(self.find(path)?.map(|kind| Entry { name: path.name().to_owned(), kind, len: bytes }))
    }

    /// What stands directly in `folder`, in order of names.
    pub(crate) fn list(&self, folder: &StoragePath, len: impl Fn(&F) -> u64) -> Result<Vec<Entry>> {
        match self.find(folder)? {
            Some(EntryKind::Folder) => Ok(self.children(folder, len).into_values().collect()),
            Some(_) => Err(not_a_folder(folder)),
            None => Ok(Vec::new()),
        }
    }

    fn children(&self, folder: &StoragePath, len: impl Fn(&F) -> u64) -> BTreeMap<String, Entry> {
        let is_child = |path: &&StoragePath| path.is_child_of(folder);
        let files = self.files.iter().filter(|(path, _)| is_child(path)).map(|(path, file)| Entry {
            name: path.name().to_owned(),
            kind: EntryKind::File,
            len: len(file),
        });
        let folders = self.folders.iter().filter(is_child).map(|path| Entry {
            name: path.name().to_owned(),
            kind: EntryKind::Folder,
            len: 0,
        });
        files.chain(folders).map(|entry| (entry.name.clone(), entry)).collect()
    }

    /// Puts a file where nothing stands.
    pub(crate) fn create(&mut self, path: &StoragePath, file: F) -> Result<Published> {
        self.check_way(path)?;
        if self.kind(path).is_some() {
            return Ok(Published::AlreadyExists);
        }
        self.files.insert(path.clone(), file);
        Ok(Published::Created)
    }

    /// Creates `folder` and its parents; those that were missing, from the root down.
    pub(crate) fn create_folder(&mut self, folder: &StoragePath) -> Result<Vec<StoragePath>> {
        let mut created = Vec::new();
        for path in folder.ancestors().chain([folder.clone()]) {
            match self.kind(&path) {
                Some(EntryKind::Folder) => {}
                Some(_) => return Err(not_a_folder(&path)),
                None => {
                    self.folders.insert(path.clone());
                    created.push(path);
                }
            }
        }
        Ok(created)
    }

    pub(crate) fn rename(&mut self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        let file = self.file(from)?.clone();
        let published = self.create(to, file)?;
        if published == Published::Created {
            self.files.remove(from);
        }
        Ok(published)
    }

    /// Removes a file: whether there was one.
    pub(crate) fn delete(&mut self, path: &StoragePath) -> Result<bool> {
        if self.find(path)? == Some(EntryKind::Folder) {
            return Err(not_a_file(path));
        }
        Ok(self.files.remove(path).is_some())
    }

    /// Removes a folder if it is empty: whether it did.
    pub(crate) fn delete_folder(&mut self, folder: &StoragePath) -> Result<bool> {
        if self.find(folder)? == Some(EntryKind::File) {
            return Err(not_a_folder(folder));
        }
        Ok(self.children(folder, |_| 0).is_empty() && self.folders.remove(folder))
    }
}

pub(crate) fn not_a_file(path: &StoragePath) -> Error {
    Error::WrongKind { path: path.clone(), found: "a folder", expected: "a file" }
}

fn not_a_folder(path: &StoragePath) -> Error {
    Error::WrongKind { path: path.clone(), found: "a file", expected: "a folder" }
}
