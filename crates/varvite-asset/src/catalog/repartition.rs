//! Repartitioning: the rows of a feature asset under another resolution, each dataset as one atomic rewrite.

use varvite_dataset::{Dataset, Duplicates, Mode, Rows, ScanOptions};

use super::find::feature;
use super::key::{FeatureVersion, label};
use super::write::{AssetReport, PartitionReport, dataset_options};
use super::{COVERED, Catalog};
use crate::{AssetId, Error, Partition, Resolution, Result, Stop};

/// How an asset is repartitioned.
///
/// ```
/// use varvite_asset::{Repartition, Resolution};
/// let monthly = Repartition::to(Resolution::literal("1M")).replacing().and_remove();
/// assert_ne!(monthly, Resolution::literal("1M").into());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repartition {
    /// The resolution that the rows get.
    pub to: Resolution,
    /// Whether an asset of that resolution is replaced. Default: it is refused.
    pub replaces: bool,
    /// Whether the asset is removed under its old resolution. Default: it stays.
    pub removes: bool,
}

impl Repartition {
    /// To this resolution; the old asset stays.
    pub fn to(to: Resolution) -> Self {
        Self { to, replaces: false, removes: false }
    }

    /// An asset of that resolution is replaced.
    pub fn replacing(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// The asset is removed under its old resolution, once all rows are written.
    pub fn and_remove(mut self) -> Self {
        self.removes = true;
        self
    }
}

impl From<Resolution> for Repartition {
    fn from(to: Resolution) -> Self {
        Self::to(to)
    }
}

impl Catalog {
    /// Gives a version of a feature asset another resolution. All rows are streamed; each partition is one commit, so that
    /// readers see all of its rows or none of them.
    ///
    /// An interval of the new resolution counts as written if all of it was written under the old one; of others the rows that
    /// there are are read all the same.
    ///
    /// # Errors
    /// [`Error::AssetNotFound`], [`Error::VersionNotFound`]; [`Error::InvalidOption`] if the target exists already, or is the
    /// same; [`Error::PartlyWritten`]; [`Error::Conflict`] if the asset was to be removed and has changed meanwhile: then both
    /// stay.
    pub fn repartition(&self, asset: &AssetId, version: u32, how: impl Into<Repartition>) -> Result<AssetReport> {
        let how = how.into();
        let (from, old) = feature(asset, version)?;
        let refused = |reason: String| Err(Error::InvalidOption { option: "to", reason });
        if how.to == from {
            return refused(format!("{asset} has that resolution already"));
        }
        let partitions = self.partitions(&Stop::default(), &old, |_| true)?;
        if partitions.is_empty() {
            return Err(self.no_version(asset, version)?);
        }
        let new = FeatureVersion::new(&asset.name, how.to, version);
        let standing = self.partitions(&Stop::default(), &new, |_| true)?;
        if !standing.is_empty() && !how.replaces {
            return refused(format!("{} {} v{version} exists: it can be replaced", asset.name, how.to));
        }
        let report = self.rewrite(&new, how.to, &partitions, &standing)?;
        for gone in standing.iter().filter(|old| !partitions.iter().any(|new| new.keys == old.keys)) {
            self.inner.features.remove(&new.key(&gone.keys)?)?;
        }
        if how.removes {
            refuse_changed(asset, &partitions)?;
            if self.partitions(&Stop::default(), &old, |_| true)?.len() != partitions.len() {
                return Err(Error::Conflict { asset: asset.to_string() });
            }
            self.remove(asset, version)?;
        }
        Ok(report)
    }

    /// Writes all partitions, for the versions that `standing` ones have.
    fn rewrite(
        &self,
        new: &FeatureVersion,
        to: Resolution,
        partitions: &[Partition],
        standing: &[Partition],
    ) -> Result<AssetReport> {
        let asset = format!("{} {} v{}", new.name, new.resolution, new.version);
        let mut reports: Vec<PartitionReport> = Vec::new();
        for partition in partitions {
            let replaced = standing.iter().find(|standing| standing.keys == partition.keys);
            let replaced = replaced.and_then(|standing| standing.dataset.snapshot()).map(|snapshot| snapshot.version);
            match self.rewrite_partition(new, to, partition, replaced, &asset) {
                Ok(report) => reports.push(report),
                Err(error) if reports.is_empty() => return Err(error),
                Err(error) => {
                    return Err(Error::PartlyWritten {
                        asset,
                        written: reports.iter().map(|report| label(&report.keys)).collect(),
                        failed: label(&partition.keys),
                        source: Box::new(error),
                    });
                }
            }
        }
        Ok(AssetReport { asset, registered: false, partitions: reports })
    }

    fn rewrite_partition(
        &self,
        new: &FeatureVersion,
        to: Resolution,
        partition: &Partition,
        replaced: Option<u64>,
        asset: &str,
    ) -> Result<PartitionReport> {
        let failed = |source| match source {
            varvite_dataset::Error::VersionMismatch { .. } => Error::Conflict { asset: asset.to_owned() },
            source => Error::Dataset { asset: asset.to_owned(), source: Box::new(source) },
        };
        let Some(snapshot) = partition.dataset.snapshot() else {
            return Err(Error::Conflict { asset: asset.to_owned() });
        };
        // What was written stays what was written: of a longer interval it may be a part.
        let covered = &partition.coverage;
        let options = dataset_options(snapshot.settings.ordered_on.top(), to)
            .with_mode(Mode::Overwrite)
            .with_duplicates_on(Duplicates::KeepAll)
            .with_metadata(COVERED, covered.to_string())
            .with_expected_version(replaced);
        let rows = rows_of(&partition.dataset).map_err(failed)?;
        let done = self.inner.features.dataset(&new.key(&partition.keys)?)?.write(rows, &options).map_err(failed)?;
        Ok(PartitionReport {
            keys: partition.keys.clone(),
            rows: done.rows_in,
            inserted: done.inserted,
            deleted: done.deleted,
            covered: covered.to_string(),
            dataset_version: done.version_after,
        })
    }
}

/// Nothing that was written meanwhile is removed.
fn refuse_changed(asset: &AssetId, partitions: &[Partition]) -> Result<()> {
    for partition in partitions {
        let failed = |source| Error::Dataset { asset: asset.to_string(), source: Box::new(source) };
        if partition.dataset.detached().refresh().map_err(failed)? {
            return Err(Error::Conflict { asset: asset.to_string() });
        }
    }
    Ok(())
}

/// All rows of a dataset, batch by batch.
fn rows_of(dataset: &Dataset) -> Result<Rows, varvite_dataset::Error> {
    if dataset.schema().is_none() {
        return Ok(Rows::none());
    }
    Ok(Rows::reader(dataset.scan(&ScanOptions::default())?))
}
