//! Which dated files there are.

use std::collections::{BTreeMap, BTreeSet};

use varvite_storage::StoragePath;
use varvite_time::{Instant, TimeSpan};

use super::super::Catalog;
use super::LAKE;
use super::file::{FileName, asset_folder, asset_of, date_of};
use crate::catalog::publish::failed;
use crate::{Edges, LakeEntry, Result, Span, Stop, VersionListing, Want, When};

/// Which dates are wanted.
///
/// ```
/// use varvite_asset::{LakeDates, Span};
/// assert_eq!(LakeDates::from("2025-01"), LakeDates::Prefix("2025-01".to_owned()));
/// assert_eq!(LakeDates::from(Span::all()), LakeDates::Within(Span::all()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LakeDates {
    /// Those of a stretch of time.
    Within(Span),
    /// Those whose text, such as `2025-01-02T00:00:00Z`, begins so.
    Prefix(String),
}

impl From<Span> for LakeDates {
    fn from(span: Span) -> Self {
        Self::Within(span)
    }
}

impl From<&str> for LakeDates {
    fn from(prefix: &str) -> Self {
        Self::Prefix(prefix.to_owned())
    }
}

impl Catalog {
    /// The files of a version of a data-lake asset, in order of their dates; none if there is no such asset.
    ///
    /// # Errors
    /// [`Error::InvalidRange`](crate::Error::InvalidRange); [`Error::Storage`](crate::Error::Storage).
    pub fn lake_files(&self, name: &str, version: u32, dates: impl Into<LakeDates>) -> Result<Vec<LakeEntry>> {
        let wanted: Box<dyn Fn(Instant) -> bool> = match dates.into() {
            LakeDates::Within(span) => {
                let span = span.resolve(self.now())?;
                Box::new(move |date| holds(span, date, Edges::Clipped))
            }
            LakeDates::Prefix(prefix) => Box::new(move |date| date.to_string().starts_with(&prefix)),
        };
        let mut found = Vec::new();
        for (date, folder) in self.lake_dates(name)?.into_iter().filter(|(date, _)| wanted(*date)) {
            found.extend(self.newest_of_date(date, &folder)?.remove(&version));
        }
        Ok(found)
    }

    /// The newest file of a version of a data-lake asset; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Storage`](crate::Error::Storage).
    pub fn latest_lake(&self, name: &str, version: u32) -> Result<Option<LakeEntry>> {
        for (date, folder) in self.lake_dates(name)?.into_iter().rev() {
            if let Some(entry) = self.newest_of_date(date, &folder)?.remove(&version) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// What there is of a data-lake asset that `wants` ask for, by version. Only folders of dates that they want are listed.
    pub(crate) fn list_lake(
        &self,
        stop: &Stop,
        name: &str,
        wants: &[&Want],
        now: Instant,
    ) -> Result<BTreeMap<u32, VersionListing>> {
        let dates = self.lake_dates(name)?;
        let mut spans = Vec::new();
        for want in wants {
            if let When::Within(span) = &want.when {
                spans.push((span.resolve(now)?, want.edges));
            }
        }
        let mut files: BTreeMap<Instant, BTreeMap<u32, LakeEntry>> = BTreeMap::new();
        for (date, folder) in &dates {
            stop.check()?;
            if spans.iter().any(|(span, edges)| holds(*span, *date, *edges)) {
                files.insert(*date, self.newest_of_date(*date, folder)?);
            }
        }
        for want in wants.iter().filter(|want| matches!(want.when, When::Latest { .. })) {
            for (date, folder) in dates.iter().rev().filter(|(date, _)| *date <= now) {
                stop.check()?;
                if !files.contains_key(date) {
                    files.insert(*date, self.newest_of_date(*date, folder)?);
                }
                let readable = |version: &u32| want.version == *version || want.earlier.contains(version);
                if files.get(date).is_some_and(|found| found.keys().any(readable)) {
                    break;
                }
            }
        }
        Ok(by_version(files))
    }

    /// The dates of an asset and their folders, in order.
    pub(in crate::catalog) fn lake_dates(&self, name: &str) -> Result<Vec<(Instant, StoragePath)>> {
        let folder = self.below(&format!("{LAKE}/{}", asset_folder(name)))?;
        let mut dates = Vec::new();
        for name in self.folders(&folder)? {
            let Some(date) = date_of(&name) else { continue };
            dates.push((date, folder.join(&name).map_err(failed("naming a folder in", &folder))?));
        }
        dates.sort();
        Ok(dates)
    }

    /// The newest revision of each version in the folder of a date.
    pub(in crate::catalog) fn newest_of_date(
        &self,
        date: Instant,
        folder: &StoragePath,
    ) -> Result<BTreeMap<u32, LakeEntry>> {
        let mut newest = BTreeMap::new();
        // In order of revisions: later ones take the place of earlier ones.
        for (name, bytes) in self.files_in(folder)? {
            let path = folder.join(&name.to_string()).map_err(failed("naming a file in", folder))?;
            let FileName { version, format, .. } = name;
            newest.insert(version, LakeEntry { date, format, path, bytes });
        }
        Ok(newest)
    }

    /// Removes the files of a version of a data-lake asset, and folders that are empty then: `false` if there were none.
    pub(in crate::catalog) fn remove_lake(&self, name: &str, version: u32) -> Result<bool> {
        let storage = &self.inner.storage;
        let mut removed = false;
        for (_, folder) in self.lake_dates(name)? {
            for (file, _) in self.revisions(&folder, version)? {
                let path = folder.join(&file.to_string()).map_err(failed("naming a file in", &folder))?;
                storage.delete(&path).map_err(failed("removing", &path))?;
                removed = true;
            }
            storage.delete_folder(&folder).map_err(failed("tidying", &folder))?;
        }
        let folder = self.below(&format!("{LAKE}/{}", asset_folder(name)))?;
        storage.delete_folder(&folder).map_err(failed("tidying", &folder))?;
        Ok(removed)
    }

    /// The names of data-lake assets.
    pub(in crate::catalog) fn lake_names(&self) -> Result<BTreeSet<String>> {
        let folder = self.below(LAKE)?;
        Ok(self.folders(&folder)?.iter().filter_map(|folder| asset_of(folder)).collect())
    }
}

fn holds(span: TimeSpan, date: Instant, edges: Edges) -> bool {
    let ns = date.as_ns();
    let last = |end: i128| if edges == Edges::Closed { ns <= end } else { ns < end };
    span.start_ns().is_none_or(|start| start <= ns) && span.end_ns().is_none_or(last)
}

fn by_version(files: BTreeMap<Instant, BTreeMap<u32, LakeEntry>>) -> BTreeMap<u32, VersionListing> {
    let mut entries: BTreeMap<u32, Vec<LakeEntry>> = BTreeMap::new();
    for (version, entry) in files.into_values().flatten() {
        entries.entry(version).or_default().push(entry);
    }
    entries.into_iter().map(|(version, entries)| (version, VersionListing::Lake(entries))).collect()
}
