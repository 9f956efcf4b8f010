//! Waiting for the lock. It is only about speed: who does not get it goes on without.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use varvite_storage::Lock;

use super::Log;
use super::names::record_name;
use crate::Snapshot;

/// How long to wait for another.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait for one that seems to be stopped. Not zero: if it goes on, it comes to its commit.
const LITTLE_PATIENCE: Duration = Duration::from_millis(250);
/// How many writes in a row have little patience, before one waits in full again.
const HURRIED: u32 = 32;

/// What a handle remembers of its waits.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// How many writes to come have little patience.
    hurried: AtomicU32,
}

impl Log {
    /// The lock, unless another holds it for long.
    pub(crate) fn take_lock(&self) -> Option<Lock> {
        self.lock_within(PATIENCE)
    }

    /// The same for a write, which can do without. After a wait in vain, during which no version came after `newest`, the
    /// next ones wait but a moment: who holds the lock is stopped, or as slow as if it were.
    pub(crate) fn take_lock_to_write(&self, newest: Option<&Snapshot>) -> Option<Lock> {
        let hurried = self.waits.hurried.load(Ordering::Relaxed);
        let lock = self.lock_within(if hurried > 0 { LITTLE_PATIENCE } else { PATIENCE });
        let left = match (&lock, hurried) {
            (Some(_), _) => 0,
            (None, 0) if newest.is_some_and(|newest| self.is_newest(newest)) => HURRIED,
            (None, hurried) => hurried.saturating_sub(1),
        };
        self.waits.hurried.store(left, Ordering::Relaxed);
        lock
    }

    fn lock_within(&self, patience: Duration) -> Option<Lock> {
        self.storage.lock(&self.lock, patience).ok().flatten()
    }

    fn is_newest(&self, snapshot: &Snapshot) -> bool {
        let next = self.meta_path(&record_name(snapshot.version + 1));
        next.is_ok_and(|next| matches!(self.storage.head(&next), Ok(None)))
    }
}
