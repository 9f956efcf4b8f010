//! Older versions: which there are, and which are still readable.

use super::names::floor;
use super::{Log, names};
use crate::{Error, Result, Snapshot};

/// What is said of a file that is not there.
pub(crate) const MISSING: &str = "it is missing";

impl Log {
    /// `version`, seen from `newest`.
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`], [`Error::VersionExpired`].
    pub(crate) fn load_version(&self, newest: &Snapshot, version: u64) -> Result<Snapshot> {
        if version == newest.version {
            return Ok(newest.clone());
        }
        if version > newest.version {
            return Err(Error::NoSuchVersion { version, newest: newest.version });
        }
        if !newest.is_readable(version) {
            return Err(expired(newest, version));
        }
        self.replay_until(version).map_err(|error| self.explain_gone(error, newest, version))
    }

    /// `version`, whether its files are still there or not.
    ///
    /// Records may expire meanwhile: then it begins again, behind a checkpoint that is there instead.
    pub(super) fn replay_until(&self, version: u64) -> Result<Snapshot> {
        let mut names = self.names()?;
        loop {
            let replayed = self.replay_listed_until(&names, version);
            let before = match &replayed {
                Err(Error::Storage { source, .. }) if source.is_not_found() => {
                    std::mem::replace(&mut names, self.names()?)
                }
                _ => return replayed,
            };
            if floor(&before) == floor(&names) {
                return replayed;
            }
        }
    }

    fn replay_listed_until(&self, names: &[String], version: u64) -> Result<Snapshot> {
        let mut snapshot = self.newest_checkpoint(names, version)?;
        let next = snapshot.as_ref().map_or(0, |snapshot| snapshot.version + 1);
        for version in next..=version {
            snapshot = Some(self.follow(snapshot.as_ref(), version)?);
        }
        snapshot.ok_or_else(|| self.corrupt(&names::record_name(version), "the record is missing"))
    }

    /// The newest version that was committed at `at_ms` or before, by the clocks of the writers.
    ///
    /// # Errors
    /// [`Error::NoVersionAt`] if the first one is younger; else as [`load_version`](Self::load_version).
    pub(crate) fn load_as_of(&self, newest: &Snapshot, at_ms: i64) -> Result<Snapshot> {
        if newest.at_ms <= at_ms {
            return Ok(newest.clone());
        }
        let oldest = self.oldest_record()?;
        for version in (oldest..newest.version).rev() {
            let record = self.read_record(version).map_err(|error| self.explain_gone(error, newest, version))?;
            if record.0.at_ms <= at_ms {
                return self.load_version(newest, version);
            }
        }
        Err(Error::NoVersionAt { at_ms })
    }

    pub(super) fn oldest_record(&self) -> Result<u64> {
        Ok(names::records(&self.names()?).first().copied().unwrap_or_default())
    }

    /// What it means that a record is not there which `version` needs: it has expired since `newest` was the newest
    /// version, or the dataset was dropped.
    fn explain_gone(&self, error: Error, newest: &Snapshot, version: u64) -> Error {
        if !matches!(&error, Error::Storage { source, .. } if source.is_not_found()) {
            return error;
        }
        match self.load() {
            Ok(Some(now)) if now.dataset_id == newest.dataset_id => {
                if now.is_readable(version) {
                    self.corrupt(&names::record_name(version), "a record is missing that it needs")
                } else {
                    expired(&now, version)
                }
            }
            Ok(_) => Error::Dropped { path: self.data.to_string() },
            Err(unclear) => unclear,
        }
    }

    /// What a failed read of `snapshot` means: a file that is missing may have been taken by vacuum, or with the dataset.
    pub(crate) fn explain(&self, error: Error, snapshot: &Snapshot) -> Error {
        if !is_missing(&error) {
            return error;
        }
        match self.load() {
            Ok(Some(newest)) if newest.dataset_id == snapshot.dataset_id => {
                // A version beyond the newest was lost with its record.
                if newest.is_readable(snapshot.version) || newest.version < snapshot.version {
                    error
                } else {
                    expired(&newest, snapshot.version)
                }
            }
            // Its files go before its records.
            Ok(_) => Error::Dropped { path: self.data.to_string() },
            // A storage that fails now is not taken for damage.
            Err(unclear @ Error::Storage { .. }) => unclear,
            Err(_) => error,
        }
    }
}

/// Whether a data file is gone: it may have been taken by vacuum, with the version that needed it.
pub(crate) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Corrupt { reason, .. } if reason == MISSING)
}

fn expired(newest: &Snapshot, version: u64) -> Error {
    Error::VersionExpired { version, oldest: newest.readable_from }
}
