//! Sources: tables that derived features read.

use varvite_dataset::Dataset;

use super::FeatureStore;
use crate::{Result, SourceKey};

impl FeatureStore {
    /// The dataset of a source, stored or not.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store) if it is damaged, or no source can have such a name.
    pub fn source(&self, name: &str) -> Result<Dataset> {
        let key = SourceKey::new(name).map_err(varvite_store::Error::from)?;
        Ok(self.inner.sources.dataset(&key)?)
    }
}
