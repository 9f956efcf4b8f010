//! [`Catalog`]: what stands below a root, without the Rust types of its keys.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;
use varvite_dataset::Dataset;
use varvite_key::{FieldKind, KeySchema};
use varvite_storage::{Entry, EntryKind, LocalStorage, Storage, StoragePath};

use crate::key_types::{self, OWN_FOLDER, failed};
use crate::{Error, Result};

/// The suffix of a dataset's metadata folder: what a dataset is recognised by.
pub(crate) const METADATA: &str = "_opdmd";

/// How many folders deep datasets are looked for. Keys with more levels than this would not fit a path anyway.
const MAX_DEPTH: usize = 16;

/// The datasets below a root, whatever their keys: for tools that do not have the Rust types.
#[derive(Debug, Clone)]
pub struct Catalog {
    storage: Arc<dyn Storage>,
    root: StoragePath,
}

/// One dataset below a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CatalogEntry {
    /// Its path below the root.
    pub path: String,
    /// The key type that gives such paths; `None` if the root knows none.
    pub key_type: Option<String>,
    /// The key's fields with their values' text; empty without a key type.
    pub fields: Vec<(String, String)>,
}

impl Catalog {
    /// Looks below a local folder.
    ///
    /// # Errors
    /// [`Error::Storage`] if it is no folder.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let storage = LocalStorage::open(root).map_err(failed("opening", &StoragePath::root()))?;
        Ok(Self::at(Arc::new(storage), StoragePath::root()))
    }

    /// Looks below `root` of any storage.
    pub fn at(storage: Arc<dyn Storage>, root: StoragePath) -> Self {
        Self { storage, root }
    }

    /// The key types that stores have noted below the root.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a note cannot be read.
    pub fn key_types(&self) -> Result<Vec<KeySchema>> {
        key_types::read_all(&*self.storage, &self.root)
    }

    /// Every dataset, in order of paths.
    ///
    /// # Errors
    /// [`Error::Storage`] if a folder cannot be listed.
    pub fn entries(&self) -> Result<Vec<CatalogEntry>> {
        let types = self.key_types()?;
        let mut paths = Vec::new();
        self.walk("", 0, &mut paths)?;
        paths.sort();
        Ok(paths.into_iter().map(|path| describe(path, &types)).collect())
    }

    /// The datasets of one key type, in the order of keys.
    ///
    /// # Errors
    /// [`Error::Storage`] if a folder cannot be listed.
    pub fn entries_of(&self, schema: &KeySchema) -> Result<Vec<CatalogEntry>> {
        let types = std::slice::from_ref(schema);
        let paths = paths_at_depth(&*self.storage, &self.root, schema.depth(), |_, _| true)?;
        let entries = paths.into_iter().map(|path| describe(path, types));
        let mut entries: Vec<CatalogEntry> = entries.filter(|entry| entry.key_type.is_some()).collect();
        let kinds: Vec<FieldKind> =
            schema.levels.iter().flat_map(|level| &level.fields).map(|field| field.kind).collect();
        entries.sort_by(|a, b| {
            let values = a.fields.iter().zip(&b.fields).zip(&kinds).map(|((a, b), kind)| kind.compare(&a.1, &b.1));
            values.fold(Ordering::Equal, Ordering::then)
        });
        Ok(entries)
    }

    /// The dataset at a path that [`entries`](Self::entries) gave.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none.
    pub fn dataset(&self, path: &str) -> Result<Dataset> {
        let full = self.root.join(path).map_err(failed("naming", &self.root))?;
        let dataset = Dataset::at(Arc::clone(&self.storage), full, None).map_err(Error::dataset(path))?;
        if dataset.exists() { Ok(dataset) } else { Err(Error::NotFound { key: path.to_owned() }) }
    }

    fn walk(&self, folder: &str, depth: usize, paths: &mut Vec<String>) -> Result<()> {
        let here = if folder.is_empty() { Ok(self.root.clone()) } else { self.root.join(folder) };
        let here = here.map_err(failed("naming", &self.root))?;
        for name in folders(&*self.storage, &here)? {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if dataset_of(&name).is_some() {
                paths.extend(dataset_of(&path).map(str::to_owned));
            } else if name != OWN_FOLDER && depth < MAX_DEPTH {
                self.walk(&path, depth + 1, paths)?;
            }
        }
        Ok(())
    }
}

/// The dataset whose metadata a folder holds; `None` if it holds none. The suffix alone names no dataset.
pub(crate) fn dataset_of(folder: &str) -> Option<&str> {
    folder.strip_suffix(METADATA).filter(|dataset| !dataset.is_empty())
}

fn describe(path: String, types: &[KeySchema]) -> CatalogEntry {
    let found = types.iter().find_map(|schema| Some((schema, schema.fields_of(&path).ok()?)));
    let (key_type, fields) = match found {
        Some((schema, fields)) => {
            let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            (Some(schema.name.clone()), fields)
        }
        None => (None, Vec::new()),
    };
    CatalogEntry { path, key_type, fields }
}

/// The names of the folders in a folder.
pub(crate) fn folders(storage: &dyn Storage, folder: &StoragePath) -> Result<Vec<String>> {
    let entries: Vec<Entry> = storage.list(folder).map_err(failed("listing", folder))?;
    Ok(entries.into_iter().filter(|entry| entry.kind == EntryKind::Folder).map(|entry| entry.name).collect())
}

/// The paths, relative to the root, of the datasets exactly `depth` levels deep. Folders that `wanted` does not want,
/// asked with their level and name, are not looked into.
pub(crate) fn paths_at_depth(
    storage: &dyn Storage,
    root: &StoragePath,
    depth: usize,
    wanted: impl Fn(usize, &str) -> bool + Sync,
) -> Result<Vec<String>> {
    let mut parents = vec![String::new()];
    for level in 0..depth {
        let of_last = level + 1 == depth;
        let children = |parent: &String| -> Result<Vec<String>> {
            let names = folders(storage, &below(root, parent)?)?;
            let key_name = |name: String| match dataset_of(&name) {
                // A folder of metadata holds no keys, and the store's own folder neither.
                Some(dataset) => of_last.then(|| dataset.to_owned()),
                None => (!of_last && name != OWN_FOLDER).then_some(name),
            };
            let names = names.into_iter().filter_map(key_name).filter(|name| wanted(level, name));
            Ok(names.map(|name| if of_last { format!("{parent}{name}") } else { format!("{parent}{name}/") }).collect())
        };
        parents = parents.par_iter().map(children).collect::<Result<Vec<_>>>()?.concat();
    }
    Ok(parents)
}

/// `root` with `path`, which is empty or ends in `/`, below it.
fn below(root: &StoragePath, path: &str) -> Result<StoragePath> {
    match path.strip_suffix('/') {
        None => Ok(root.clone()),
        Some(path) => root.join(path).map_err(failed("naming", root)),
    }
}
