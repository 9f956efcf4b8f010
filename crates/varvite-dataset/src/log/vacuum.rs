//! Vacuum: what only unreadable versions and dead writers used is removed.
//!
//! A commit says first from which version on all can be read; files go afterwards. No clock decides what a writer
//! needs: a file is staged for one version, and when that number is taken by another commit it can never be committed.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use varvite_storage::EntryKind;

use super::Log;
use super::names::{is_data_file, versions_read};
use crate::{Result, Retention, Snapshot};

/// How many commits lie between two looks at what has expired.
const EVERY: u64 = 16;
/// How many versions expire in one look: a commit stays quick.
const AT_ONCE: u64 = 256;

/// What a vacuum removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Vacuumed {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) kept: u64,
}

impl Log {
    /// From which version on all stay readable, if a commit on `base` is due to move that on.
    pub(super) fn due_readable_from(&self, base: &Snapshot) -> Option<u64> {
        if !(base.version + 1).is_multiple_of(EVERY) {
            return None;
        }
        let from = self.readable_from(base, base.version + 1, base.settings.retention, AT_ONCE).ok()?;
        (from > base.readable_from).then_some(from)
    }

    /// From which version on all stay readable by `retention` when `newest` is the newest version.
    ///
    /// `snapshot` is that version or the one before. Looks at no more than `at_most` records.
    pub(crate) fn readable_from(
        &self,
        snapshot: &Snapshot,
        newest: u64,
        retention: Retention,
        at_most: u64,
    ) -> Result<u64> {
        let young = self.storage.now_ms().saturating_sub(i64::try_from(retention.age_ms).unwrap_or(i64::MAX));
        let limit = newest.saturating_sub(retention.versions.max(1) - 1);
        let mut from = snapshot.readable_from;
        while from < limit && from - snapshot.readable_from < at_most {
            // `from` was the newest version until the next one was committed: now, if that one is being made.
            let replaced_at = match from + 1 {
                next if next == snapshot.version => snapshot.at_ms,
                next if next > snapshot.version => self.storage.now_ms(),
                next => self.read_record(next)?.0.at_ms,
            };
            if retention.age_ms > 0 && replaced_at > young {
                break;
            }
            from += 1;
        }
        Ok(from)
    }

    /// Whether one of these versions replaced files of the version before.
    pub(crate) fn replaces_files(&self, mut versions: RangeInclusive<u64>) -> Result<bool> {
        versions.try_fold(false, |found, version| Ok(found || !self.read_record(version)?.0.rm.is_empty()))
    }

    /// Removes the files that versions needed which `after` has just made unreadable. It may fail: a vacuum finds them.
    pub(crate) fn delete_expired(&self, base: &Snapshot, after: &Snapshot) {
        if after.readable_from == base.readable_from {
            return;
        }
        if let Err(error) = self.try_delete_expired(base, after) {
            tracing::warn!(%error, "files of versions that cannot be read any more are left: vacuum the dataset");
        }
    }

    fn try_delete_expired(&self, base: &Snapshot, after: &Snapshot) -> Result<()> {
        let failed = |source| self.failed("removing old files", source);
        let (replaced, tagged) = (self.replaced()?, self.tagged_files(after)?);
        let mut expired = Vec::new();
        for version in base.readable_from + 1..=after.readable_from {
            expired.extend(self.read_record(version)?.0.rm.into_iter().filter(|name| !tagged.contains(name)));
        }
        // What was read while this version stood is not of a dataset that was made in its place.
        self.check_not_removed(after)?;
        for name in expired {
            self.storage.delete(&replaced.join(&name).map_err(failed)?).map_err(failed)?;
        }
        Ok(())
    }

    /// Removes every file that no readable version of `newest` needs and no writer can still commit; or counts them.
    pub(crate) fn delete_unneeded(&self, newest: &Snapshot, dry_run: bool) -> Result<Vacuumed> {
        let failed = |source| self.failed("removing old files", source);
        let replaced = self.replaced()?;
        let mut needed = self.tagged_files(newest)?;
        for version in newest.readable_from + 1..=newest.version {
            needed.extend(self.read_record(version)?.0.rm);
        }
        let mut vacuumed = Vacuumed::default();
        let entries = self.storage.list(&replaced).map_err(failed)?;
        // What was listed while this version stood is not of a dataset that was made in its place.
        self.check_not_removed(newest)?;
        for entry in entries {
            // A newer commit may be replacing files of this version right now.
            let named = newest.files.position(&entry.name).is_some();
            let dead = !named && versions_read(&entry.name).is_some_and(|version| version <= newest.version);
            if entry.kind != EntryKind::File || !is_data_file(&entry.name) || !dead || needed.contains(&entry.name) {
                vacuumed.kept += 1;
                continue;
            }
            if !dry_run {
                self.storage.delete(&replaced.join(&entry.name).map_err(failed)?).map_err(failed)?;
            }
            vacuumed.files += 1;
            vacuumed.bytes += entry.len;
        }
        Ok(vacuumed)
    }

    /// Names of the files that tagged versions need beside those that can be read anyway.
    fn tagged_files(&self, newest: &Snapshot) -> Result<BTreeSet<String>> {
        let tagged: BTreeSet<u64> = newest.tags.values().copied().filter(|tag| *tag < newest.readable_from).collect();
        let mut files = BTreeSet::new();
        for version in tagged {
            files.extend(self.replay_until(version)?.files.iter().map(|file| file.name.clone()));
        }
        Ok(files)
    }
}
