//! [`Store`]: a sorted map from keys to datasets.

use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeBounds;
use std::path::Path;
use std::sync::Arc;

use varvite_dataset::Dataset;
use varvite_key::{Key, KeySchema};
use varvite_storage::{LocalStorage, Storage, StoragePath};

use crate::catalog;
use crate::key_types::{self, failed};
use crate::{Error, IntersectionOptions, Intersections, KeyFilter, Result};

/// The datasets of one key type below one root: a sorted map that lives in folders.
///
/// Nothing is kept in memory: what other processes write is seen at the next call. Clones are cheap.
///
/// ```
/// use varvite_key::toplevel;
/// use varvite_store::Store;
///
/// #[toplevel]
/// struct Bars {
///     symbol: String,
/// }
///
/// # let folder = tempfile::tempdir()?;
/// let store = Store::<Bars>::open(folder.path())?;
/// assert!(store.is_empty()? && store.get(&Bars::new("AAPL")?)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Store<K> {
    storage: Arc<dyn Storage>,
    root: StoragePath,
    schema: Arc<KeySchema>,
    keys: PhantomData<fn() -> K>,
}

impl<K: Key> Store<K> {
    /// Opens the store below a local folder, which need not exist yet. Nothing is written.
    ///
    /// # Errors
    /// [`Error::KeyTypeMismatch`] if the folder holds keys of the same type name with other paths; [`Error::Storage`]
    /// if it is no folder.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let storage = LocalStorage::open(root).map_err(failed("opening", &StoragePath::root()))?;
        Self::at(Arc::new(storage), StoragePath::root())
    }

    /// Opens the store below `root` of any storage. Nothing is written.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn at(storage: Arc<dyn Storage>, root: StoragePath) -> Result<Self> {
        let schema = K::schema();
        key_types::check(&key_types::read_all(&*storage, &root)?, &schema)?;
        Ok(Self { storage, root, schema: Arc::new(schema), keys: PhantomData })
    }

    /// Where the store is, for messages.
    pub fn location(&self) -> String {
        let location = self.storage.location();
        format!("{}/{}", location.trim_end_matches('/'), self.root).trim_end_matches('/').to_owned()
    }

    /// The dataset of `key`, stored or not: a new one appears with its first write.
    ///
    /// The first call for a key that has no dataset notes the key type below the root.
    ///
    /// # Errors
    /// [`Error::Key`] for a key that is not valid; [`Error::Dataset`] if the dataset is damaged or belongs to another key.
    pub fn dataset(&self, key: &K) -> Result<Dataset> {
        let dataset = self.handle(key)?;
        if !dataset.exists() {
            key_types::register(&*self.storage, &self.root, &self.schema)?;
        }
        Ok(dataset)
    }

    /// The dataset of `key`; `None` if there is none.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn get(&self, key: &K) -> Result<Option<Dataset>> {
        let dataset = self.handle(key)?;
        Ok(dataset.exists().then_some(dataset))
    }

    /// Whether there is a dataset of `key`.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset), but a dataset of another key is none.
    pub fn contains_key(&self, key: &K) -> Result<bool> {
        match self.get(key) {
            Err(Error::Dataset { source: varvite_dataset::Error::KeyMismatch { .. }, .. }) => Ok(false),
            found => Ok(found?.is_some()),
        }
    }

    /// Every key that has a dataset, in order.
    ///
    /// Only folders are looked at, so that a hundred thousand keys take less than a second. A first write that was killed
    /// leaves a folder that is listed, too: [`get`](Self::get) tells.
    ///
    /// # Errors
    /// [`Error::Storage`] if a folder cannot be listed.
    pub fn keys(&self) -> Result<Vec<K>> {
        self.keys_below(|_, _| true)
    }

    /// The keys in folders that are `wanted`, in order.
    fn keys_below(&self, wanted: impl Fn(usize, &str) -> bool + Sync) -> Result<Vec<K>> {
        let paths = catalog::paths_at_depth(&*self.storage, &self.root, K::DEPTH, wanted)?;
        let mut keys: Vec<K> = paths.iter().filter_map(|path| K::from_path_with(&self.schema, path).ok()).collect();
        if self.others_share_paths()? {
            let mut ours = Vec::with_capacity(keys.len());
            for key in keys {
                if self.is_ours(&key)? {
                    ours.push(key);
                }
            }
            keys = ours;
        }
        keys.sort();
        Ok(keys)
    }

    /// The keys in `bounds`, in order.
    ///
    /// # Errors
    /// As [`keys`](Self::keys).
    pub fn range(&self, bounds: impl RangeBounds<K>) -> Result<Vec<K>> {
        self.filter(|key| bounds.contains(key))
    }

    /// The keys that `wanted` says yes to, in order: `store.filter(|key| key.symbol() == "AAPL")`.
    ///
    /// # Errors
    /// As [`keys`](Self::keys).
    pub fn filter(&self, wanted: impl Fn(&K) -> bool) -> Result<Vec<K>> {
        Ok(self.keys()?.into_iter().filter(wanted).collect())
    }

    /// The keys that a filter by names wants, in order.
    ///
    /// Folders of a level that the filter speaks of are looked into only if it wants them.
    ///
    /// # Errors
    /// [`Error::UnknownField`] for a field that keys do not have; else as [`keys`](Self::keys).
    pub fn select(&self, filter: &KeyFilter) -> Result<Vec<K>> {
        filter.check(&self.schema)?;
        let wanted =
            |level, name: &str| self.schema.fields_of_level(level, name).is_ok_and(|fields| filter.admits(&fields));
        let keys = self.keys_below(wanted)?;
        Ok(keys.into_iter().filter(|key| filter.matches(&key.fields())).collect())
    }

    /// Every key with its dataset, in order of keys. Datasets are opened one by one, as they are asked for.
    pub fn iter(&self) -> Entries<K> {
        let (keys, error) = match self.keys() {
            Ok(keys) => (keys, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        Entries { store: self.clone(), error, keys: keys.into_iter() }
    }

    /// Number of keys that have a dataset.
    ///
    /// # Errors
    /// As [`keys`](Self::keys).
    pub fn len(&self) -> Result<usize> {
        Ok(self.keys()?.len())
    }

    /// Whether there is no dataset.
    ///
    /// # Errors
    /// As [`keys`](Self::keys).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.keys()?.is_empty())
    }

    /// Removes the dataset of `key`, and the folders above it that are empty then.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none.
    pub fn remove(&self, key: &K) -> Result<()> {
        let dataset = self.get(key)?.ok_or_else(|| Error::NotFound { key: key.to_path() })?;
        dataset.remove().map_err(Error::dataset(key.to_path()))?;
        let mut folder = self.path(key)?.parent();
        while let Some(path) = folder.filter(|path| *path != self.root) {
            if !self.storage.delete_folder(&path).map_err(failed("tidying", &path))? {
                break;
            }
            folder = path.parent();
        }
        Ok(())
    }

    /// Walks over the datasets of `keys` in lock step: every chunk holds the rows of each of them in one range of the
    /// ordered column.
    ///
    /// # Errors
    /// Bad options are refused before anything is read: see [`Intersections::over`].
    pub fn iter_intersections(
        &self,
        keys: impl IntoIterator<Item = K>,
        options: &IntersectionOptions<K>,
    ) -> Result<Intersections<K>> {
        let found = |key: K| match self.get(&key)? {
            Some(dataset) => Ok((key, dataset)),
            None => Err(Error::NotFound { key: key.to_path() }),
        };
        Intersections::over(keys.into_iter().map(found).collect::<Result<Vec<_>>>()?, options)
    }

    pub(crate) fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    pub(crate) fn root(&self) -> &StoragePath {
        &self.root
    }

    pub(crate) fn schema(&self) -> &KeySchema {
        &self.schema
    }

    fn handle(&self, key: &K) -> Result<Dataset> {
        let recorded = format!("{}:{}", K::NAME, key.to_path());
        Dataset::at(Arc::clone(&self.storage), self.path(key)?, Some(recorded)).map_err(Error::dataset(key.to_path()))
    }

    fn path(&self, key: &K) -> Result<StoragePath> {
        key.check()?;
        self.root.join(&key.to_path()).map_err(failed("naming a dataset of", &self.root))
    }

    /// Whether a key of another type may have one of our paths: then each dataset is asked whose it is.
    fn others_share_paths(&self) -> Result<bool> {
        let known = key_types::read_all(&*self.storage, &self.root)?;
        let shares = |other: &KeySchema| {
            other.name != self.schema.name && other.depth() == K::DEPTH && other.may_share_paths(&self.schema)
        };
        Ok(known.iter().any(shares))
    }

    fn is_ours(&self, key: &K) -> Result<bool> {
        match self.handle(key) {
            Err(Error::Dataset { source: varvite_dataset::Error::KeyMismatch { .. }, .. }) => Ok(false),
            // A damaged dataset is listed: it is found out when it is opened.
            Ok(_) | Err(Error::Dataset { .. }) => Ok(true),
            Err(other) => Err(other),
        }
    }
}

impl<K> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self {
            storage: Arc::clone(&self.storage),
            root: self.root.clone(),
            schema: Arc::clone(&self.schema),
            keys: PhantomData,
        }
    }
}

impl<K> fmt::Debug for Store<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("root", &self.root).field("keys", &self.schema.name).finish_non_exhaustive()
    }
}

/// Every key of a store with its dataset, in order of keys.
#[derive(Debug)]
pub struct Entries<K> {
    store: Store<K>,
    error: Option<Error>,
    keys: std::vec::IntoIter<K>,
}

impl<K: Key> Iterator for Entries<K> {
    type Item = Result<(K, Dataset)>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.error.take() {
            return Some(Err(error));
        }
        loop {
            let key = self.keys.next()?;
            match self.store.get(&key) {
                Ok(Some(dataset)) => return Some(Ok((key, dataset))),
                Ok(None) => {} // removed since the keys were listed
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<K: Key> IntoIterator for &Store<K> {
    type Item = Result<(K, Dataset)>;
    type IntoIter = Entries<K>;

    fn into_iter(self) -> Entries<K> {
        self.iter()
    }
}
