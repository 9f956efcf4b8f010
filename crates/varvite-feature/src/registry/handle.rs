//! [`Registry`]: the handle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use varvite_schema::{ApplyPlan, Definitions, FeatureGroupSchema, Outcome, check_registration};
use varvite_storage::{Storage, StoragePath};

use super::change::RegistryChange;
use super::lineage::LineageNode;
use super::log::Log;
use super::plan::plan_commit;
use super::revision::RevisionInfo;
use super::state::RegistryState;
use crate::{Error, Result};

/// How often a lost race is run again.
const MAX_ATTEMPTS: u32 = 30;

/// The definitions of a store, in the folder `registry/` below its root.
///
/// Each change is one revision: a small JSON file, which is never changed, names who and why, and holds what is new. Any
/// number of threads and processes may change one registry: of those who read the same revision one wins, the others get
/// [`Error::RegistryConflict`], and [`update`](Self::update) tries again for them. Handles are cheap to clone.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use varvite_feature::{Direction, LineageKind, Query, Reach, Registry};
/// use varvite_schema::{Definitions, FeatureGroupSchema, FeatureSchema, Outcome};
/// use varvite_storage::{MemoryStorage, StoragePath};
///
/// let registry = Registry::at(Arc::new(MemoryStorage::new()), &StoragePath::root())?;
/// let users = FeatureGroupSchema::builder("users")
///     .entity_key("user_id", "bigint")
///     .event_time("at")
///     .feature(FeatureSchema::builder("age", "int").description("age in years"))
///     .build()?;
/// assert_eq!(registry.register_group(&users)?, Outcome::Created);
/// assert_eq!(registry.register_group(&users)?, Outcome::Unchanged);
/// assert_eq!(registry.state()?.revision(), 1);
///
/// // What would a file do? Then do it.
/// let wanted = Definitions::try_new(vec![users.to_builder().owner("growth").build()?], vec![])?;
/// assert_eq!(registry.plan(&wanted)?.to_string(), "group `users@v1`: updated\n  + owner: growth\n1 updated\n");
/// let state = registry.apply(&wanted)?.state;
/// assert_eq!(state.search(&Query::new().with_text("YEARS").with_owner("growth")).len(), 1);
///
/// // Where does it come from?
/// let state = registry.set_lineage("users.age".parse()?, ["survey.birth".parse()?])?;
/// let from = state.lineage(&"users.age".parse()?, Direction::Upstream, LineageKind::Value, Reach::Transitive)?;
/// assert_eq!(from.into_iter().map(|node| node.to_string()).collect::<Vec<_>>(), ["survey.birth"]);
///
/// // Every revision is kept.
/// assert_eq!(registry.at_revision(1)?.definitions().group("users", None)?.owner(), None);
/// assert_eq!(registry.history()?[1].changes, ["group `users@v1`: updated: + owner: growth"]);
/// # Ok::<(), varvite_feature::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Registry {
    log: Arc<Log>,
    newest: Arc<Mutex<Option<Arc<RegistryState>>>>,
}

/// What applying definitions did.
#[derive(Debug, Clone)]
pub struct Applied {
    /// What was done, step by step.
    pub plan: ApplyPlan,
    /// The state afterwards.
    pub state: Arc<RegistryState>,
}

impl Registry {
    /// The registry of the store at `root`. Nothing is read or written yet, and none needs to be there.
    ///
    /// # Errors
    /// [`Error::Storage`] if the path can be none.
    pub fn at(storage: Arc<dyn Storage>, root: &StoragePath) -> Result<Self> {
        Ok(Self { log: Arc::new(Log::at(storage, root)?), newest: Arc::default() })
    }

