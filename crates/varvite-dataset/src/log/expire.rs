//! Log expiry: records that no readable version needs are removed.
//!
//! Creating a name forgets that the name was taken once. So a durable empty file says first up to which version
//! records are void, records are removed from the oldest on, and every writer looks after publishing whether the record
//! before its own is still there. Nothing goes unless the log can begin with the checkpoint behind that.

use super::Log;
use super::checkpoint::CheckpointState;
use super::names::{checkpoint_name, checkpoint_parts, floor, floor_name, floor_version, record_name, record_version};
use crate::{Result, Snapshot};

impl Log {
    /// Removes the records of versions that cannot be read any more, and returns how many.
    pub(crate) fn expire(&self, newest: &Snapshot) -> Result<u64> {
        let failed = |source| self.failed("removing old records", source);
        let oldest = newest.tags.values().copied().chain([newest.readable_from]).min().unwrap_or_default();
        let names = self.names()?;
        let void = oldest.saturating_sub(1);
        if oldest > 0 && floor(&names).is_none_or(|floor| floor < void) {
            // From here on the log begins with this checkpoint.
            self.write_checkpoint(&self.replay_until(oldest)?)?;
            self.check_beginning(&self.names()?, oldest)?;
            let staged =
                self.storage.stage(&self.meta_path(&floor_name(void))?, bytes::Bytes::new()).map_err(failed)?;
            self.storage.sync_staged(&staged).map_err(failed)?;
            let _ = self.storage.publish(&staged).map_err(failed)?;
            self.storage.sync(&self.meta).map_err(failed)?;
        }
        self.delete_void_records()
    }

    fn delete_void_records(&self) -> Result<u64> {
        let failed = |source| self.failed("removing old records", source);
        let names = self.names()?;
        let Some(floor) = floor(&names) else { return Ok(0) };
        let mut void: Vec<u64> = names.iter().filter_map(|name| record_version(name)).collect();
        void.retain(|version| *version <= floor);
        if !void.is_empty() {
            self.check_beginning(&names, floor + 1)?;
        }
        void.sort_unstable();
        for version in &void {
            self.storage.delete(&self.meta_path(&record_name(*version))?).map_err(failed)?;
        }
        for older in names.iter().filter(|name| floor_version(name).is_some_and(|version| version < floor)) {
            self.storage.delete(&self.meta_path(older)?).map_err(failed)?;
        }
        Ok(void.len() as u64)
    }

    /// Fails if the log cannot begin with a checkpoint of `version`: one that was there before may be damaged.
    fn check_beginning(&self, names: &[String], version: u64) -> Result<()> {
        if self.can_begin_at(names, version)? {
            return Ok(());
        }
        let name = checkpoints_of(names, version).next().map_or_else(|| checkpoint_name(version, 0), str::to_owned);
        Err(self.corrupt(&name, "the log is to begin with this checkpoint, which cannot be used: old records are kept"))
    }

    /// Whether a checkpoint of `version` can be used.
    pub(super) fn can_begin_at(&self, names: &[String], version: u64) -> Result<bool> {
        for name in checkpoints_of(names, version) {
            if matches!(self.checkpoint_state(name)?, CheckpointState::Usable(_)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn checkpoints_of(names: &[String], version: u64) -> impl Iterator<Item = &str> {
    let is_of = move |name: &&str| checkpoint_parts(name).is_some_and(|(of, _)| of == version);
    names.iter().map(String::as_str).filter(is_of)
}
