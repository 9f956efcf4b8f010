//! Tidying: after a commit the data folder holds the files of the newest version, and no others.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use varvite_storage::{EntryKind, StoragePath};

use super::Log;
use super::names::{
    RESERVE, checkpoint_parts, floor_version, is_data_file, record_name, record_version, records, tail_version,
    versions_read,
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
    /// What writers that are gone have staged is removed only by who holds the lock (`locked`).
    pub(crate) fn tidy_after(&self, after: &Snapshot, removed: &[String], locked: bool) {
        let tidy = || {
            let all = self.untidy.load(Ordering::Relaxed);
            if all { self.tidy_all(after, locked) } else { self.move_away(removed).map(|()| true) }
        };
        let tidied = tidy().or_else(tidy); // a storage that failed once is asked once more
        self.untidy.store(tidied != Some(true), Ordering::Relaxed);
        if locked && !removed.is_empty() {
            self.keep_reserve();
        }
        if tidied.is_none() {
            tracing::warn!("files that no version needs are still in the data folder: the next write moves them");
        }
    }

    /// Says that files may be left in the data folder that no version names.
    pub(crate) fn expect_leftovers(&self) {
        self.untidy.store(true, Ordering::Relaxed);
    }

    /// Until what this gives is dropped, a panic says the same.
    pub(crate) fn expect_leftovers_of_a_panic(&self) -> impl Drop + use<'_> {
        struct OnPanic<'a>(&'a Log);
        impl Drop for OnPanic<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.expect_leftovers();
                }
            }
        }
        OnPanic(self)
    }

    /// Compares the whole folder with the version: whether nothing is left that may be of a writer at work, or of one
    /// whose version was lost in a power cut.
    fn tidy_all(&self, after: &Snapshot, locked: bool) -> Option<bool> {
        let temporary = if locked { self.temporary_files().ok()? } else { Vec::new() };
        let named: BTreeSet<&str> = after.files.iter().map(|file| file.name.as_str()).collect();
        let entries = self.storage.list(&self.data).ok()?;
        let files = entries.into_iter().filter(|entry| entry.kind == EntryKind::File && is_data_file(&entry.name));
        let found: BTreeSet<String> = files.map(|entry| entry.name).collect();
        // What was listed while this version stood is not of a dataset that was made in its place.
        if !self.stands(after).ok()? {
            return Some(false);
        }
        // Who had read this version may be about to commit the next. If it was the newest when files were listed, those
        // of later versions are of some that a power cut took, or of a dataset that was dropped.
        let next = after.version + 1;
        let is_newest = self.storage.head(&self.meta_path(&record_name(next)).ok()?).ok()?.is_none();
        let is_over = |version: u64| version <= after.version || is_newest && version > next;
        let is_left = |name: &&String| !named.contains(name.as_str()) && versions_read(name).is_none_or(is_over);
        let left: Vec<String> = found.iter().filter(is_left).cloned().collect();
        // Who staged for a version that is taken has lost, whether it knows or not.
        let is_dead = |path: &&StoragePath| staged_for(path.name()).is_none_or(is_over);
        let (dead, alive): (Vec<_>, Vec<_>) = temporary.iter().partition(is_dead);
        for path in dead {
            self.storage.delete(path).ok()?;
        }
        let moved = self.move_away(&left);
        let is_settled = |name: &String| named.contains(name.as_str()) || is_left(&name);
        let moved = moved.map(|()| alive.is_empty() && found.iter().all(is_settled));
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

    /// The hidden files of writers, in both folders.
    fn temporary_files(&self) -> Result<Vec<StoragePath>> {
        let failed = |source| self.failed("tidying", source);
        let mut paths = Vec::new();
        for folder in [&self.data, &self.meta] {
            for entry in self.storage.list(folder).map_err(failed)? {
                if entry.kind == EntryKind::File && entry.name.starts_with(TEMPORARY) {
                    paths.push(folder.join(&entry.name).map_err(failed)?);
                }
            }
        }
        Ok(paths)
    }

    fn remove_temporary_files(&self) -> Result<()> {
        let delete = |path: &StoragePath| self.storage.delete(path).map_err(|source| self.failed("tidying", source));
        self.temporary_files()?.iter().try_for_each(delete)
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

    /// Removes everything of a dataset whose newest record, of `version`, says that it is dropped: files first, that
    /// record last. What remains after a crash is never half a dataset. For who holds the lock: numbers are used again.
    ///
    /// Old records go first, so that nobody takes a number behind a record that stands. A writer that had passed that
    /// record before may still publish what it has staged, until that goes, too: so records are removed once more.
    pub(crate) fn remove_all(&self, version: u64) -> Result<()> {
        self.remove_temporary_files()?;
        for folder in [self.data.clone(), self.replaced()?] {
            let files = self.storage.list(&folder).map_err(|source| self.failed("removing", source))?;
            self.remove_listed(&folder, files.iter().map(|entry| &entry.name).filter(|name| is_data_file(name)))?;
            self.forget_names(&folder)?;
            self.storage.delete_folder(&folder).map_err(|source| self.failed("removing", source))?;
        }
        let names = self.names()?;
        // A witness or a floor of records that are gone would be taken for damage.
        let is_advice = |name: &&String| {
            let names_version = tail_version(name).or(floor_version(name));
            names_version.is_some() || checkpoint_parts(name).is_some() || name.as_str() == RESERVE
        };
        self.remove_listed(&self.meta, names.iter().filter(is_advice))?;
        let is_older = |name: &&String| record_version(name).is_some_and(|record| record < version);
        self.remove_listed(&self.meta, names.iter().filter(is_older))?;
        self.remove_temporary_files()?;
        self.remove_listed(&self.meta, self.names()?.iter().filter(is_older))?;
        // After a power cut, too, nothing is left without the record that says that it is dropped.
        self.forget_names(&self.meta)?;
        self.remove_listed(&self.meta, [&record_name(version)])?;
        self.storage.delete_folder(&self.meta).map_err(|source| self.failed("removing", source))?;
        Ok(())
    }

    /// Makes it durable that files of a folder are gone.
    fn forget_names(&self, folder: &StoragePath) -> Result<()> {
        match self.storage.sync(folder) {
            Err(error) if !error.is_not_found() => Err(self.failed("removing", error)),
            _ => Ok(()),
        }
    }

    fn remove_listed<'a>(&self, folder: &StoragePath, names: impl IntoIterator<Item = &'a String>) -> Result<()> {
        let failed = |source| self.failed("removing", source);
        names.into_iter().try_for_each(|name| {
            let path = folder.join(name).map_err(failed)?;
            self.storage.delete(&path).map_err(failed)
        })
    }

    /// Removes what a removal left that was interrupted; whether there was anything.
    pub(crate) fn finish_removal(&self, locked: bool) -> Result<bool> {
        let Some(newest) = records(&self.names()?).last().copied() else { return Ok(false) };
        if !self.is_drop(newest)? {
            return Ok(false);
        }
        if !locked {
            // Who drops it may still be at work.
            return Err(Error::Conflict { version: 0, attempts: 1 });
        }
        // Who dropped it may not have come to that.
        self.make_versions_durable()?;
        self.remove_all(newest)?;
        Ok(true)
    }

    /// The lock file is empty and stays while a dataset is there. Whoever removes it holds the lock, and does nothing
    /// after it: the next one locks another file.
    pub(crate) fn remove_lock_file(&self) {
        let _ = self.storage.delete(&self.lock);
    }

    pub(super) fn replaced(&self) -> Result<StoragePath> {
        self.meta_path("replaced")
    }
}

/// The version that a hidden file was staged for; `None` if that cannot be told.
fn staged_for(name: &str) -> Option<u64> {
    let (name, _random) = name.strip_prefix(TEMPORARY)?.rsplit_once('-')?;
    let version = is_data_file(name).then(|| versions_read(name)).flatten();
    version.or_else(|| record_version(name)).or_else(|| tail_version(name))
}
