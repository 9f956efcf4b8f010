//! The assets that are measured, and works on them that need no frames.

mod model;
mod planning;
mod rows;
mod write;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use varvite_asset::Catalog;
use varvite_storage::{Storage, StoragePath};
use varvite_time::Instant;

pub use model::{DAY_US, HOUR_US, Reading, START_US, Weather};
pub use planning::Plan;
pub use rows::Rows;
pub use write::{WriteAsset, prepare, prepare_many};

use crate::case::Fact;

/// What there is to know of a generated asset beside the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetCase {
    /// The column that is summed up to compare results.
    pub value: String,
    /// Days from [`START_US`] on, each a batch of the rows.
    pub partitions: u64,
    /// What a work must come to, by its name.
    pub facts: BTreeMap<String, Fact>,
}

impl AssetCase {
    /// Reads it from the folder of a case.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("case.json");
        let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))
    }

    /// Writes it into the folder of a case.
    pub fn write(&self, folder: &Path) -> Result<()> {
        Ok(std::fs::write(folder.join("case.json"), serde_json::to_vec_pretty(self)?)?)
    }
}

/// The catalog in a storage, opened anew.
pub fn catalog(storage: &Arc<impl Storage + 'static>) -> Result<Catalog> {
    Ok(Catalog::at(Arc::clone(storage) as _, StoragePath::root())?)
}

/// A moment after all rows.
pub fn now() -> Instant {
    const TWENTY_YEARS: i64 = 20 * 365 * DAY_US;
    Instant::from_ns(i128::from(START_US + TWENTY_YEARS) * 1000)
}
