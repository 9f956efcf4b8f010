//! [`Catalog`]: the assets below one root: written, listed, removed. Fetching stands beside it.

mod find;
mod info;
pub(crate) mod key;
mod lake;
mod listing;
pub(crate) mod names;
mod persistent;
mod publish;
mod registry;
mod repartition;
mod write;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use varvite_dataset::Dataset;
use varvite_storage::{LocalStorage, MemoryStorage, Storage, StoragePath};
use varvite_store::Store;
use varvite_time::Instant;

pub use info::{AssetInfo, VersionInfo};
pub use lake::{LakeDates, LakeFormat, LakeWrite};
pub(crate) use lake::{decode_lake, read_lake};
pub use registry::{RegisteredColumn, RegisteredSchema};
pub use repartition::Repartition;
pub use write::{AssetReport, AssetWrite, AssetWriteMode, PartitionReport};

use crate::cache::Cache;
use crate::{Coverage, Error, Result};
use key::{AssetKey, PersistentKey};

/// The folder of feature assets: one ordered dataset for each version and partition.
const FEATURES: &str = "features";
/// The folder of persistent assets.
const PERSISTENT: &str = "persistent";
/// The folder of columns that were registered.
const SCHEMAS: &str = "schemas";

/// The entry of a dataset's metadata that says which stretches of time were written.
const COVERED: &str = "varvite.asset.covered";

/// What time it is.
type Clock = dyn Fn() -> Instant + Send + Sync;

/// Assets below one root.
///
/// Nothing is kept in memory: what other processes write is seen at the next call. Clones are cheap; any number of
/// catalogs, in any number of processes, may use one root. Calls block, except for fetches.
///
/// ```
/// use varvite_asset::Catalog;
/// # let folder = tempfile::tempdir()?;
/// let catalog = Catalog::open(folder.path())?.with_clock(|| varvite_time::Instant::from_ns(0));
/// assert_eq!(catalog.now().to_string(), "1970-01-01T00:00:00Z");
/// assert!(catalog.listing(&[])?.assets.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Catalog {
    inner: Arc<Inner>,
    clock: Arc<Clock>,
    cache: Option<Arc<Cache>>,
}

struct Inner {
    storage: Arc<dyn Storage>,
    root: StoragePath,
    features: Store<AssetKey>,
    persistent: Store<PersistentKey>,
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("location", &self.location()).finish_non_exhaustive()
    }
}

impl Catalog {
    /// Opens the catalog in a local folder, which need not exist yet. Nothing is written.
    ///
    /// # Errors
    /// [`Error::Storage`] if it is no folder; [`Error::Store`] if it holds other keys.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let storage = LocalStorage::open(root).map_err(publish::failed("opening", &StoragePath::root()))?;
        Self::at(Arc::new(storage), StoragePath::root())
    }

    /// Opens the catalog below `root` of any storage. Nothing is written.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn at(storage: Arc<dyn Storage>, root: StoragePath) -> Result<Self> {
        let below = |name: &str| root.join(name).map_err(publish::failed("opening", &root));
        let inner = Inner {
            features: Store::at(Arc::clone(&storage), below(FEATURES)?)?,
            persistent: Store::at(Arc::clone(&storage), below(PERSISTENT)?)?,
            storage,
            root,
        };
        Ok(Self { inner: Arc::new(inner), clock: Arc::new(Instant::now), cache: None })
    }

    /// A catalog in memory, for tests: empty, and gone with its last clone.
    pub fn in_memory() -> Self {
        match Self::at(Arc::new(MemoryStorage::new()), StoragePath::root()) {
            Ok(catalog) => catalog,
            Err(error) => unreachable!("an empty memory holds no other keys: {error}"),
        }
    }

    /// The same catalog with another clock: for tests, and for replaying what happened.
    pub fn with_clock(self, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// The same catalog, which keeps up to so many bytes of decoded rows for later fetches. They are known by what the
    /// files hold: what was written anew is read anew, and what was not is not read again. Clones share them.
    pub fn with_cache(self, bytes: u64) -> Self {
        Self { cache: Some(Arc::new(Cache::new(bytes))), ..self }
    }

    /// What time it is for this catalog.
    pub fn now(&self) -> Instant {
        (self.clock)()
    }

    /// Where the catalog is, for messages.
    pub fn location(&self) -> String {
        let location = self.inner.storage.location();
        format!("{}/{}", location.trim_end_matches('/'), self.inner.root).trim_end_matches('/').to_owned()
    }

    /// The rows of feature assets, as the datasets that they are: for what is done to datasets.
    pub fn features(&self) -> &Store<AssetKey> {
        &self.inner.features
    }

    /// Where the bytes live.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.inner.storage
    }

    pub(crate) fn cache(&self) -> Option<&Arc<Cache>> {
        self.cache.as_ref()
    }

    /// A path below the root.
    fn below(&self, path: &str) -> Result<StoragePath> {
        self.inner.root.join(path).map_err(|_| Error::InvalidName {
            name: path.to_owned(),
            reason: "it is no path below the catalog's root".to_owned(),
        })
    }
}

/// Which stretches of time were written to a dataset of a feature asset.
///
/// # Errors
/// [`Error::Damaged`] if its metadata say nothing that can be read.
pub(crate) fn coverage_of(dataset: &Dataset) -> Result<Coverage> {
    let Some(snapshot) = dataset.snapshot() else { return Ok(Coverage::default()) };
    let Some(text) = snapshot.key_value_metadata.get(COVERED) else { return Ok(Coverage::default()) };
    text.parse().map_err(|error: Error| Error::Damaged {
        file: dataset.path().to_string(),
        reason: format!("its entry `{COVERED}` cannot be read: {error}"),
    })
}
