//! [`Listing`]: what stands in a catalog, as a fetch was planned with: metadata alone, and handles to read it by.

use std::collections::BTreeMap;
use std::fmt;

use varvite_dataset::Dataset;
use varvite_storage::StoragePath;
use varvite_time::Instant;

use crate::{AssetKind, Coverage};

/// What stands in a catalog of the assets that a fetch wants.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// By kind (with the resolution) and name.
    pub assets: BTreeMap<AssetId, AssetListing>,
}

/// An asset of all versions. Assets of one name with another resolution are other assets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetId {
    /// Its name.
    pub name: String,
    /// `feature`, `lake` or `persistent`.
    pub kind: &'static str,
    /// The resolution of a feature asset.
    pub resolution: Option<String>,
}

/// What there is of an asset, by version.
#[derive(Debug, Clone, Default)]
pub struct AssetListing {
    /// The versions, by number. Those that no want can read are there, too, without what is in them.
    pub versions: BTreeMap<u32, VersionListing>,
}

/// What there is of a version of an asset.
#[derive(Debug, Clone)]
pub enum VersionListing {
    /// A feature asset: one dataset for each combination of partition keys, in order of their text. One without keys has one.
    Feature(Vec<Partition>),
    /// Files, in order of their dates.
    Lake(Vec<LakeEntry>),
    /// Rows that are replaced as a whole.
    Persistent(Dataset),
}

/// The rows of a feature asset for one combination of partition keys. The handle is detached: it stays at its version.
#[derive(Debug, Clone)]
pub struct Partition {
    /// Names and values of the partition keys, in order of the names.
    pub keys: Vec<(String, String)>,
    /// Which intervals were written, also those without rows.
    pub coverage: Coverage,
    /// The rows, ordered on the time column.
    pub dataset: Dataset,
}

/// A dated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeEntry {
    /// What it is dated.
    pub date: Instant,
    /// How its content is written: `parquet`, `csv`, `jsonl`, or any other ending for bytes alone.
    pub format: String,
    /// Where it is: never another content under the same path.
    pub path: StoragePath,
    /// Its length in bytes.
    pub bytes: u64,
}

impl AssetId {
    /// The identity of an asset.
    pub fn new(name: impl Into<String>, kind: AssetKind) -> Self {
        let (kind, resolution) = match kind {
            AssetKind::Feature { resolution } => ("feature", Some(resolution.to_string())),
            AssetKind::Lake => ("lake", None),
            AssetKind::Persistent => ("persistent", None),
        };
        Self { name: name.into(), kind, resolution }
    }
}

impl fmt::Display for AssetId {
    /// `weather 1d`, `exports (lake)`, `stations`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.resolution, self.kind) {
            (Some(resolution), _) => write!(f, "{} {resolution}", self.name),
            (None, "lake") => write!(f, "{} (lake)", self.name),
            (None, _) => f.write_str(&self.name),
        }
    }
}
