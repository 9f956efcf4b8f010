//! [`CheckReport`]: a dataset compared with what its log says.

mod duplicates;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::file;
use crate::log::{Leftover, Log};
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
    /// What a [repair](crate::Dataset::repair) does about it; `None`: nothing.
    pub remedy: Option<Remedy>,
}

/// What a repair does about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Remedy {
    /// Moves the file out of the data folder, to where readers of older versions look for it.
    MoveAway,
    /// Moves the file back into the data folder.
    MoveBack,
    /// Writes the file anew, from the log.
    Rewrite,
    /// Deletes the file.
    Delete,
}

impl CheckReport {
    /// Whether every row can be trusted.
    pub fn is_ok(&self) -> bool {
        !self.findings.iter().any(|finding| finding.damage)
    }

    fn damage(&mut self, path: String, error: &Error) {
        self.findings.push(Finding { path, problem: error.to_string(), damage: true, remedy: None });
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", if self.damage { "damage" } else { "note" }, self.path, self.problem)
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        write!(f, "{} files checked, {}", self.files_checked, if self.is_ok() { "all sound" } else { "damage found" })
    }
}

impl From<&Leftover> for Finding {
    fn from(leftover: &Leftover) -> Self {
        let problem = leftover.problem.clone();
        Self { path: leftover.path.clone(), problem, damage: false, remedy: leftover.remedy }
    }
}

/// A check, and what it was made of.
pub(crate) struct Checked {
    pub(crate) report: CheckReport,
    /// The newest version, if the log is sound.
    pub(crate) newest: Option<Arc<Snapshot>>,
    pub(crate) leftovers: Vec<Leftover>,
}

/// Checks the dataset that stands there now, which is `key`'s, if there is one.
pub(crate) fn check(log: &Arc<Log>, key: Option<&str>, deep: bool) -> Result<Checked> {
    let mut report = CheckReport::default();
    let newest = match log.load_from_records() {
        Ok(Some(newest)) => Arc::new(newest),
        Ok(None) => return Err(Error::NotFound { path: log.data_folder().to_string() }),
        Err(error @ Error::Corrupt { .. }) => {
            report.damage(log.data_folder().to_string(), &error);
            return Ok(Checked { report, newest: None, leftovers: Vec::new() });
        }
        Err(error) => return Err(error),
    };
    newest.check_key(key, log.data_folder())?;
    check_files(log, &newest, deep, &mut report);
    let leftovers = log.leftovers(&newest)?;
    report.findings.extend(leftovers.iter().map(Finding::from));
    if deep {
        let damaged: BTreeSet<&str> =
            report.findings.iter().filter(|finding| finding.damage).map(|finding| finding.path.as_str()).collect();
        let duplicates = duplicates::find(log, &newest, &damaged);
        report.findings.extend(duplicates);
    }
    Ok(Checked { report, newest: Some(newest), leftovers })
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
