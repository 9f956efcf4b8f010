//! [`FeatureStore`]: a registry and the histories that it describes, below one root.

mod derived;
mod needs;
#[cfg(feature = "online")]
mod online;
mod read;
mod source;
mod virtual_group;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use varvite_schema::{Definitions, FeatureGroupSchema, Outcome};
use varvite_storage::{LocalStorage, Storage, StoragePath};
use varvite_store::Store;
use varvite_time::Instant;

use crate::{Applied, Error, GroupHistory, GroupKey, Registry, RegistryState, Result, SourceKey, VirtualReader};

/// The folder of groups' histories.
const GROUPS: &str = "groups";
/// The folder of sources.
const SOURCES: &str = "sources";
/// The folder of copies of virtual groups.
const COPIES: &str = "copies";

/// What time it is.
type Clock = Box<dyn Fn() -> Instant + Send + Sync>;

/// Features below one folder: what they are, their histories, and reads of them.
///
/// `registry/` holds the definitions, `groups/` one ordered dataset for each group and version, `sources/` the tables
/// that derived features read. Clones are cheap; any number of stores, in any number of processes, may use one folder.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
/// use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, WriteMode};
/// use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
///
/// # let folder = tempfile::tempdir()?;
/// let store = FeatureStore::open(folder.path())?;
/// let users = FeatureGroupSchema::builder("users")
///     .entity_key("user_id", DataType::BigInt)
///     .event_time("event_timestamp")
///     .ttl("7d")
///     .feature(FeatureSchema::builder("score", DataType::Double).min(0));
/// store.register(&users.build()?)?;
///
/// let ids = |ids: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(ids)) };
/// let times = |times: Vec<i64>| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")) };
/// let rows = RecordBatch::try_from_iter([
///     ("user_id", ids(vec![1, 1])),
///     ("event_timestamp", times(vec![10, 30])),
///     ("score", Arc::new(Float64Array::from(vec![0.5, 0.75])) as ArrayRef),
/// ])?;
/// let report = store.write("users", &[rows], WriteMode::Append)?;
/// assert_eq!(report.written, 2);
///
/// let labels = RecordBatch::try_from_iter([("user_id", ids(vec![1, 1, 2])), ("at", times(vec![20, 30, 30]))])?;
/// let training = store.get_historical_features(
///     &EntityRows::at_times(labels, "at")?,
///     ["users.score"],
///     &HistoricalOptions::default(),
/// )?;
/// assert_eq!(training.report().found, [("score".to_owned(), 2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct FeatureStore {
    pub(crate) inner: Arc<Inner>,
    /// What computes virtual groups, if anything does.
    virtual_reader: Option<Arc<dyn VirtualReader>>,
}

pub(crate) struct Inner {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) root: StoragePath,
    pub(crate) registry: Registry,
    groups: Store<GroupKey>,
    sources: Store<SourceKey>,
    copies: Store<GroupKey>,
    /// The local folder, where there is one.
    #[cfg_attr(not(feature = "online"), allow(dead_code, reason = "online values are files"))]
    local: Option<PathBuf>,
    clock: Clock,
}

impl fmt::Debug for FeatureStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeatureStore").field("location", &self.location()).finish_non_exhaustive()
    }
}

