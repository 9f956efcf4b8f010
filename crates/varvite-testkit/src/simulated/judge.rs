//! What a caller was told, compared with what happened.

use anyhow::{Context, Result, bail, ensure};
use varvite_dataset::{Error, WriteReport};
use varvite_storage::sim::{SimStorage, Struck};

use super::caller::{By, Done, Outcome, Reading};
use super::chronicle::{Chronicle, Generation};
use super::operation::Verb;
use super::state::{Changed, Deed};
use crate::model::Same;

/// All that judging takes.
pub(super) struct Judge<'a> {
    pub(super) storage: &'a SimStorage,
    pub(super) chronicle: &'a mut Chronicle,
    pub(super) same: Same,
    /// Whether a dataset was removed in this phase, or what was left of one before.
    pub(super) removed: bool,
}

impl Judge<'_> {
    pub(super) fn judge(&mut self, done: &Done) -> Result<()> {
        match (&done.outcome, &done.deed) {
            (Outcome::Changed(report), Deed::Change(changed)) => self.changed(done, report, changed),
            (Outcome::Read(reading), Deed::Look) => self.read(done, reading),
            (Outcome::Kept, Deed::Keep) => self.kept(done),
            (Outcome::Removed, Deed::Remove) => {
                ensure!(self.chronicle.of(done).len() == 1, "it was removed without a commit");
                self.kept(done)
            }
            (Outcome::Nothing, Deed::Look) => Ok(()),
            (Outcome::Failed(error), deed) => self.failed(done, error, deed),
            (outcome, deed) => bail!("{deed:?} gave {outcome:?}"),
        }
    }

    fn changed(&mut self, done: &Done, report: &WriteReport, changed: &Changed) -> Result<()> {
        let sum = report.inserted + report.updated + report.identical + report.dropped;
        let given = if matches!(changed.verb, Verb::DeleteKeys(_)) { 0 } else { changed.rows.len() as u64 };
        ensure!(report.rows_in == given && report.rows_in == sum, "counts do not add up: {report:?}");
        let version = report.version_after.context("no version is reported")?;
        let version = usize::try_from(version)?;
        let commits = self.chronicle.of(done);
        if !report.committed() {
            ensure!(commits.is_empty(), "there is a commit, and none is reported");
            return self.stood(version, changed);
        }
        let [(generation, committed)] = commits[..] else { bail!("there are {} commits of it", commits.len()) };
        ensure!(committed == version, "version {version} is reported, version {committed} is there");
        let before = version.checked_sub(1).map(|before| before as u64);
        ensure!(report.version_before == before, "version before: {:?}", report.version_before);
        count(report, generation, version)?;
        let id = generation.id.clone();
        self.chronicle.acknowledge(&id, version);
        Ok(())
    }

    /// Nothing was committed, because what was wanted stands; in a dataset that was removed since, perhaps.
    fn stood(&mut self, version: usize, changed: &Changed) -> Result<()> {
        let holds = |generation: &&Generation| {
            let state = generation.commits.get(version).map(|commit| &commit.state);
            state.is_some_and(|state| state.has_duplicates || state.holds(changed, self.same))
        };
        let first = if self.removed { 0 } else { self.chronicle.generations.len().saturating_sub(1) };
        let holding = self.chronicle.generations[first..].iter().find(holds);
        let holding =
            holding.with_context(|| format!("nothing was committed, but version {version} is not what was written"))?;
        if !self.removed {
            let id = holding.id.clone();
            self.chronicle.acknowledge(&id, version);
        }
        Ok(())
    }

    /// A commit that changes no rows, if there was any need for it.
    fn kept(&mut self, done: &Done) -> Result<()> {
        let commits = self.chronicle.of(done);
        ensure!(commits.len() <= 1, "there are {} commits of one operation", commits.len());
        if let Some((generation, version)) = commits.first() {
            let (id, version) = (generation.id.clone(), *version);
            self.chronicle.acknowledge(&id, version);
        }
        Ok(())
    }

    fn read(&self, done: &Done, reading: &Reading) -> Result<()> {
        let Reading { dataset_id, version, entry, range, rows, by } = reading;
        let generation = self.chronicle.dataset(dataset_id).context("a dataset was read that never was")?;
        let commit = generation.commits.get(usize::try_from(*version)?);
        let commit = commit.context("a version was read that never was")?;
        let state = &commit.state;
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
        match by {
            None => Ok(()),
            Some(By::Name(name)) => {
                let named = generation.commits.iter().any(|commit| commit.tags.get(*name) == Some(version));
                ensure!(named, "version {version} was never named {name}");
                Ok(())
            }
            Some(By::Time(at_ms)) => {
                ensure!(commit.at_ms <= *at_ms, "version {version} is younger than {at_ms}");
                let seen = done.seen.iter().filter(|(id, _)| id == dataset_id).map(|(_, seen)| *seen).max();
                let between = version + 1..=seen.unwrap_or_default();
                let newer = between.into_iter().find(|newer| {
                    let newer = usize::try_from(*newer).ok().and_then(|newer| generation.commits.get(newer));
                    newer.is_some_and(|newer| newer.at_ms <= *at_ms)
                });
                ensure!(newer.is_none(), "version {newer:?} is not younger than {at_ms} either, {version} was read");
                Ok(())
            }
        }
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
                let appends = matches!(deed, Deed::Change(changed) if changed.verb == Verb::Append);
                ensure!(appends, "nothing was appended");
                true
            }
            Error::Dropped { .. } | Error::NotFound { .. } | Error::Conflict { .. } | Error::NoSuchVersion { .. } => {
                self.removed
            }
            Error::VersionExpired { version, .. } => {
                let expired = |generation: &Generation| generation.may_be_expired(*version);
                ensure!(self.chronicle.generations.iter().any(expired), "version {version} was kept all the time");
                true
            }
            Error::UnknownTag { tag, .. } => {
                let without = |generation: &Generation| generation.commits.iter().any(|c| !c.tags.contains_key(tag));
                ensure!(self.chronicle.generations.iter().any(without), "there was such a name all the time");
                true
            }
            Error::NoVersionAt { at_ms } => {
                let missed = |generation: &Generation| {
                    let kept = |version: usize| !generation.may_be_expired(version as u64);
                    let mut all = generation.commits.iter().enumerate();
                    all.any(|(version, commit)| kept(version) && commit.at_ms <= *at_ms && commit.by.is_none())
                };
                let mut standing = self.chronicle.generations.iter().filter(|generation| !generation.is_dropped());
                ensure!(!standing.any(missed), "there was a version at {at_ms}");
                true
            }
            Error::Storage { .. } => false,
            _ => bail!("an error that nothing explains: {error} ({error:?})"),
        };
        // Housekeeping and removals go on after their commit; and what was committed may be gone at once, with all.
        let goes_on = matches!(deed, Deed::Keep | Deed::Remove) && struck != Struck::No;
        let is_over = matches!(error, Error::Dropped { .. }) && commits.iter().all(|(of, _)| of.is_dropped());
        let may_stand = goes_on || is_over || struck == Struck::Gone;
        ensure!(commits.is_empty() || may_stand, "it failed, and there is a commit: {error}");
        if excused { Ok(()) } else { ensure_struck(struck, error) }
    }
}

/// Compares what was reported with what the model counts.
fn count(report: &WriteReport, generation: &Generation, version: usize) -> Result<()> {
    let commit = &generation.commits[version];
    if commit.state.has_duplicates {
        return Ok(());
    }
    let before = version.checked_sub(1).map(|before| &generation.commits[before].state);
    if before.is_some_and(|before| before.has_duplicates) {
        return Ok(());
    }
    let rows_before = before.map_or(0, |before| before.rows.0.len()) as u64;
    let rows_after = commit.state.rows.0.len() as u64;
    let added_up = rows_before + report.inserted == rows_after + report.deleted;
    ensure!(added_up, "{rows_before} rows before, {rows_after} after: {report:?}");
    if let Some(counts) = commit.counts {
        let wanted = (counts.inserted, counts.updated, counts.identical, counts.dropped, counts.late);
        let found = (report.inserted, report.updated, report.identical, report.dropped, report.late);
        ensure!(found == wanted, "version {version}: reported {found:?} instead of {wanted:?}");
    }
    Ok(())
}

fn ensure_struck(struck: Struck, error: &Error) -> Result<()> {
    ensure!(struck != Struck::No, "nothing was done to it, and it failed: {error} ({error:?})");
    Ok(())
}
