//! What a fetch is planned with: listed, never probed. The cost follows what exists, not what is asked for.

use std::collections::BTreeMap;

use varvite_dataset::Dataset;
use varvite_key::Key;
use varvite_storage::{EntryKind, StoragePath};
use varvite_time::Instant;

use super::key::{AssetKey, FeatureVersion, PersistentKey, persistent_name};
use super::publish::failed;
use super::{Catalog, FEATURES, PERSISTENT, coverage_of};
use crate::{AssetId, AssetKind, AssetListing, Error, Listing, Partition, Result, Stop, VersionListing, Want};

/// The suffix of the folder of a dataset's metadata: what a dataset is recognised by.
const METADATA: &str = "_opdmd";

impl Catalog {
    /// What stands in the catalog of the assets that `wants` ask for. Handles stay at the versions that they have now.
    ///
    /// Versions that no want can read are listed without their partitions, as are partitions that no want asks for.
    ///
    /// # Errors
    /// [`Error::Storage`], [`Error::Store`], [`Error::Damaged`].
    pub fn listing(&self, wants: &[Want]) -> Result<Listing> {
        self.listing_at(wants, self.now())
    }

    /// The same for a fetch that takes another moment for now.
    ///
    /// # Errors
    /// As [`listing`](Self::listing).
    pub fn listing_at(&self, wants: &[Want], now: Instant) -> Result<Listing> {
        self.listing_unless(&Stop::default(), wants, now)
    }

    /// The same, which ends with [`Error::Cancelled`] between two entries when it is to stop.
    pub(crate) fn listing_unless(&self, stop: &Stop, wants: &[Want], now: Instant) -> Result<Listing> {
        stop.check()?;
        let mut listing = Listing::default();
        let features = if wants.iter().any(is_feature) { self.feature_versions()? } else { Vec::new() };
        let mut by_asset: BTreeMap<AssetId, Vec<&Want>> = BTreeMap::new();
        for want in wants {
            by_asset.entry(AssetId::new(&want.asset, want.kind)).or_default().push(want);
        }
        for (id, wants) in by_asset {
            let versions = match id.kind {
                "feature" => self.list_feature(stop, &features, &id, &wants)?,
                "persistent" => self.list_persistent(stop, &id.name)?,
                _ => self.list_lake(stop, &id.name, &wants, now)?,
            };
            if !versions.is_empty() {
                listing.assets.insert(id, AssetListing { versions });
            }
        }
        Ok(listing)
    }

    fn list_feature(
        &self,
        stop: &Stop,
        features: &[FeatureVersion],
        id: &AssetId,
        wants: &[&Want],
    ) -> Result<BTreeMap<u32, VersionListing>> {
        let ours =
            |version: &&FeatureVersion| version.name == id.name && Some(&version.resolution) == id.resolution.as_ref();
        let mut versions = BTreeMap::new();
        for version in features.iter().filter(ours) {
            let wants: Vec<&Want> = wants.iter().copied().filter(|want| can_read(want, version.version)).collect();
            let wanted = |keys: &[(String, String)]| wants.iter().any(|want| has_keys(want, keys));
            let partitions = if wants.is_empty() { Vec::new() } else { self.partitions(stop, version, wanted)? };
            if let (Some(want), true) = (wants.first(), partitions.is_empty()) {
                self.refuse_unknown_keys(version, want)?;
            }
            versions.insert(version.version, VersionListing::Feature(partitions));
        }
        Ok(versions)
    }

    /// Keys that no partition of a version has are a mistake; values that none has are not.
    fn refuse_unknown_keys(&self, version: &FeatureVersion, want: &Want) -> Result<()> {
        let Some(known) = self.partition_keys(version)?.into_iter().find_map(|key| key.keys()) else { return Ok(()) };
        let Some((unknown, _)) = want.keys.iter().find(|(name, _)| !known.iter().any(|(key, _)| key == name)) else {
            return Ok(());
        };
        let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
        let known = if names.is_empty() { "it has none".to_owned() } else { format!("they are {}", names.join(", ")) };
        let reason = format!("`{unknown}` is no partition key of {} v{}: {known}", version.name, version.version);
        Err(Error::InvalidOption { option: "key", reason })
    }