impl FeatureStore {
    /// Opens the store in a local folder, which need not exist yet. Nothing is written.
    ///
    /// # Errors
    /// [`Error::Storage`] if it is no folder; [`Error::RegistryDamaged`].
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        let storage = LocalStorage::open(root).map_err(|source| Error::Storage {
            operation: "opening the feature store",
            path: StoragePath::root(),
            source,
        })?;
        Self::made(Arc::new(storage), StoragePath::root(), Some(root.to_owned()), Box::new(Instant::now))
    }

    /// Opens the store below `root` of any storage. Nothing is written.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn at(storage: Arc<dyn Storage>, root: StoragePath) -> Result<Self> {
        Self::made(storage, root, None, Box::new(Instant::now))
    }

    fn made(storage: Arc<dyn Storage>, root: StoragePath, local: Option<PathBuf>, clock: Clock) -> Result<Self> {
        let below = |name: &str| {
            root.join(name).map_err(|source| Error::Storage {
                operation: "opening the feature store",
                path: root.clone(),
                source,
            })
        };
        let inner = Inner {
            registry: Registry::at(Arc::clone(&storage), &root)?,
            groups: Store::at(Arc::clone(&storage), below(GROUPS)?)?,
            sources: Store::at(Arc::clone(&storage), below(SOURCES)?)?,
            copies: Store::at(Arc::clone(&storage), below(COPIES)?)?,
            local,
            clock,
            storage,
            root,
        };
        Ok(Self { inner: Arc::new(inner), virtual_reader: None })
    }

    /// The same store with another clock: for tests, and for replaying what happened.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn with_clock(&self, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Result<Self> {
        let Inner { storage, root, local, .. } = &*self.inner;
        let made = Self::made(Arc::clone(storage), root.clone(), local.clone(), Box::new(clock))?;
        Ok(Self { virtual_reader: self.virtual_reader.clone(), ..made })
    }

    /// What time it is for this store.
    pub fn now(&self) -> Instant {
        (self.inner.clock)()
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// The histories of groups, by name and version.
    pub fn histories(&self) -> &Store<GroupKey> {
        &self.inner.groups
    }

    /// Copies of virtual groups as of some times, by name and version: a query engine makes and reads them.
    pub fn copies(&self) -> &Store<GroupKey> {
        &self.inner.copies
    }

    /// Where the store is, for messages.
    pub fn location(&self) -> String {
        let location = self.inner.storage.location();
        format!("{}/{}", location.trim_end_matches('/'), self.inner.root).trim_end_matches('/').to_owned()
    }

    /// Registers a group, or a change of one (S14).
    ///
    /// # Errors
    /// [`Error::Schema`] for a change that needs a new version.
    pub fn register(&self, group: &FeatureGroupSchema) -> Result<Outcome> {
        self.inner.registry.register_group(group)
    }

    /// Registers everything in `wanted` that is new or changed, all of it or nothing.
    ///
    /// # Errors
    /// As [`register`](Self::register); [`Error::InvalidExpression`], [`Error::InvalidDefinition`] and
    /// [`Error::QueryInvalid`] for what is derived and cannot be computed; [`Error::NoQueryEngine`] for a virtual group that
    /// is new, if there is no engine.
    pub fn apply(&self, wanted: &Definitions) -> Result<Applied> {
        let state = self.inner.registry.state()?;
        let change = self.plan_change(&state, wanted)?;
        self.inner.registry.apply_change(&change)
    }

    /// Whether `wanted` can be applied to a state: versions allow it, and what is derived can be computed.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn check(state: &RegistryState, wanted: &Definitions) -> Result<()> {
        state.plan(wanted).check()?;
        derived::check(&state.definitions().clone().merged([wanted.clone()])?, wanted)
    }

    /// The history of a group: `users`, which is its newest version, or `users@v1`.
    ///
    /// # Errors
    /// [`Error::Schema`] for a group or a version that is not registered; [`Error::Store`] if it is damaged.
    pub fn group(&self, name: &str) -> Result<GroupHistory> {
        let state = self.inner.registry.state()?;
        let (name, version) = parse_group(name)?;
        let group = state.definitions().group(name, version)?.clone();
        self.history_of(&group)
    }

    /// The history of a group whose definition is known.
    ///
    /// # Errors
    /// [`Error::Store`] if it is damaged.
    pub fn history_of(&self, group: &FeatureGroupSchema) -> Result<GroupHistory> {
        let key = GroupKey::new(group.name(), group.version()).map_err(varvite_store::Error::from)?;
        let dataset = self.inner.groups.get(&key)?.map_or_else(|| self.inner.groups.dataset(&key), Ok)?;
        Ok(GroupHistory::new(group.clone(), dataset))
    }

    /// Removes the rows of a version of a group. Its definition stays.
    ///
    /// # Errors
    /// [`Error::Store`] if it has none.
    pub fn remove_rows(&self, name: &str) -> Result<()> {
        let history = self.writable(name)?;
        self.forget_statistics(&history)?;
        let key = GroupKey::new(history.group.name(), history.group.version()).map_err(varvite_store::Error::from)?;
        Ok(self.inner.groups.remove(&key)?)
    }
}

/// `users` or `users@v2`.
fn parse_group(text: &str) -> Result<(&str, Option<u32>)> {
    let Some((name, version)) = text.split_once('@') else { return Ok((text, None)) };
    match version.strip_prefix('v').and_then(|number| number.parse().ok()) {
        Some(version) => Ok((name, Some(version))),
        None => Err(varvite_schema::Error::InvalidReference {
            text: text.to_owned(),
            reason: format!("`@{version}` is no version: write it like `@v2`"),
        }
        .into()),
    }
}
