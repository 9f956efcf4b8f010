//! The commits of a write, one for each partition: made for the newest version, and again when somebody else was faster.

use varvite_dataset::{Change, Dataset, Duplicates, KeyRange, WriteOptions, WriteReport};
use varvite_time::TimeUnit;

use super::{PartitionReport, Prepared, PreparedPart};
use crate::catalog::key::label;
use crate::catalog::{COVERED, Catalog, coverage_of};
use crate::{Coverage, Error, Interval, Resolution, Result};

/// How often a commit is made anew because somebody else was faster.
const MAX_ATTEMPTS: u32 = 200;

impl Catalog {
    /// Carries out a write.
    ///
    /// # Errors
    /// [`Error::PartlyWritten`] if one of several partitions failed; else why the only one did.
    pub(super) fn execute(&self, prepared: &Prepared) -> Result<Vec<PartitionReport>> {
        let mut reports: Vec<PartitionReport> = Vec::with_capacity(prepared.parts.len());
        for part in &prepared.parts {
            match self.commit(prepared, part) {
                Ok(report) => reports.push(report),
                Err(error) if reports.is_empty() => return Err(error),
                Err(error) => {
                    return Err(Error::PartlyWritten {
                        asset: prepared.label.clone(),
                        written: reports.iter().map(|report| label(&report.keys)).collect(),
                        failed: label(&part.keys),
                        source: Box::new(error),
                    });
                }
            }
        }
        Ok(reports)
    }

    fn commit(&self, prepared: &Prepared, part: &PreparedPart) -> Result<PartitionReport> {
        let dataset = self.inner.features.dataset(&part.key)?;
        let failed = |source| Error::Dataset { asset: prepared.label.clone(), source: Box::new(source) };
        for _ in 0..MAX_ATTEMPTS {
            let covered = coverage_of(&dataset)?;
            let options = options(prepared, part, &dataset, &covered);
            match dataset.apply(change(part, prepared.unit), &options) {
                Err(varvite_dataset::Error::VersionMismatch { .. }) => {
                    let _ = dataset.refresh().map_err(failed)?;
                }
                Err(source) => return Err(failed(source)),
                Ok(done) => return Ok(report(part, &done)),
            }
        }
        Err(Error::Conflict { asset: prepared.label.clone() })
    }
}

/// What is done to the stored rows.
fn change(part: &PreparedPart, unit: TimeUnit) -> Change {
    let rows = part.rows.clone().into();
    match &part.planned.replaced {
        None => Change::Write(rows),
        Some(stretches) => Change::ReplaceRanges(stretches.iter().map(|run| range(*run, unit)).collect(), rows),
    }
}

/// The values of the time column that lie in an interval.
pub(crate) fn range(interval: Interval, unit: TimeUnit) -> KeyRange {
    (interval.start.ceil(unit)..interval.end.ceil(unit)).into()
}

/// Rows and what is covered are one commit, made for just the version whose coverage is extended.
fn options(prepared: &Prepared, part: &PreparedPart, dataset: &Dataset, stored: &Coverage) -> WriteOptions {
    let mut covered = stored.clone();
    covered.union(&part.planned.covered);
    let duplicates = if part.planned.replaced.is_some() { Duplicates::KeepAll } else { Duplicates::AllColumns };
    dataset_options(&prepared.time, prepared.resolution)
        .with_duplicates_on(duplicates)
        .with_metadata(COVERED, covered.to_string())
        .with_expected_version(dataset.snapshot().map(|snapshot| snapshot.version))
}

/// How the dataset of a partition is written: an interval is a row group.
pub(crate) fn dataset_options(time: &str, resolution: Resolution) -> WriteOptions {
    WriteOptions::ordered_on(time).with_row_group_target_size(resolution.period())
}

fn report(part: &PreparedPart, done: &WriteReport) -> PartitionReport {
    PartitionReport {
        keys: part.keys.clone(),
        rows: done.rows_in,
        inserted: done.inserted,
        deleted: done.deleted,
        covered: part.planned.covered.to_string(),
        dataset_version: done.version_after,
    }
}