    /// The versions of feature assets that there are folders of, in order.
    pub(super) fn feature_versions(&self) -> Result<Vec<FeatureVersion>> {
        let folders = self.folders(&self.below(FEATURES)?)?;
        let mut versions: Vec<FeatureVersion> =
            folders.iter().filter_map(|name| FeatureVersion::from_folder(name)).collect();
        versions.sort();
        Ok(versions)
    }

    /// The partitions of a version that are wanted, in order of their keys.
    pub(super) fn partitions(
        &self,
        stop: &Stop,
        version: &FeatureVersion,
        wanted: impl Fn(&[(String, String)]) -> bool,
    ) -> Result<Vec<Partition>> {
        let mut partitions = Vec::new();
        for key in self.partition_keys(version)? {
            stop.check()?;
            let Some(keys) = key.keys().filter(|keys| wanted(keys)) else { continue };
            // One that is being written for the first time, or was removed meanwhile, is none.
            let Some(dataset) = self.inner.features.get(&key)? else { continue };
            partitions.push(Partition { keys, coverage: coverage_of(&dataset)?, dataset });
        }
        partitions.sort_by(|a, b| a.keys.cmp(&b.keys));
        Ok(partitions)
    }

    /// The keys of the partitions of a version that there are folders of.
    pub(super) fn partition_keys(&self, version: &FeatureVersion) -> Result<Vec<AssetKey>> {
        let folder = version.folder();
        let names = self.folders(&self.below(&format!("{FEATURES}/{folder}"))?)?;
        let datasets = names.iter().filter_map(|name| name.strip_suffix(METADATA));
        Ok(datasets.filter_map(|name| AssetKey::from_path(&format!("{folder}/{name}")).ok()).collect())
    }

    /// The versions of a persistent asset.
    fn list_persistent(&self, stop: &Stop, name: &str) -> Result<BTreeMap<u32, VersionListing>> {
        let ours = |key: &PersistentKey| persistent_name(key).as_deref() == Some(name);
        let mut versions = BTreeMap::new();
        for key in self.persistent_keys()?.into_iter().filter(ours) {
            stop.check()?;
            if let Some(dataset) = self.inner.persistent.get(&key)? {
                versions.insert(key.version(), VersionListing::Persistent(dataset));
            }
        }
        Ok(versions)
    }

    /// The keys of persistent assets that there are folders of.
    pub(super) fn persistent_keys(&self) -> Result<Vec<PersistentKey>> {
        let names = self.folders(&self.below(PERSISTENT)?)?;
        let datasets = names.iter().filter_map(|name| name.strip_suffix(METADATA));
        Ok(datasets.filter_map(|name| PersistentKey::from_path(name).ok()).collect())
    }

    /// The dataset of a persistent asset, stored or not.
    pub(super) fn persistent_dataset(&self, name: &str, version: u32) -> Result<Dataset> {
        Ok(self.inner.persistent.dataset(&super::key::persistent(name, version)?)?)
    }

    pub(super) fn folders(&self, folder: &StoragePath) -> Result<Vec<String>> {
        let entries = self.inner.storage.list(folder).map_err(failed("listing", folder))?;
        Ok(entries.into_iter().filter(|entry| entry.kind == EntryKind::Folder).map(|entry| entry.name).collect())
    }
}

fn is_feature(want: &Want) -> bool {
    matches!(want.kind, AssetKind::Feature { .. })
}

/// Whether a want can read rows of a version.
fn can_read(want: &Want, version: u32) -> bool {
    want.version == version || want.earlier.contains(&version)
}

/// Whether a want asks for a partition with these keys.
fn has_keys(want: &Want, keys: &[(String, String)]) -> bool {
    want.keys.iter().all(|wanted| keys.contains(wanted))
}
