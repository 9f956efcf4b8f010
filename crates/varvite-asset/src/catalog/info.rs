//! [`AssetInfo`]: what stands in a catalog, in words and numbers. From metadata alone.

use serde::Serialize;
use varvite_dataset::Snapshot;
use varvite_time::Instant;

use super::Catalog;
use super::key::{FeatureVersion, persistent_name};
use crate::{AssetId, Coverage, Partition, Resolution, Result, Stop};

/// An asset: what `ls` and `show` print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AssetInfo {
    /// Its name.
    pub name: String,
    /// `feature`, `lake` or `persistent`.
    pub kind: &'static str,
    /// The resolution of a feature asset.
    pub resolution: Option<String>,
    /// Its versions, by number.
    pub versions: Vec<VersionInfo>,
}

/// A version of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VersionInfo {
    /// The version.
    pub version: u32,
    /// Combinations of partition keys of a feature asset; dates of a data-lake asset; 1 for a persistent one.
    pub partitions: u64,
    /// Rows; unknown for a data-lake asset.
    pub rows: Option<u64>,
    /// Length of all files in bytes.
    pub bytes: u64,
    /// The first interval or date.
    pub first: Option<String>,
    /// The last interval or date.
    pub last: Option<String>,
    /// What was written in at least one partition of a feature asset: stretches, divided by spaces.
    pub covered: String,
    /// When it was last changed, by the writer's clock; unknown for a data-lake asset.
    pub changed: Option<String>,
}

impl AssetInfo {
    /// Which asset it is.
    pub fn id(&self) -> AssetId {
        AssetId { name: self.name.clone(), kind: self.kind, resolution: self.resolution.clone() }
    }
}

impl Catalog {
    /// Every asset, by name, kind and resolution.
    ///
    /// # Errors
    /// [`Error::Storage`](crate::Error::Storage), [`Error::Store`](crate::Error::Store),
    /// [`Error::Damaged`](crate::Error::Damaged).
    pub fn assets(&self) -> Result<Vec<AssetInfo>> {
        self.assets_named(|_| true)
    }

    /// The assets of one name: one for each kind and resolution.
    ///
    /// # Errors
    /// [`Error::AssetNotFound`](crate::Error::AssetNotFound) names those that there are; as [`assets`](Self::assets).
    pub fn describe(&self, name: &str) -> Result<Vec<AssetInfo>> {
        let found = self.assets_named(|other| other == name)?;
        if found.is_empty() { Err(self.not_found(name)?) } else { Ok(found) }
    }

    fn assets_named(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<AssetInfo>> {
        let mut found: Vec<AssetInfo> = Vec::new();
        let mut add = |name: &str, kind: &'static str, resolution: Option<&str>, version: VersionInfo| {
            let same = |info: &&mut AssetInfo| {
                info.name == name && info.kind == kind && info.resolution.as_deref() == resolution
            };
            match found.iter_mut().find(same) {
                Some(info) => info.versions.push(version),
                None => found.push(AssetInfo {
                    name: name.to_owned(),
                    kind,
                    resolution: resolution.map(str::to_owned),
                    versions: vec![version],
                }),
            }
        };
        for version in self.feature_versions()?.into_iter().filter(|version| wanted(&version.name)) {
            let partitions = self.partitions(&Stop::default(), &version, |_| true)?;
            if !partitions.is_empty() {
                let info = feature_info(&version, &partitions)?;
                add(&version.name, "feature", Some(&version.resolution), info);
            }
        }
        for name in self.lake_names()?.into_iter().filter(|name| wanted(name)) {
            for info in self.lake_info(&name)? {
                add(&name, "lake", None, info);
            }
        }
        for key in self.persistent_keys()? {
            let Some(name) = persistent_name(&key).filter(|name| wanted(name)) else { continue };
            let Some(snapshot) = self.inner.persistent.get(&key)?.and_then(|dataset| dataset.snapshot()) else {
                continue;
            };
            add(&name, "persistent", None, of_snapshots(key.version(), [snapshot.as_ref()]));
        }
        found.sort_by_key(AssetInfo::id);
        for info in &mut found {
            info.versions.sort_by_key(|version| version.version);
        }
        Ok(found)
    }

    fn lake_info(&self, name: &str) -> Result<Vec<VersionInfo>> {
        let mut versions: Vec<VersionInfo> = Vec::new();
        for (date, folder) in self.lake_dates(name)? {
            for (version, entry) in self.newest_of_date(date, &folder)? {
                let at = versions.iter().position(|info| info.version == version).unwrap_or_else(|| {
                    versions.push(VersionInfo { rows: None, ..empty(version) });
                    versions.len() - 1
                });
                let info = &mut versions[at];
                info.partitions += 1;
                info.bytes += entry.bytes;
                info.first.get_or_insert_with(|| date.to_string());
                info.last = Some(date.to_string());
            }
        }
        Ok(versions)
    }
}

fn empty(version: u32) -> VersionInfo {
    VersionInfo {
        version,
        partitions: 0,
        rows: Some(0),
        bytes: 0,
        first: None,
        last: None,
        covered: String::new(),
        changed: None,
    }
}

fn of_snapshots<'a>(version: u32, snapshots: impl IntoIterator<Item = &'a Snapshot>) -> VersionInfo {
    let (mut info, mut changed) = (empty(version), None);
    for snapshot in snapshots {
        info.partitions += 1;
        info.rows = info.rows.map(|rows| rows + snapshot.num_rows());
        info.bytes += snapshot.total_bytes();
        changed = changed.max(Some(snapshot.at_ms));
    }
    let text = |at_ms| Instant::new(at_ms, varvite_time::TimeUnit::Millisecond).to_string();
    VersionInfo { changed: changed.map(text), ..info }
}

fn feature_info(version: &FeatureVersion, partitions: &[Partition]) -> Result<VersionInfo> {
    let snapshots: Vec<_> = partitions.iter().filter_map(|partition| partition.dataset.snapshot()).collect();
    let mut covered = Coverage::default();
    for partition in partitions {
        covered.union(&partition.coverage);
    }
    let resolution: Resolution = version.resolution.parse()?;
    let interval = |instant: Instant| resolution.interval_at(instant).to_string();
    let mut runs = covered.runs();
    let (first, last) = (runs.next(), runs.next_back());
    Ok(VersionInfo {
        first: first.map(|run| interval(run.start)),
        last: last.or(first).map(|run| interval(run.end.plus_ns(-1))),
        covered: covered.to_string(),
        ..of_snapshots(version.version, snapshots.iter().map(AsRef::as_ref))
    })
}
