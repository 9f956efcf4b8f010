//! [`StoreReport`]: every dataset checked, and everything named that is none.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use varvite_dataset::CheckReport;
use varvite_key::Key;
use varvite_storage::{Entry, EntryKind, StoragePath};

use crate::catalog::{METADATA, dataset_of};
use crate::key_types::{OWN_FOLDER, failed};
use crate::{Error, Result, Store};

/// What a check of a store found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoreReport {
    /// The datasets by path, in order of keys, each with what was found.
    pub datasets: Vec<(String, CheckReport)>,
    /// What stands below the root and belongs to no dataset of this key type: path and why.
    pub foreign: Vec<(String, String)>,
}

impl StoreReport {
    /// Whether every row of every dataset can be trusted.
    pub fn is_ok(&self) -> bool {
        self.datasets.iter().all(|(_, report)| report.is_ok())
    }
}

impl fmt::Display for StoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, report) in self.datasets.iter().filter(|(_, report)| !report.findings.is_empty()) {
            writeln!(f, "{path}: {report}")?;
        }
        for (path, reason) in &self.foreign {
            writeln!(f, "foreign: {path}: {reason}")?;
        }
        let state = if self.is_ok() { "all sound" } else { "damage found" };
        write!(f, "{} datasets checked, {} foreign, {state}", self.datasets.len(), self.foreign.len())
    }
}

impl<K: Key> Store<K> {
    /// Checks every dataset (with `deep` every byte), and names what is not part of one.
    ///
    /// # Errors
    /// Only if checking itself fails: damage is part of the report.
    pub fn check(&self, deep: bool) -> Result<StoreReport> {
        let mut report = StoreReport::default();
        for key in self.keys()? {
            let path = key.to_path();
            if let Some(dataset) = self.get(&key)? {
                report.datasets.push((path.clone(), dataset.check(deep).map_err(Error::dataset(path))?));
            }
        }
        self.foreign("", 1, &mut report)?;
        Ok(report)
    }

    /// Names what stands in `folder`, `level` levels deep, and is neither part of a dataset nor leads to one.
    fn foreign(&self, folder: &str, level: usize, report: &mut StoreReport) -> Result<()> {
        let here = StoragePath::try_new(format!("{}/{folder}", self.root()).trim_matches('/'))
            .map_err(failed("naming", self.root()))?;
        let entries = self.storage().list(&here).map_err(failed("listing", &here))?;
        let full = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let datasets: BTreeSet<&str> = entries.iter().filter_map(|entry| dataset_of(&entry.name)).collect();
        for entry in &entries {
            let path = full(&entry.name);
            if level == 1 && entry.name == OWN_FOLDER {
                continue;
            }
            if level < K::DEPTH && entry.kind == EntryKind::Folder && !entry.name.ends_with(METADATA) {
                self.foreign(&path, level + 1, report)?;
            } else if level < K::DEPTH {
                report.foreign.push((path, "keys of this type have more levels".to_owned()));
            } else if let Some(reason) = self.why_foreign(&path, entry, &datasets) {
                report.foreign.push((path, reason));
            }
        }
        Ok(())
    }

    fn why_foreign(&self, path: &str, entry: &Entry, datasets: &BTreeSet<&str>) -> Option<String> {
        let name = &entry.name;
        let own = |suffix: &str| name.strip_suffix(suffix).filter(|stem| datasets.contains(stem));
        let is_own = match entry.kind {
            EntryKind::Folder => own(METADATA).or_else(|| own("")).is_some(),
            EntryKind::File => own(".lock").is_some(),
            EntryKind::Other => return Some("links and devices are never followed".to_owned()),
        };
        if !is_own {
            return Some("no dataset has this name".to_owned());
        }
        let stem = path.strip_suffix(METADATA).or_else(|| path.strip_suffix(".lock")).unwrap_or(path);
        K::from_path_with(self.schema(), stem).err().map(|error| error.to_string())
    }
}
