//! [`FailingStorage`]: fails chosen calls of another storage, before or after they took effect.

use std::io::ErrorKind;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::Operation;
use crate::{Entry, Error, Lock, Published, Result, Staged, Storage, StoragePath};

/// Which call fails, and how.
///
/// ```
/// use varvite_storage::{Failure, Operation};
///
/// let third_call = Failure::at_call(3);
/// let lost_answer = Failure::at_call_of(Operation::Publish, 1).after_effect();
/// let dead_disk = Failure::at_call(3).from_then_on();
/// assert_ne!(third_call, dead_disk);
/// # let _ = lost_answer;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Failure {
    operation: Option<Operation>,
    nth: u64,
    lasting: bool,
    after_effect: bool,
    transient: bool,
}

impl Failure {
    /// The `nth` call of any operation fails, once, before it has an effect. The first call is 1; 0 never comes.
    pub const fn at_call(nth: u64) -> Self {
        Self { operation: None, nth, lasting: false, after_effect: false, transient: false }
    }

    /// The `nth` call of `operation` fails, once, before it has an effect. The first call is 1; 0 never comes.
    pub const fn at_call_of(operation: Operation, nth: u64) -> Self {
        Self { operation: Some(operation), ..Self::at_call(nth) }
    }

    /// Every later call that is counted fails too.
    pub const fn from_then_on(self) -> Self {
        Self { lasting: true, ..self }
    }

    /// The call is carried out and only its answer is lost.
    pub const fn after_effect(self) -> Self {
        Self { after_effect: true, ..self }
    }

    /// The error is one that may pass: [`Error::is_transient`].
    pub const fn transient(self) -> Self {
        Self { transient: true, ..self }
    }

    fn counts(self, operation: Operation) -> bool {
        self.operation.is_none_or(|only| only == operation)
    }

    fn kind(self) -> ErrorKind {
        if self.transient { ErrorKind::Interrupted } else { ErrorKind::Other }
    }

    fn strikes(self, call: u64) -> bool {
        self.nth > 0 && if self.lasting { call >= self.nth } else { call == self.nth }
    }
}

/// Passes every call to another storage, until a [`Failure`] is armed. Clones share it.
///
/// An injected error is an [`Error::Io`] that names the operation's path and says "injected failure".
///
/// ```
/// use std::sync::Arc;
/// use varvite_storage::{FailingStorage, Failure, MemoryStorage, Operation, Storage, StoragePath};
///
/// let storage = FailingStorage::new(Arc::new(MemoryStorage::new()));
/// let path = StoragePath::try_new("a")?;
/// let staged = storage.stage(&path, "bytes".into())?;
/// storage.arm(Failure::at_call_of(Operation::Publish, 1).after_effect());
/// assert!(storage.publish(&staged).is_err()); // the answer is lost,
/// assert_eq!(storage.get(&path)?, "bytes"); // the effect is there
/// assert_eq!(storage.failed(), 1);
/// # Ok::<(), varvite_storage::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FailingStorage {
    inner: Arc<dyn Storage>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    failure: Option<Failure>,
    calls: u64,
    failed: u64,
}

impl FailingStorage {
    /// Wraps `inner`; nothing fails yet.
    pub fn new(inner: Arc<dyn Storage>) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// Replaces what fails by `failure`, and counts calls from here.
    pub fn arm(&self, failure: Failure) {
        *self.state() = State { failure: Some(failure), ..State::default() };
    }

    /// Lets everything pass from here. The counts stay.
    pub fn disarm(&self) {
        self.state().failure = None;
    }

    /// How many calls failed since [`arm`](Self::arm). At 0 the work that was to fail was done with fewer calls: the
    /// sign for a test to stop trying later ones.
    pub fn failed(&self) -> u64 {
        self.state().failed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; how it is to fail, if it is.
    fn count(&self, operation: Operation) -> Option<Failure> {
        let mut state = self.state();
        let failure = state.failure.filter(|failure| failure.counts(operation))?;
        state.calls += 1;
        let strikes = failure.strikes(state.calls);
        state.failed += u64::from(strikes);
        strikes.then_some(failure)
    }

    fn call<T>(
        &self,
        operation: Operation,
        path: &StoragePath,
        work: impl FnOnce(&dyn Storage) -> Result<T>,
    ) -> Result<T> {
        let Some(failure) = self.count(operation) else { return work(self.inner.as_ref()) };
        if failure.after_effect {
            // Whatever came of it, the caller does not learn it.
            drop(work(self.inner.as_ref()));
        }
        Err(Error::Io {
            action: operation.action(),
            path: path.clone(),
            source: std::io::Error::new(failure.kind(), "injected failure"),
        })
    }
}

#[deny(clippy::missing_trait_methods)]
impl Storage for FailingStorage {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        self.call(Operation::Get, path, |inner| inner.get(path))
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        self.call(Operation::GetRange, path, |inner| inner.get_range(path, range))
    }

    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        self.call(Operation::Head, path, |inner| inner.head(path))
    }

    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        self.call(Operation::List, folder, |inner| inner.list(folder))
    }

    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        self.call(Operation::CreateFolder, folder, |inner| inner.create_folder(folder))
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        self.call(Operation::Stage, path, |inner| inner.stage(path, bytes))
    }

    fn publish(&self, staged: &Staged) -> Result<Published> {
        self.call(Operation::Publish, &staged.path, |inner| inner.publish(staged))
    }

    fn sync_staged(&self, staged: &Staged) -> Result<()> {
        self.call(Operation::SyncStaged, &staged.path, |inner| inner.sync_staged(staged))
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        self.call(Operation::Sync, path, |inner| inner.sync(path))
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        self.call(Operation::Rename, from, |inner| inner.rename(from, to))
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        self.call(Operation::Delete, path, |inner| inner.delete(path))
    }

    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        self.call(Operation::DeleteFolder, folder, |inner| inner.delete_folder(folder))
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        self.call(Operation::Lock, path, |inner| inner.lock(path, patience))
    }

    fn now_ms(&self) -> i64 {
        self.inner.now_ms()
    }

    fn random(&self) -> u64 {
        self.inner.random()
    }

    fn location(&self) -> String {
        self.inner.location()
    }

    fn open_file(&self, path: &StoragePath) -> Result<Option<std::fs::File>> {
        self.inner.open_file(path)
    }

    fn local_path(&self, path: &StoragePath) -> Option<std::path::PathBuf> {
        self.inner.local_path(path)
    }

    fn scratch_file(&self) -> Result<Option<std::fs::File>> {
        self.inner.scratch_file()
    }
}
