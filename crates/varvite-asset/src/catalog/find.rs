//! One version of an asset, found by its identity: its columns, its gaps, its end.

use std::collections::BTreeSet;

use varvite_time::Instant;

use super::key::{FeatureVersion, persistent, persistent_name};
use super::publish::failed;
use super::registry::file_of;
use super::{Catalog, RegisteredSchema};
use crate::plan::{gaps_of_version, interval_of};
use crate::{AssetId, Error, Gaps, Interval, Resolution, Result, Span, Stop};

impl Catalog {
    /// The columns that a version of an asset was registered with.
    ///
    /// # Errors
    /// [`Error::AssetNotFound`], [`Error::VersionNotFound`]: also for files that were stored as bytes alone.
    pub fn schema_of(&self, asset: &AssetId, version: u32) -> Result<RegisteredSchema> {
        match self.registered(asset.kind, &asset.name, version)? {
            Some(schema) => Ok(schema),
            None => Err(self.no_version(asset, version)?),
        }
    }

    /// What of `span` was never written, of all partitions or of those with these values of partition keys: as a fetch of
    /// this version alone tells it. An open start is that of the first interval written, an open end is now.
    ///
    /// # Errors
    /// [`Error::AssetNotFound`], [`Error::VersionNotFound`]; [`Error::InvalidOption`] for keys that no partition has;
    /// [`Error::InvalidRange`] for a span that makes no sense.
    pub fn gaps(&self, asset: &AssetId, version: u32, span: Span, keys: &[(String, String)]) -> Result<Gaps> {
        let (resolution, found) = feature(asset, version)?;
        let partitions =
            self.partitions(&Stop::default(), &found, |has| keys.iter().all(|wanted| has.contains(wanted)))?;
        if partitions.is_empty() && keys.is_empty() {
            return Err(self.no_version(asset, version)?);
        }
        if partitions.is_empty() {
            let reason = format!("no partition of {} has {}", asset.name, super::key::label(keys));
            return Err(Error::InvalidOption { option: "key", reason });
        }
        let now = self.now();
        let resolved = span.resolve(now)?;
        let first =
            || partitions.iter().filter_map(|partition| partition.coverage.runs().next()).map(|run| run.start).min();
        let Some(start) = resolved.start_ns().or_else(|| first().map(Instant::as_ns)) else {
            return Ok(Gaps::default());
        };
        let end = resolved.end_ns().unwrap_or(now.as_ns()).max(start);
        let stretch = Interval { start: Instant::from_ns(start), end: Instant::from_ns(end) };
        Ok(interval_of(resolution.whole(stretch.span())?)
            .map_or_else(Gaps::default, |whole| gaps_of_version(&partitions, resolution, whole)))
    }

    /// Removes a version of an asset: its rows or files, and, once nothing needs them, its registered columns.
    ///
    /// # Errors
    /// [`Error::AssetNotFound`], [`Error::VersionNotFound`]. After any other error a part may be gone: remove it again.
    pub fn remove(&self, asset: &AssetId, version: u32) -> Result<()> {
        let registered = self.registered(asset.kind, &asset.name, version)?.is_some();
        let removed = match asset.kind {
            "feature" => self.remove_feature(asset, version)?,
            "lake" => self.remove_lake(&asset.name, version)?,
            _ => self.remove_persistent(&asset.name, version)?,
        };
        // Versions of one name and other resolutions share their columns.
        let shared = asset.kind == "feature"
            && self.feature_versions()?.iter().any(|other| other.name == asset.name && other.version == version);
        if !removed && (!registered || shared) {
            return Err(self.no_version(asset, version)?);
        }
        if registered && !shared {
            let path = self.below(&file_of(asset.kind, &asset.name, version))?;
            self.inner.storage.delete(&path).map_err(failed("removing", &path))?;
        }
        Ok(())
    }

    fn remove_feature(&self, asset: &AssetId, version: u32) -> Result<bool> {
        let (_, found) = feature(asset, version)?;
        let mut removed = false;
        for key in self.partition_keys(&found)? {
            match self.inner.features.remove(&key) {
                Err(varvite_store::Error::NotFound { .. }) => {}
                done => {
                    done?;
                    removed = true;
                }
            }
        }
        Ok(removed)
    }

    fn remove_persistent(&self, name: &str, version: u32) -> Result<bool> {
        match self.inner.persistent.remove(&persistent(name, version)?) {
            Err(varvite_store::Error::NotFound { .. }) => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }

    /// The error that an asset, or a version of it, does not exist.
    pub(super) fn no_version(&self, asset: &AssetId, version: u32) -> Result<Error> {
        let named = |info: &&super::AssetInfo| info.id() == *asset;
        let assets = self.assets()?;
        Ok(match assets.iter().find(named) {
            Some(info) => {
                let known: Vec<String> = info.versions.iter().map(|known| known.version.to_string()).collect();
                let known = format!("there {} {}", if known.len() == 1 { "is" } else { "are" }, known.join(", "));
                Error::VersionNotFound { asset: asset.to_string(), version, known }
            }
            None => self.not_found(&asset.to_string())?,
        })
    }

    /// The error that no asset has a name, with those that there are.
    pub(super) fn not_found(&self, name: &str) -> Result<Error> {
        let mut names: BTreeSet<String> = self.lake_names()?;
        names.extend(self.feature_versions()?.into_iter().map(|version| version.name));
        names.extend(self.persistent_keys()?.iter().filter_map(persistent_name));
        Ok(Error::AssetNotFound { asset: name.to_owned(), known: known(name, &names) })
    }
}

/// The resolution and the folder of a version of a feature asset.
pub(super) fn feature(asset: &AssetId, version: u32) -> Result<(Resolution, FeatureVersion)> {
    let Some(resolution) = asset.resolution.as_deref().filter(|_| asset.kind == "feature") else {
        let reason = format!("`{}` is a {} asset: only feature assets have intervals", asset.name, asset.kind);
        return Err(Error::InvalidOption { option: "asset", reason });
    };
    let resolution: Resolution = resolution.parse()?;
    Ok((resolution, FeatureVersion::new(&asset.name, resolution, version)))
}

/// The names that there are, the nearest one first.
fn known(name: &str, names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "the catalog is empty".to_owned();
    }
    let near = |other: &&String| strsim::jaro_winkler(name, other) > 0.8;
    let nearest = names
        .iter()
        .filter(near)
        .max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)));
    let some: Vec<String> = names.iter().take(10).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(some.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let guess = nearest.map(|nearest| format!("did you mean `{nearest}`? ")).unwrap_or_default();
    format!("{guess}there {} {}{more}", if names.len() == 1 { "is" } else { "are" }, some.join(", "))
}