    /// The newest state. It is remembered: if nothing changed, this costs a look at two names.
    ///
    /// # Errors
    /// [`Error::RegistryDamaged`] names the file that cannot be used; [`Error::Storage`].
    pub fn state(&self) -> Result<Arc<RegistryState>> {
        let known = self.cached().clone();
        let state = match known {
            Some(known) if self.log.stands(known.revision())? => match self.advance(&known) {
                // An older registry may have been put back and taken another way.
                Err(Error::RegistryDamaged { .. }) => self.load(None)?,
                advanced => advanced?.map_or(known, Arc::new),
            },
            _ => self.load(None)?,
        };
        *self.cached() = Some(Arc::clone(&state));
        Ok(state)
    }

    /// The state as it was at a revision; 0 is before the first.
    ///
    /// # Errors
    /// [`Error::RevisionNotFound`] if there is none of this number yet; as [`state`](Self::state).
    pub fn at_revision(&self, revision: u64) -> Result<Arc<RegistryState>> {
        let newest = self.state()?;
        if revision > newest.revision() {
            return Err(Error::RevisionNotFound { revision, newest: newest.revision() });
        }
        if revision == newest.revision() { Ok(newest) } else { self.load(Some(revision)) }
    }

    /// Every revision, oldest first: when, who, why, and what changed. Reads each file.
    ///
    /// # Errors
    /// As [`state`](Self::state).
    pub fn history(&self) -> Result<Vec<RevisionInfo>> {
        let info = |revision| Ok(self.read_needed(revision)?.0.info());
        (1..=self.state()?.revision()).map(info).collect()
    }

    /// Whether the newest state would take `change`. Nothing is written.
    ///
    /// # Errors
    /// [`Error::Schema`] if it would be refused; as [`state`](Self::state).
    pub(crate) fn check(&self, change: &RegistryChange) -> Result<()> {
        let state = self.state()?;
        plan_commit(&state, change).map(drop)
    }

    /// Makes one revision on top of `base`, if anything changes: what is returned is durable.
    ///
    /// # Errors
    /// - [`Error::RegistryConflict`] if `base` is not the newest any more: nothing was changed.
    /// - [`Error::Schema`] if the change is refused (S14), or names what is not there (S20): nothing was changed.
    /// - [`Error::RegistryUnknown`] if it cannot be told whether it was changed.
    /// - [`Error::RegistryDamaged`], [`Error::Storage`]: nothing was changed.
    pub fn commit(&self, base: &Arc<RegistryState>, change: RegistryChange) -> Result<Arc<RegistryState>> {
        let planned = plan_commit(base, &change)?;
        if planned.is_empty() {
            // What it says may be another writer's, who did not come to that yet.
            self.log.make_durable(base)?;
            return Ok(Arc::clone(base));
        }
        let Some(after) = self.log.commit(base, planned, (change.author, change.message))? else {
            let (expected, found) = (base.revision(), self.state()?.revision());
            return Err(Error::RegistryConflict { expected, found });
        };
        let after = if self.log.checkpoint_if_due(&after) { RegistryState::of(after.content().clone()) } else { after };
        let after = Arc::new(after);
        *self.cached() = Some(Arc::clone(&after));
        Ok(after)
    }

    /// Changes the newest state, whatever that is by then: `change` is asked again after each lost race.
    ///
    /// # Errors
    /// Those of `change` and of [`commit`](Self::commit); a conflict only after 30 lost races.
    pub fn update(
        &self,
        mut change: impl FnMut(&RegistryState) -> Result<RegistryChange>,
    ) -> Result<Arc<RegistryState>> {
        let _lock = self.log.lock();
        let mut attempts = 1;
        loop {
            let base = self.state()?;
            match self.commit(&base, change(&base)?) {
                Err(Error::RegistryConflict { .. }) if attempts < MAX_ATTEMPTS => attempts += 1,
                outcome => return outcome,
            }
        }
    }

    /// What applying definitions would do now. It only tells.
    ///
    /// # Errors
    /// As [`state`](Self::state).
    pub fn plan(&self, wanted: &Definitions) -> Result<ApplyPlan> {
        Ok(self.state()?.plan(wanted))
    }

