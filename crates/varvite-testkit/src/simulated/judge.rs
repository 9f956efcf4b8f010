//! What a caller was told, compared with what happened.

use anyhow::{Context, Result, bail, ensure};
use varvite_dataset::{Error, WriteReport};
use varvite_storage::sim::{SimStorage, Struck};

use super::caller::{Done, Outcome, Reading};
use super::chronicle::Chronicle;
use super::operation::{Deed, Written};
use crate::model::Same;

/// All that judging takes.
pub(super) struct Judge<'a> {
    pub(super) storage: &'a SimStorage,
    pub(super) chronicle: &'a mut Chronicle,
    pub(super) same: Same,
    /// Whether anybody set out to remove the dataset in this phase.
    pub(super) removed: bool,
}

impl Judge<'_> {
    pub(super) fn judge(&mut self, done: &Done) -> Result<()> {
        match (&done.outcome, &done.deed) {
            (Outcome::Wrote(report), Deed::Write(written)) => self.wrote(done, report, written),
            (Outcome::Read(reading), Deed::Look) => self.read(reading),
            (Outcome::Removed, Deed::Remove) | (Outcome::Nothing, Deed::Look) => Ok(()),
            (Outcome::Failed(error), deed) => self.failed(done, error, deed),
            (outcome, deed) => bail!("{deed:?} gave {outcome:?}"),
        }
    }

    fn wrote(&mut self, done: &Done, report: &WriteReport, written: &Written) -> Result<()> {
        let sum = report.inserted + report.updated + report.identical + report.dropped;
        ensure!(
            report.rows_in == written.rows.len() as u64 && report.rows_in == sum,
            "counts do not add up: {report:?}"
        );
        let version = report.version_after.context("no version is reported")?;
        let commits = self.chronicle.of(done);
        if !report.committed() {
            ensure!(commits.is_empty(), "there is a commit, and none is reported");
            let current = self.chronicle.current().filter(|_| !self.removed);
            if let Some(current) = current {
                let commit = usize::try_from(version).ok().and_then(|version| current.commits.get(version));
                let state = &commit.context("the version that was reported is not there")?.state;
                let holds = state.has_duplicates || state.holds(written, self.same);
                ensure!(holds, "nothing was committed, but version {version} is not what was written");
                self.chronicle.acknowledge(usize::try_from(version)?);
            }
            return Ok(());
        }
        let [(generation, committed)] = commits[..] else { bail!("there are {} commits of it", commits.len()) };
        ensure!(committed as u64 == version, "version {version} is reported, version {committed} is there");
        ensure!(report.version_before == version.checked_sub(1), "version before: {:?}", report.version_before);
        let commit = &generation.commits[committed];
        if let Some(counts) = commit.counts.filter(|_| !commit.state.has_duplicates) {
            let wanted = (counts.inserted, counts.updated, counts.identical, counts.dropped, counts.late);
            let found = (report.inserted, report.updated, report.identical, report.dropped, report.late);
            ensure!(found == wanted, "version {version}: reported {found:?} instead of {wanted:?}");
        }
        let is_current = self.chronicle.current().is_some_and(|current| current.id == generation.id);
        if is_current {
            self.chronicle.acknowledge(committed);
        }
        Ok(())
    }

    fn read(&self, reading: &Reading) -> Result<()> {
        let Reading { dataset_id, version, entry, range, rows } = reading;
        let state = self.chronicle.version(dataset_id, *version).context("a version was read that never was")?;
        ensure!(*entry == state.entry, "version {version} has entry {:?}, read was {entry:?}", state.entry);
        match range {
            None => {
                let same = state.has_rows(rows, self.same);
                ensure!(same, "version {version} is {:?}, read was {rows:?}", state.rows);
            }
            Some(_) if state.has_duplicates => {}
            Some((start, end, n_prev)) => {
                let wanted = state.rows.scan(*start, *end, *n_prev);
                ensure!(rows == wanted, "{range:?} of version {version} is {wanted:?}, read was {rows:?}");
            }
        }
        Ok(())
    }

    /// An error is allowed only for what was done to the caller, and leaves nothing, but for one that says so.
    fn failed(&self, done: &Done, error: &Error, deed: &Deed) -> Result<()> {
        let struck = self.storage.struck(done.client, done.mark);
        let commits = self.chronicle.of(done);
        ensure!(commits.len() <= 1, "there are {} commits of one operation", commits.len());
        let excused = match error {
            Error::CommitUnknown { version, .. } => {
                ensure!(commits.iter().all(|(_, committed)| *committed as u64 == *version), "it is another version");
                return ensure_struck(struck, error);
            }
            Error::AppendBehind { .. } => {
                let appends = matches!(deed, Deed::Write(written) if written.mode == varvite_dataset::Mode::Append);
                ensure!(appends, "nothing was appended");
                true
            }
            Error::Dropped { .. } => self.removed,
            Error::NotFound { .. } => self.removed || matches!(deed, Deed::Remove),
            Error::Storage { .. } => false,
            _ => bail!("an error that nothing explains: {error} ({error:?})"),
        };
        ensure!(commits.is_empty() || struck == Struck::Gone, "it failed, and there is a commit: {error}");
        if excused { Ok(()) } else { ensure_struck(struck, error) }
    }
}

fn ensure_struck(struck: Struck, error: &Error) -> Result<()> {
    ensure!(struck != Struck::No, "nothing was done to it, and it failed: {error} ({error:?})");
    Ok(())
}
