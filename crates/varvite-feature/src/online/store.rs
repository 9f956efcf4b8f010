//! [`OnlineStore`]: the file of all online values of a feature store.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use redb::WriteTransaction;
use varvite_dataset::Dataset;
use varvite_schema::FeatureGroupSchema;

use super::database::{Handle, failed};
use super::state::{drop_rows, forget, load};
use super::status::GroupStatus;
use super::view::View;
use crate::Result;

/// The newest row of each key, for every group and version of a feature store, in one file.
///
/// One process has it open, and clones share it there: the process that serves is the one that materializes. Look-ups
/// run while rows are materialized and see whole chunks of them.
///
/// ```
/// use varvite_feature::online::OnlineStore;
/// # let folder = tempfile::tempdir()?;
/// let store = OnlineStore::open(folder.path().join("online/values.redb"))?;
/// assert!(store.groups()?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct OnlineStore {
    shared: Arc<Shared>,
}

struct Shared {
    database: Handle,
    path: PathBuf,
    /// As of the newest commit; `None` until somebody looks.
    view: RwLock<Option<Arc<View>>>,
    /// Held by whoever materializes.
    work: Mutex<()>,
}

impl OnlineStore {
    /// Opens the file for this process alone; creates it, and its folder, if there is none.
    ///
    /// # Errors
    /// [`Error::OnlineInUse`](crate::Error::OnlineInUse) if another process, or this one, has it open;
    /// [`Error::OnlineDamaged`](crate::Error::OnlineDamaged) if it is of a format that we do not know.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::of(Handle::open(path.as_ref())?, path.as_ref()))
    }

    /// Opens an existing file to look things up, beside any number of others that do so. What would write is refused.
    ///
    /// # Errors
    /// [`Error::OnlineInUse`](crate::Error::OnlineInUse) if a process has it open to write.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::of(Handle::open_read_only(path.as_ref())?, path.as_ref()))
    }

    fn of(database: Handle, path: &Path) -> Self {
        let shared = Shared { database, path: path.to_owned(), view: RwLock::new(None), work: Mutex::new(()) };
        Self { shared: Arc::new(shared) }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// The groups that something is known of, such as `users@v1`, in order.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn groups(&self) -> Result<Vec<String>> {
        Ok(self.view()?.ids())
    }

    /// What is served of a group, and how far that is behind `dataset`, as the handle sees it.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn status(&self, group: &FeatureGroupSchema, dataset: Option<&Dataset>) -> Result<GroupStatus> {
        let (view, id) = (self.view()?, group.id());
        GroupStatus::of(id.clone(), view.group(&id).map(AsRef::as_ref), dataset)
    }

    /// Forgets the online values of a group, such as `users@v1`; its history stays. `false`: there were none.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove(&self, group: &str) -> Result<bool> {
        let _work = self.work();
        self.write(|transaction| {
            let Some(state) = load(group, transaction)? else { return Ok(false) };
            let generations = state.live.iter().chain(state.pass.iter().map(|pass| &pass.target));
            for generation in generations {
                drop_rows(generation.number, transaction)?;
            }
            forget(group, transaction)?;
            Ok(true)
        })
    }

    /// All groups as of the newest commit.
    pub(super) fn view(&self) -> Result<Arc<View>> {
        if let Some(view) = &*self.shared.view.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(Arc::clone(view));
        }
        // The lock is held while the view is made: a commit meanwhile removes it when it is there.
        let mut slot = self.shared.view.write().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Some(view) => Ok(Arc::clone(view)),
            None => Ok(Arc::clone(slot.insert(Arc::new(View::load(&self.shared.database)?)))),
        }
    }

    /// Waits until nobody else materializes.
    pub(super) fn work(&self) -> MutexGuard<'_, ()> {
        self.shared.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does all of `change`, durably, or nothing of it.
    pub(super) fn write<T>(&self, change: impl FnOnce(&WriteTransaction) -> Result<T>) -> Result<T> {
        let database = self.shared.database.writer()?;
        let transaction = database.begin_write().map_err(failed("begin a transaction"))?;
        let changed = change(&transaction)?;
        transaction.commit().map_err(failed("commit"))?;
        *self.shared.view.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(changed)
    }
}

impl std::fmt::Debug for OnlineStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnlineStore").field("path", &self.shared.path).finish_non_exhaustive()
    }
}
