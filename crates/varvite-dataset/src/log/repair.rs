//! Putting leftovers where they belong, one by one. Whatever stands in the way of doing it safely leaves them.

use varvite_storage::{Published, StoragePath};

use super::Log;
use super::leftovers::{Leftover, Place};
use super::names::{checkpoint_parts, floor, record_version, tail_version};
use super::tidy::TEMPORARY;
use crate::{Remedy, Result, Snapshot};

/// Bytes that are compared at once.
const PIECE: u64 = 4 << 20;

impl Log {
    /// Does what is to be done about a leftover: whether it was.
    ///
    /// Some of it only who holds the lock may do (`locked`): nobody else is staging, or moving files.
    pub(crate) fn remedy(&self, leftover: &Leftover, newest: &Snapshot, locked: bool) -> Result<bool> {
        let failed = |source| self.failed("repairing", source);
        let name = leftover.name.as_str();
        let path = match leftover.place {
            Place::Data => self.data_path(name)?,
            Place::Meta => self.meta_path(name)?,
        };
        match leftover.remedy {
            None => Ok(false),
            Some(Remedy::Delete) => {
                let allowed = if name.starts_with(TEMPORARY) { locked } else { self.may_go(name)? };
                if allowed {
                    self.storage.delete(&path).map_err(failed)?;
                }
                Ok(allowed)
            }
            Some(Remedy::MoveAway) => self.put_away(&path),
            // A writer that is behind would bring back what a newer version has replaced.
            Some(Remedy::MoveBack) => {
                if !locked || !matches!(self.refresh(newest), Ok(None)) {
                    return Ok(false);
                }
                self.storage.create_folder(&self.data).map_err(failed)?;
                let moved = self.storage.rename(&self.replaced()?.join(name).map_err(failed)?, &path);
                Ok(moved.map_err(failed)? == Published::Created)
            }
            Some(Remedy::Rewrite) => match (tail_version(name), checkpoint_parts(name)) {
                (Some(version), _) => {
                    self.witness(version);
                    Ok(self.storage.head(&path).map_err(failed)?.is_some())
                }
                (_, Some((version, _))) => self.write_checkpoint_again(name, version),
                _ => Ok(false),
            },
        }
    }

    /// Moves a file of older versions to where their readers look for it. One that is there as well goes if both are
    /// the same.
    fn put_away(&self, path: &StoragePath) -> Result<bool> {
        let failed = |source| self.failed("repairing", source);
        let replaced = self.replaced()?;
        self.storage.create_folder(&replaced).map_err(failed)?;
        let to = replaced.join(path.name()).map_err(failed)?;
        match self.storage.rename(path, &to).map_err(failed)? {
            Published::Created => Ok(true),
            Published::AlreadyExists if self.are_same(path, &to).map_err(failed)? => {
                self.storage.delete(path).map_err(failed)?;
                Ok(true)
            }
            Published::AlreadyExists => Ok(false),
        }
    }

    fn are_same(&self, a: &StoragePath, b: &StoragePath) -> varvite_storage::Result<bool> {
        let (Some(first), Some(second)) = (self.storage.head(a)?, self.storage.head(b)?) else { return Ok(false) };
        if (first.kind, first.len) != (second.kind, second.len) {
            return Ok(false);
        }
        let mut start = 0;
        while start < first.len {
            let end = start.saturating_add(PIECE).min(first.len);
            if self.storage.get_range(a, start..end)? != self.storage.get_range(b, start..end)? {
                return Ok(false);
            }
            start = end;
        }
        Ok(true)
    }

    /// Whether a file of the log can be missed: what has expired only if the checkpoint that the log begins with can be
    /// used, for it could be made from nothing else.
    fn may_go(&self, name: &str) -> Result<bool> {
        let names = self.names()?;
        let version = |name: &str| record_version(name).or(checkpoint_parts(name).map(|(version, _)| version));
        match floor(&names).filter(|floor| version(name).is_some_and(|version| version <= *floor)) {
            Some(floor) => self.can_begin_at(&names, floor + 1),
            None => Ok(true),
        }
    }

    /// Writes the checkpoint of a version in the place of one that cannot be used, if its records are all there.
    fn write_checkpoint_again(&self, name: &str, version: u64) -> Result<bool> {
        let Ok(snapshot) = self.replay_until(version) else { return Ok(false) };
        let path = self.meta_path(name)?;
        // The bytes that are written may have the very name of those that are damaged.
        self.storage.delete(&path).map_err(|source| self.failed("repairing", source))?;
        self.write_checkpoint(&snapshot).map(|_| true)
    }
}
