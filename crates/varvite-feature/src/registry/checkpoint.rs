//! Checkpoints: everything in one file, so that few revisions are read. Only advice: whatever is wrong with one, and also
//! if it cannot be written, the revisions tell the same.

use varvite_storage::StoragePath;

use super::log::{Log, file_name, number_of};
use super::sealed;
use super::state::{Content, RegistryState};

/// After how many revisions the next checkpoint is due.
pub(super) const EVERY: u64 = 64;

impl Log {
    /// The newest checkpoint of `newest` or before that fits its revision.
    pub(super) fn checkpoint(&self, newest: u64) -> Option<RegistryState> {
        let entries = self.storage().list(&self.checkpoints).unwrap_or_default();
        let numbers = entries.iter().rev().filter_map(|entry| number_of(&entry.name));
        numbers.filter(|number| *number <= newest).find_map(|number| self.read_checkpoint(number))
    }

    fn read_checkpoint(&self, revision: u64) -> Option<RegistryState> {
        let path = self.checkpoint_path(revision)?;
        let bytes = self.storage().get(&path).ok()?;
        let (content, _) = sealed::open::<Content>(&bytes, path.as_str())
            .inspect_err(|error| tracing::warn!(%error, "a checkpoint is passed over"))
            .ok()?;
        let (_, head) = self.read(revision).ok()??;
        let fits = content.revision == revision && content.head.as_deref() == Some(head.as_str());
        fits.then(|| RegistryState::of(content))
    }

    /// Writes a checkpoint, if one is due. Whether one was written.
    pub(super) fn checkpoint_if_due(&self, state: &RegistryState) -> bool {
        state.since_checkpoint() >= EVERY && self.write_checkpoint(state.content()).is_some()
    }

    fn write_checkpoint(&self, content: &Content) -> Option<()> {
        let (text, _) = sealed::seal(content).ok()?;
        let storage = self.storage();
        storage.create_folder(&self.checkpoints).ok()?;
        let staged = storage.stage(&self.checkpoint_path(content.revision)?, text.into()).ok()?;
        // One that a power cut tears would be noticed, and would be in the way of a sound one.
        storage.sync_staged(&staged).ok()?;
        storage.publish(&staged).ok().map(drop)
    }

    fn checkpoint_path(&self, revision: u64) -> Option<StoragePath> {
        self.checkpoints.join(&file_name(revision)).ok()
    }
}
