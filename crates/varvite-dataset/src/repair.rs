//! [`RepairReport`]: what a check found, put right where nothing is lost by it.
//!
//! Rows are never touched: what is missing or damaged is listed, and stays as it is. Where the log itself is damaged,
//! nothing is done at all.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::check::{Checked, check};
use crate::log::{Leftover, Log};
use crate::{CheckReport, Finding, Remedy, Result};

/// How often a repair looks again when other writers go on meanwhile.
const ROUNDS: u32 = 3;

/// What a repair did, and what it left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a repair tells what it could not put right"]
pub struct RepairReport {
    /// Whether no other writer was at work: else temporary files and files in the wrong folder stay.
    pub locked: bool,
    /// How many files were compared afterwards.
    pub files_checked: usize,
    /// What was put right.
    pub repaired: Vec<Finding>,
    /// What a check finds afterwards.
    pub left: Vec<Finding>,
}

impl RepairReport {
    /// Whether every row can be trusted.
    pub fn is_ok(&self) -> bool {
        !self.left.iter().any(|finding| finding.damage)
    }
}

impl fmt::Display for RepairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { path, problem, remedy, .. } in &self.repaired {
            let done = match remedy {
                Some(Remedy::MoveAway) => "moved away",
                Some(Remedy::MoveBack) => "moved back",
                Some(Remedy::Rewrite) => "written anew",
                Some(Remedy::Delete) => "deleted",
                None => "left",
            };
            writeln!(f, "{done}: {path}: {problem}")?;
        }
        for finding in &self.left {
            writeln!(f, "{finding}")?;
        }
        if !self.locked {
            writeln!(f, "note: another writer is at work: not all was tried")?;
        }
        let state = if self.is_ok() { "all sound" } else { "damage found" };
        write!(f, "{} files checked, {} repaired, {state}", self.files_checked, self.repaired.len())
    }
}

pub(crate) fn repair(log: &Arc<Log>, key: Option<&str>, deep: bool) -> Result<RepairReport> {
    let lock = log.take_lock();
    let mut repaired = Vec::new();
    let mut rounds = 0;
    let after = loop {
        rounds += 1;
        let last = rounds == ROUNDS;
        // Every byte is read once at most.
        let checked = check(log, key, false)?;
        let done = if last { Vec::new() } else { apply(log, &checked, lock.is_some())? };
        if done.is_empty() {
            break if deep { check(log, key, true)?.report } else { checked.report };
        }
        repaired.extend(done);
    };
    let CheckReport { files_checked, findings: left } = after;
    Ok(RepairReport { locked: lock.is_some(), files_checked, repaired, left })
}

/// Does what can be done about the leftovers; what fails is found again.
fn apply(log: &Log, checked: &Checked, locked: bool) -> Result<Vec<Finding>> {
    let Some(newest) = &checked.newest else { return Ok(Vec::new()) };
    if !checked.leftovers.iter().any(|leftover| leftover.remedy.is_some()) {
        return Ok(Vec::new());
    }
    // What is put right here relies on versions that are there for good.
    log.make_versions_durable()?;
    let remedied = |leftover: &&Leftover| {
        log.remedy(leftover, newest, locked).unwrap_or_else(|error| {
            tracing::warn!(path = leftover.path, %error, "a repair did not succeed");
            false
        })
    };
    Ok(checked.leftovers.iter().filter(remedied).map(Finding::from).collect())
}
