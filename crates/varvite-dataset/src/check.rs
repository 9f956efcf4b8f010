//! [`CheckReport`]: a dataset compared with what its log says.

use std::fmt;

use serde::Serialize;
use varvite_storage::EntryKind;

use crate::file;
use crate::log::{Log, is_data_file};
use crate::{Error, Result, Snapshot};

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// How many files were compared.
    pub files_checked: usize,
    /// What is wrong, or odd.
    pub findings: Vec<Finding>,
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
    /// Whether rows are lost or cannot be trusted; else it is only in the way.
    pub damage: bool,
}

impl CheckReport {
    /// Whether every row can be trusted.
    pub fn is_ok(&self) -> bool {
        !self.findings.iter().any(|finding| finding.damage)
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{}: {}: {}", if finding.damage { "damage" } else { "note" }, finding.path, finding.problem)?;
        }
        write!(f, "{} files checked, {}", self.files_checked, if self.is_ok() { "all sound" } else { "damage found" })
    }
}

pub(crate) fn check(log: &Log, deep: bool) -> Result<CheckReport> {
    let mut report = CheckReport::default();
    let snapshot = match log.load_from_records() {
        Ok(Some(snapshot)) => snapshot,
        Ok(None) => return Err(Error::NotFound { path: log.data_folder().to_string() }),
        Err(error @ Error::Corrupt { .. }) => {
            report.damage(log.data_folder().to_string(), &error);
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    check_files(log, &snapshot, deep, &mut report);
    check_orphans(log, &snapshot, &mut report)?;
    Ok(report)
}

impl CheckReport {
    fn damage(&mut self, path: String, error: &Error) {
        self.findings.push(Finding { path, problem: error.to_string(), damage: true });
    }
}

fn check_files(log: &Log, snapshot: &Snapshot, deep: bool, report: &mut CheckReport) {
    for facts in &snapshot.files {
        report.files_checked += 1;
        let Some(schema) = snapshot.schema_of(facts) else { continue };
        let checked = log.stored_file(&facts.name).and_then(|stored| {
            if deep {
                file::verify_whole(&stored, facts, schema, &snapshot.settings.ordered_on)
            } else {
                file::open(stored, facts, schema).map(|_| ())
            }
        });
        if let Err(error) = checked {
            report.damage(facts.name.clone(), &error);
        }
    }
}

/// Files in the data folder that the newest version does not name: a raw reader would see them.
fn check_orphans(log: &Log, snapshot: &Snapshot, report: &mut CheckReport) -> Result<()> {
    let entries = log.storage().list(log.data_folder()).map_err(|source| log.failed("checking", source))?;
    for entry in entries.into_iter().filter(|entry| entry.kind != EntryKind::Folder && !entry.name.starts_with('.')) {
        let named = snapshot.files.position(&entry.name).is_some();
        if !named {
            let ours = is_data_file(&entry.name);
            let problem = if ours { "no version of the dataset names it" } else { "it is no file of the dataset" };
            report.findings.push(Finding { path: entry.name, problem: problem.to_owned(), damage: false });
        }
    }
    Ok(())
}
