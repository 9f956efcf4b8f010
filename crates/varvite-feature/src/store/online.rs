//! Online values by reference.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use varvite_schema::{FeatureGroupSchema, FeatureSchema};
use varvite_storage::StoragePath;

use super::FeatureStore;
use crate::online::{LookupOptions, MaterializeOptions, MaterializeReport, OnlineColumn, OnlineLookup, OnlineStore};
use crate::{Error, Result};

/// The folder of online values.
const FOLDER: &str = "online";
/// Their file.
const FILE: &str = "values.redb";

impl FeatureStore {
    /// Opens the online values of this store: `online/values.redb` in its folder. Only one process may have them open.
    ///
    /// # Errors
    /// [`Error::NotMaterializable`] for a store that is in no local folder; [`Error::OnlineInUse`].
    pub fn online(&self) -> Result<OnlineStore> {
        let path = self.online_path()?;
        let folder = StoragePath::root().join(FOLDER).map_err(|source| self.no_folder(source))?;
        self.inner.storage.create_folder(&folder).map_err(|source| self.no_folder(source))?;
        OnlineStore::open(path)
    }

    /// Opens the online values to look things up, beside others that do so; `None` if nothing was materialized yet.
    ///
    /// # Errors
    /// [`Error::NotMaterializable`] for a store that is in no local folder; [`Error::OnlineInUse`] if a process has them
    /// open to write.
    pub fn online_read_only(&self) -> Result<Option<OnlineStore>> {
        let path = self.online_path()?;
        if path.is_file() { OnlineStore::open_read_only(path).map(Some) } else { Ok(None) }
    }

    fn online_path(&self) -> Result<PathBuf> {
        let Some(local) = &self.inner.local else {
            let reason = "online values are kept in a local file, and this store is in no local folder".to_owned();
            return Err(Error::NotMaterializable { group: self.location(), reason });
        };
        Ok(local.join(FOLDER).join(FILE))
    }

    fn no_folder(&self, source: varvite_storage::Error) -> Error {
        Error::Storage { operation: "opening the online values", path: self.inner.root.clone(), source }
    }

    /// Brings the newest rows of a group into the online values (S16).
    ///
    /// # Errors
    /// As [`OnlineStore::materialize`].
    pub fn materialize(
        &self,
        online: &OnlineStore,
        group: &str,
        options: &MaterializeOptions,
    ) -> Result<MaterializeReport> {
        let history = self.group(group)?;
        online.materialize(history.group(), history.dataset(), options)
    }

    /// Prepares a look-up of online values. References are those of
    /// [`get_historical_features`](Self::get_historical_features), as far as they name stored groups; `key_map` says by
    /// group or alias which entity column holds each key.
    ///
    /// # Errors
    /// [`Error::Schema`] for unknown references; as [`OnlineLookup::prepare`].
    pub fn online_lookup<R: AsRef<str>>(
        &self,
        online: &OnlineStore,
        references: impl IntoIterator<Item = R>,
        key_map: &BTreeMap<String, BTreeMap<String, String>>,
        options: LookupOptions,
    ) -> Result<OnlineLookup> {
        let state = self.inner.registry.state()?;
        let mut columns = Vec::new();
        let mut groups: BTreeMap<String, Arc<FeatureGroupSchema>> = BTreeMap::new();
        for reference in super::read::parse(&state, references)? {
            let resolved = state.definitions().resolve(&reference)?;
            let group = groups.entry(resolved.group.id()).or_insert_with(|| Arc::new(resolved.group.clone()));
            for name in resolved.features.into_iter().map(FeatureSchema::name) {
                let mut column = OnlineColumn::new(group, name);
                if let Some(alias) = reference.alias() {
                    column = column.with_alias(alias);
                }
                if let Some(keys) = key_map.get(reference.prefix()) {
                    column = column.with_keys(keys.clone());
                }
                columns.push(column);
            }
        }
        OnlineLookup::prepare(online, &columns, options)
    }
}
