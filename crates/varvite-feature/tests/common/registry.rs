//! Registries and what is put into them.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses what it needs; tests")]

use std::sync::Arc;

use varvite_feature::Registry;
use varvite_schema::{Definitions, FeatureGroupBuilder, FeatureGroupSchema, FeatureSchema};
use varvite_storage::{Storage, StoragePath};

pub(crate) fn registry(storage: &(impl Storage + Clone + 'static)) -> Registry {
    Registry::at(Arc::new(storage.clone()), &StoragePath::try_new("store").unwrap()).unwrap()
}

pub(crate) fn group(name: &str) -> FeatureGroupBuilder {
    let group = FeatureGroupSchema::builder(name).entity_key("k", "bigint").event_time("at");
    group.feature(FeatureSchema::builder("v", "int"))
}

pub(crate) fn groups<'a>(names: impl IntoIterator<Item = &'a str>) -> Definitions {
    let groups = names.into_iter().map(|name| group(name).build().unwrap()).collect();
    Definitions::try_new(groups, vec![]).unwrap()
}

pub(crate) fn revision_path(revision: u64) -> StoragePath {
    StoragePath::try_new(format!("store/registry/revisions/{revision:020}.json")).unwrap()
}

pub(crate) fn checkpoint_path(revision: u64) -> StoragePath {
    StoragePath::try_new(format!("store/registry/checkpoints/{revision:020}.json")).unwrap()
}

/// The names of groups, in order of their making.
pub(crate) fn names(registry: &Registry) -> Vec<String> {
    let state = registry.state().unwrap();
    state.definitions().groups().iter().map(|group| group.name().to_owned()).collect()
}

/// Puts other bytes in the place of a file.
pub(crate) fn replace(storage: &dyn Storage, path: &StoragePath, bytes: impl Into<Vec<u8>>) {
    storage.delete(path).unwrap();
    let staged = storage.stage(path, bytes.into().into()).unwrap();
    let _ = storage.publish(&staged).unwrap();
}