    /// Applies definitions: all of them in one revision, or none. What they do not mention stays.
    ///
    /// # Errors
    /// As [`update`](Self::update); what a version does not allow is refused (S14).
    pub fn apply(&self, wanted: &Definitions) -> Result<Applied> {
        self.apply_change(&RegistryChange::new().with_definitions(wanted.clone()))
    }

    /// Applies the definitions of a change, with all else that it has.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub(crate) fn apply_change(&self, change: &RegistryChange) -> Result<Applied> {
        let mut plan = None;
        let state = self.update(|state| {
            plan = Some(state.plan(&change.definitions));
            Ok(change.clone())
        })?;
        // Without a plan there would be no state.
        Ok(Applied { plan: plan.unwrap_or_else(|| state.plan(&change.definitions)), state })
    }

    /// Registers one group (S14): created, a new version, updated, or unchanged, which makes no revision.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn register_group(&self, group: &FeatureGroupSchema) -> Result<Outcome> {
        let mut outcome = Outcome::Unchanged;
        self.update(|state| {
            let known = state.definitions().groups().iter().filter(|known| known.name() == group.name());
            outcome = check_registration(known, group).into_result()?;
            RegistryChange::new().with_group(group.clone())
        })?;
        Ok(outcome)
    }

    /// Says all that a node comes from, instead of what was said before; see [`RegistryChange::with_lineage`].
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn set_lineage(
        &self,
        node: LineageNode,
        from: impl IntoIterator<Item = LineageNode>,
    ) -> Result<Arc<RegistryState>> {
        let change = RegistryChange::new().with_lineage(node, from);
        self.update(|_| Ok(change.clone()))
    }

    /// The state at `target`, or the newest, from the files alone.
    fn load(&self, target: Option<u64>) -> Result<Arc<RegistryState>> {
        let newest = target.map_or_else(|| self.log.newest(), Ok)?;
        let base = self.log.checkpoint(newest).unwrap_or_default();
        let mut records = Vec::new();
        let mut parent = base.head().map(str::to_owned);
        for revision in base.revision() + 1..=newest {
            let (record, checksum) = self.read_needed(revision)?;
            self.check_parent(&record, parent.as_deref())?;
            parent = Some(checksum.clone());
            records.push((record, checksum));
        }
        let state = Arc::new(self.replay(&base, records)?);
        if target.is_some() {
            return Ok(state);
        }
        // A list may be older than what stands.
        Ok(self.advance(&state)?.map_or(state, Arc::new))
    }

    /// What follows a state; `None` if nothing does.
    fn advance(&self, state: &RegistryState) -> Result<Option<RegistryState>> {
        let mut records = Vec::new();
        let mut parent = state.head().map(str::to_owned);
        let mut next = state.revision() + 1;
        while let Some((record, checksum)) = self.log.read(next)? {
            self.check_parent(&record, parent.as_deref())?;
            parent = Some(checksum.clone());
            records.push((record, checksum));
            next += 1;
        }
        if records.is_empty() { Ok(None) } else { self.replay(state, records).map(Some) }
    }

    fn replay(&self, base: &RegistryState, records: Vec<(super::revision::Record, String)>) -> Result<RegistryState> {
        let last = base.revision() + records.len() as u64;
        base.after(records).map_err(|error| match error {
            Error::Schema(error) => self.log.damaged(last, format!("with it definitions do not fit: {error}")),
            error => error,
        })
    }

    fn read_needed(&self, revision: u64) -> Result<(super::revision::Record, String)> {
        self.log.read(revision)?.ok_or_else(|| self.log.damaged(revision, "it is missing"))
    }

    fn check_parent(&self, record: &super::revision::Record, parent: Option<&str>) -> Result<()> {
        if record.parent.as_deref() == parent {
            return Ok(());
        }
        Err(self.log.damaged(record.revision, "it does not follow the revision before"))
    }

    fn cached(&self) -> MutexGuard<'_, Option<Arc<RegistryState>>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
