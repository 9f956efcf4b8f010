//! Tidying: after a commit the data folder holds the files of the newest version, and no others.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use varvite_storage::{EntryKind, StoragePath};

use super::Log;
use super::names::{
    checkpoint_parts, floor_version, is_data_file, record_name, record_version, records, tail_version, versions_read,
};
use crate::{Error, Result, Snapshot};

/// How the names of files begin that are being staged.
pub(super) const TEMPORARY: &str = ".tmp-";

impl Log {
    /// Moves files that a commit replaced out of the data folder, to where readers of older versions look for them.
    ///
    /// Where something may be left from before (a crash, a storage that failed), the whole folder is compared with the
    /// version. Only the first write of a handle pays for that, so that later ones cost the same however many files
    /// there are. It may fail: then the next write tries again.
    ///
    /// Temporary files of writers that are gone are removed only by who holds the lock (`locked`): nobody else is staging.
    pub(crate) fn tidy_after(&self, after: &Snapshot, removed: &[String], locked: bool) {
        let tidy = || {
            let all = self.untidy.load(Ordering::Relaxed);
            if all { self.tidy_all(after, locked) } else { self.move_away(removed).map(|()| true) }
        };
        let tidied = tidy().or_else(tidy); // a storage that failed once is asked once more
        self.untidy.store(tidied != Some(true), Ordering::Relaxed);
        if tidied.is_none() {
            tracing::warn!("files that no version needs are still in the data folder: the next write moves them");
        }
    }

    /// Says that files may be left in the data folder that no version names.
    pub(crate) fn expect_leftovers(&self) {
        self.untidy.store(true, Ordering::Relaxed);
    }

    /// Compares the whole folder with the version: whether nothing is left that may be of a writer at work, or of one
    /// whose version was lost in a power cut.
    fn tidy_all(&self, after: &Snapshot, locked: bool) -> Option<bool> {
        if locked {
            self.remove_temporary_files().ok()?;
        }
        let named: BTreeSet<&str> = after.files.iter().map(|file| file.name.as_str()).collect();
        let entries = self.storage.list(&self.data).ok()?;
        let files = entries.into_iter().filter(|entry| entry.kind == EntryKind::File && is_data_file(&entry.name));
        let found: BTreeSet<String> = files.map(|entry| entry.name).collect();
        // Who had read this version may be about to commit.
        let is_left = |name: &&String| {
            !named.contains(name.as_str()) && versions_read(name).is_none_or(|read| read <= after.version)
        };
        let left: Vec<String> = found.iter().filter(is_left).cloned().collect();
        let moved = self.move_away(&left);
        let moved = moved.map(|()| found.iter().all(|name| named.contains(name.as_str()) || is_left(&name)));
        // A writer that is behind would bring back what a newer version has replaced.
        if !locked || !matches!(self.refresh(after), Ok(None)) {
            return moved;
        }
        for name in named.iter().filter(|name| !found.contains(**name)) {
            let (from, to) = (self.replaced().ok()?.join(name).ok()?, self.data_path(name).ok()?);
            let _ = self.storage.rename(&from, &to);
        }
        moved
    }

    fn remove_temporary_files(&self) -> Result<()> {
        let failed = |source| self.failed("tidying", source);
        for folder in [&self.data, &self.meta] {
            for entry in self.storage.list(folder).map_err(failed)? {
                if entry.kind == EntryKind::File && entry.name.starts_with(TEMPORARY) {
                    self.storage.delete(&folder.join(&entry.name).map_err(failed)?).map_err(failed)?;
                }
            }
        }
        Ok(())
    }

    fn move_away(&self, names: &[String]) -> Option<()> {
        if names.is_empty() {
            return Some(());
        }
        let replaced = self.replaced().ok()?;
        self.storage.create_folder(&replaced).ok()?;
        let mut all = Some(());
        for name in names {
            let (from, to) = (self.data_path(name).ok()?, replaced.join(name).ok()?);
            match self.storage.rename(&from, &to) {
                Ok(_) => {}
                Err(error) if error.is_not_found() => {} // someone else moved it
                Err(_) => all = None,
            }
        }
        all
    }

    /// Removes everything of a dataset whose newest record, of `version`, says that it is dropped: files first, then
    /// records, that one last. What remains after a crash is never half a dataset.
    pub(crate) fn remove_all(&self, version: u64) -> Result<()> {
        let failed = |source| self.failed("removing", source);
        self.remove_temporary_files()?;
        for folder in [self.data.clone(), self.replaced()?] {
            for entry in self.storage.list(&folder).map_err(failed)? {
                if is_data_file(&entry.name) {
                    self.storage.delete(&folder.join(&entry.name).map_err(failed)?).map_err(failed)?;
                }
            }
            self.forget_names(&folder)?;
            self.storage.delete_folder(&folder).map_err(failed)?;
        }
        let names = self.names()?;
        let is_ours = |name: &str| {
            record_version(name).is_some_and(|record| record < version)
                || tail_version(name).is_some()
                || floor_version(name).is_some()
                || checkpoint_parts(name).is_some()
        };
        // Advice goes first, then records from the oldest on: a number is not free before the record that its writer
        // would have to build on is gone.
        let mut ours: Vec<&String> = names.iter().filter(|name| is_ours(name)).collect();
        ours.sort_unstable_by_key(|name| record_version(name).map_or(0, |record| record + 1));
        for name in ours {
            self.storage.delete(&self.meta_path(name)?).map_err(failed)?;
        }
        // After a power cut, too, nothing is left without the record that says that it is dropped.
        self.forget_names(&self.meta)?;
        self.storage.delete(&self.meta_path(&record_name(version))?).map_err(failed)?;
        self.storage.delete_folder(&self.meta).map_err(failed)?;
        self.remove_lock_file();
        Ok(())
    }

    /// Makes it durable that files of a folder are gone.
    fn forget_names(&self, folder: &StoragePath) -> Result<()> {
        match self.storage.sync(folder) {
            Err(error) if !error.is_not_found() => Err(self.failed("removing", error)),
            _ => Ok(()),
        }
    }

    /// Removes what a removal left that was interrupted, before a new dataset takes its place.
    pub(crate) fn finish_removal(&self, locked: bool) -> Result<()> {
        let Some(newest) = records(&self.names()?).last().copied() else { return Ok(()) };
        if !self.is_drop(newest)? {
            return Ok(());
        }
        if !locked {
            // Who drops it may still be at work.
            return Err(Error::Conflict { version: 0, attempts: 1 });
        }
        // Who dropped it may not have come to that.
        self.make_versions_durable()?;
        self.remove_all(newest)?;
        self.prepare()
    }

    /// The lock file is empty and stays while a dataset is there.
    fn remove_lock_file(&self) {
        let _ = self.storage.delete(&self.lock);
    }

    pub(super) fn replaced(&self) -> Result<StoragePath> {
        self.meta_path("replaced")
    }
}
