//! Files that are published once, whole, and never changed.

use bytes::Bytes;
use varvite_storage::{Published, Storage, StoragePath};

use crate::{Error, Result};

/// Shows `bytes` at `path` if nothing stands there, durably.
pub(super) fn publish_new(storage: &dyn Storage, path: &StoragePath, bytes: &Bytes) -> Result<Published> {
    let folder = path.parent().unwrap_or_default();
    storage.create_folder(&folder).map_err(failed("creating", &folder))?;
    let staged = storage.stage(path, bytes.clone()).map_err(failed("writing", path))?;
    storage.sync_staged(&staged).map_err(failed("making durable", path))?;
    let published = match storage.publish(&staged) {
        // Whether it stands is unknown: what is there tells.
        Err(source) => match storage.get(path) {
            Ok(stored) if stored == *bytes => Published::Created,
            _ => return Err(failed("publishing", path)(source)),
        },
        Ok(published) => published,
    };
    storage.sync(&folder).map_err(failed("making durable", &folder))?;
    Ok(published)
}

/// The error of an operation on a path.
pub(super) fn failed<'a>(
    operation: &'static str,
    path: &'a StoragePath,
) -> impl FnOnce(varvite_storage::Error) -> Error + 'a {
    move |source| Error::Storage { operation, path: path.clone(), source }
}
