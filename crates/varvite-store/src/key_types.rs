//! The key types that a root knows, one small JSON file each: `.varvite/keys/<name>.json`.
//!
//! They tell tools without the Rust types how paths are spelled, and stores of different types apart.

use varvite_key::KeySchema;
use varvite_storage::{EntryKind, Storage, StoragePath};

use crate::{Error, Result};

/// The folder below a root that belongs to the store itself.
pub(crate) const OWN_FOLDER: &str = ".varvite";

/// The longest note that is read.
const MAX_NOTE: u64 = 1 << 20;

/// Reads every key type that the root knows, by name.
pub(crate) fn read_all(storage: &dyn Storage, root: &StoragePath) -> Result<Vec<KeySchema>> {
    let folder = folder(root)?;
    let entries = storage.list(&folder).map_err(failed("reading the key types of", &folder))?;
    entries
        .into_iter()
        .filter(|entry| entry.kind == EntryKind::File && is_note(&entry.name))
        .map(|entry| {
            let path = folder.join(&entry.name).map_err(failed("reading", &folder))?;
            if entry.len > MAX_NOTE {
                return Err(Error::Corrupt { path, reason: format!("it is longer than {MAX_NOTE} bytes") });
            }
            read(storage, path)
        })
        .collect()
}

fn is_note(name: &str) -> bool {
    !name.starts_with('.') && name.strip_suffix(".json").is_some_and(|stem| !stem.is_empty())
}

fn read(storage: &dyn Storage, path: StoragePath) -> Result<KeySchema> {
    let bytes = storage.get(&path).map_err(failed("reading", &path))?;
    let schema: KeySchema = serde_json::from_slice(&bytes)
        .map_err(|error| Error::Corrupt { path: path.clone(), reason: error.to_string() })?;
    if schema.levels.is_empty()
        || schema.fields_sep.is_empty()
        || schema.levels.iter().any(|level| level.fields.is_empty())
    {
        return Err(Error::Corrupt { path, reason: "a key type has levels, and a level has fields".to_owned() });
    }
    Ok(schema)
}

/// Refuses a type whose name stands for other paths below this root.
pub(crate) fn check(known: &[KeySchema], schema: &KeySchema) -> Result<()> {
    match known.iter().find(|stored| stored.name == schema.name && !stored.same_paths(schema)) {
        Some(stored) => Err(Error::KeyTypeMismatch { stored: stored.to_string(), given: schema.to_string() }),
        None => Ok(()),
    }
}

/// Notes the key type below the root, if it is not noted yet.
pub(crate) fn register(storage: &dyn Storage, root: &StoragePath, schema: &KeySchema) -> Result<()> {
    let known = read_all(storage, root)?;
    check(&known, schema)?;
    if known.iter().any(|stored| stored.name == schema.name) {
        return Ok(());
    }
    let folder = folder(root)?;
    let path = folder.join(&format!("{}.json", schema.name)).map_err(failed("naming", &folder))?;
    let failed = |source| Error::Storage { operation: "preparing", path: path.clone(), source };
    let text = serde_json::to_vec_pretty(schema)
        .map_err(|error| Error::Corrupt { path: path.clone(), reason: error.to_string() })?;
    storage.create_folder(&folder).map_err(failed)?;
    let staged = storage.stage(&path, text.into()).map_err(failed)?;
    storage.sync_staged(&staged).map_err(failed)?;
    // Whoever noted it first meant the same paths, or the next open says so.
    let _ = storage.publish(&staged).map_err(failed)?;
    storage.sync(&folder).map_err(failed)
}

fn folder(root: &StoragePath) -> Result<StoragePath> {
    let own = root.join(OWN_FOLDER).map_err(failed("naming", root))?;
    own.join("keys").map_err(failed("naming", root))
}

pub(crate) fn failed(operation: &'static str, path: &StoragePath) -> impl FnOnce(varvite_storage::Error) -> Error {
    let path = path.clone();
    move |source| Error::Storage { operation, path, source }
}
