//! Vacuum: files and records that no readable version needs go.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::Dataset;
use crate::log::{Draft, is_full, was_swept};
use crate::{Error, Result, Retention, Snapshot};

/// What a vacuum may be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VacuumOptions {
    /// Which older versions stay readable. Default: what the dataset remembers.
    pub retention: Option<Retention>,
    /// Removes records that no readable version needs, too. Default: no, the log is kept whole.
    pub expire_log: bool,
}

impl VacuumOptions {
    /// Changes which older versions stay readable, for this vacuum.
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Removes old records, too; not while another process holds the lock.
    pub fn with_log_expiry(mut self, expire_log: bool) -> Self {
        self.expire_log = expire_log;
        self
    }
}

/// What a vacuum removed, or would remove.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a vacuum tells what it did: look, or say that you do not care"]
pub struct VacuumReport {
    /// From this version on all can be read; of those before it, only tagged ones.
    pub readable_from: u64,
    /// Files removed.
    pub files_deleted: u64,
    /// Their length in bytes.
    pub bytes_deleted: u64,
    /// Files of older versions that stay.
    pub files_kept: u64,
    /// Records removed.
    pub records_deleted: u64,
    /// Version before.
    pub version_before: u64,
    /// Version after: equal to the one before if no version became unreadable.
    pub version_after: u64,
}

impl fmt::Display for VacuumReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} files deleted ({} bytes), {} files of older versions kept, {} records deleted\n\
             versions from {} on can be read",
            self.files_deleted, self.bytes_deleted, self.files_kept, self.records_deleted, self.readable_from
        )
    }
}

impl Dataset {
    /// Removes the files that no readable version and no writer needs. Writes do the same for what they replace, as the
    /// dataset's [`Retention`] says; a vacuum finds everything, and takes another retention if it is told to.
    ///
    /// It works on a full disk, too: a dataset that keeps files of older versions keeps 8 KiB in reserve for that.
    ///
    /// Never removes what a tagged version needs, nor the newest one. A reader of a version that goes gets
    /// [`Error::VersionExpired`](crate::Error::VersionExpired).
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) while nothing is stored; as [`write`](Self::write). What a vacuum could not finish, the
    /// next one does.
    pub fn vacuum(&self, options: &VacuumOptions) -> Result<VacuumReport> {
        let before = self.newest()?;
        let lock = self.shared.log.take_lock();
        let version_before = before.version;
        let report = self.unless_overtaken(before, |newest| self.vacuum_from(newest, options, lock.is_some()))?;
        Ok(VacuumReport { version_before, ..report })
    }

    /// Begins again on a newer version where records have gone that were looked at: another vacuum was faster.
    fn unless_overtaken<T>(&self, mut newest: Arc<Snapshot>, attempt: impl Fn(&Snapshot) -> Result<T>) -> Result<T> {
        loop {
            let attempted = attempt(&newest);
            match &attempted {
                Err(error) if was_swept(error) || matches!(error, Error::Dropped { .. }) => {
                    let newer = self.newest()?;
                    if newer.version == newest.version {
                        return attempted;
                    }
                    newest = newer;
                }
                _ => return attempted,
            }
        }
    }

    fn vacuum_from(&self, before: &Snapshot, options: &VacuumOptions, locked: bool) -> Result<VacuumReport> {
        let log = &self.shared.log;
        let committed = match self.commit_vacuum(before, options, locked) {
            Err(error) if is_full(&error) => {
                // What needs no commit goes first, then the room that was kept for this.
                log.expect_leftovers();
                log.tidy_after(before, &[], locked);
                log.delete_unneeded(before, false)?;
                log.free_reserve()?;
                self.commit_vacuum(before, options, locked)
            }
            committed => committed,
        }?;
        let after = if let Some(after) = committed {
            Arc::new(after)
        } else {
            let newest = self.newest()?;
            // It may be another vacuum's, which did not come to that yet: a power cut must not bring back a version
            // whose files are gone.
            log.make_versions_durable()?;
            newest
        };
        self.see_newer(Arc::clone(&after));
        log.expect_leftovers();
        log.tidy_after(&after, &[], locked);
        let vacuumed = log.delete_unneeded(&after, false)?;
        // Numbers are used again by the next dataset: only who holds the lock may take a record away.
        let records_deleted = if options.expire_log && locked { log.expire(&after)? } else { 0 };
        Ok(VacuumReport {
            readable_from: after.readable_from,
            files_deleted: vacuumed.files,
            bytes_deleted: vacuumed.bytes,
            files_kept: vacuumed.kept,
            records_deleted,
            version_before: before.version,
            version_after: after.version,
        })
    }

    /// Commits from which version on all can be read. `None`: as before.
    fn commit_vacuum(&self, before: &Snapshot, options: &VacuumOptions, locked: bool) -> Result<Option<Snapshot>> {
        let log = &self.shared.log;
        log.commit_until_won(before.clone(), locked, |newest| {
            let retention = options.retention.unwrap_or(newest.settings.retention);
            let from = log.readable_from(newest, newest.version, retention, u64::MAX)?;
            let dataset_id = newest.dataset_id.clone();
            let draft = Draft { dataset_id, op: "vacuum", readable_from: Some(from), ..Draft::default() };
            // Versions without files of their own cost nothing.
            Ok(log.replaces_files(newest.readable_from + 1..=from)?.then_some(draft))
        })
    }

    /// Tells what [`vacuum`](Self::vacuum) would remove. Records are not counted.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) while nothing is stored.
    #[doc(alias = "dry_run")]
    pub fn plan_vacuum(&self, options: &VacuumOptions) -> Result<VacuumReport> {
        self.unless_overtaken(self.newest()?, |newest| self.plan_vacuum_from(newest, options))
    }

    fn plan_vacuum_from(&self, newest: &Snapshot, options: &VacuumOptions) -> Result<VacuumReport> {
        let log = &self.shared.log;
        let retention = options.retention.unwrap_or(newest.settings.retention);
        let from = log.readable_from(newest, newest.version, retention, u64::MAX)?;
        let then = Snapshot { readable_from: from, ..newest.clone() };
        let vacuumed = log.delete_unneeded(&then, true)?;
        Ok(VacuumReport {
            readable_from: from,
            files_deleted: vacuumed.files,
            bytes_deleted: vacuumed.bytes,
            files_kept: vacuumed.kept,
            records_deleted: 0,
            version_before: newest.version,
            version_after: newest.version,
        })
    }
}
