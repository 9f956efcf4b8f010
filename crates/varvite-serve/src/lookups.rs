//! Prepared look-ups, kept by what they were asked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use varvite_feature::FeatureStore;
use varvite_feature::online::{LookupOptions, OnlineLookup, OnlineStore};

use crate::error::Result;

/// Most look-ups that are kept; then all are dropped, and made again as they are asked for.
const KEPT: usize = 1024;

/// Look-ups by their references. They are made anew when the registry has moved on.
#[derive(Default)]
pub(crate) struct Lookups {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    revision: u64,
    by_references: HashMap<Vec<String>, Arc<OnlineLookup>>,
}

impl Lookups {
    /// The look-up of these references.
    pub(crate) fn get(
        &self,
        store: &FeatureStore,
        online: &OnlineStore,
        references: &[String],
    ) -> Result<Arc<OnlineLookup>> {
        let found = self.known.read().unwrap_or_else(PoisonError::into_inner).by_references.get(references).cloned();
        if let Some(found) = found {
            return Ok(found);
        }
        let revision = store.registry().state()?.revision();
        let made = store.online_lookup(online, references, &BTreeMap::new(), LookupOptions::default())?;
        let made = Arc::new(made);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.by_references.len() >= KEPT {
            known.by_references.clear();
        }
        if known.revision <= revision {
            known.revision = revision;
            known.by_references.insert(references.to_vec(), Arc::clone(&made));
        }
        Ok(made)
    }

    /// Forgets look-ups of an older revision of the registry.
    pub(crate) fn follow(&self, revision: u64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.revision < revision {
            known.revision = revision;
            known.by_references.clear();
        }
    }
}
