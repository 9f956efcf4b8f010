//! A write carried out: files, then one commit; a lost race is planned and run again.

use std::sync::Arc;

use super::Write;
use super::execute::{Executed, Execution, discard};
use super::keep::Keep;
use super::plan::{Positions, Run};
use super::report::WriteReport;
use super::verb::Verb;
use crate::log::{CommitOutcome, Log, MAX_ATTEMPTS, is_missing, was_swept};
use crate::{Error, Result, Snapshot};

/// What a write did, and the version that it made.
pub(crate) type Written = (WriteReport, Option<Arc<Snapshot>>);

/// How an attempt ended.
enum Attempt {
    /// Committed, or found that there is nothing to commit (then without a snapshot).
    Done(WriteReport, Option<Arc<Snapshot>>),
    Lost(Arc<Snapshot>),
}

impl Write {
    /// Writes and commits; a lost race is planned and run again on the winner's version.
    pub(crate) fn run(self, log: &Log, snapshot: Option<Arc<Snapshot>>, key: Option<&str>) -> Result<Written> {
        let written = self.run_locked(log, snapshot, key)?;
        if !written.0.committed() {
            // What stands already may be another writer's, who is about to make it durable.
            log.make_versions_durable()?;
        }
        Ok(written)
    }

    fn run_locked(self, log: &Log, snapshot: Option<Arc<Snapshot>>, key: Option<&str>) -> Result<Written> {
        if self.already_applied(snapshot.as_deref()) {
            return Ok((self.report(snapshot.as_deref(), &Executed::default(), None), None));
        }
        // The lock file stands beside the folders: they come first.
        let is_first = snapshot.is_none();
        if is_first {
            log.prepare()?;
        }
        let lock = log.take_lock_to_write(snapshot.as_deref());
        if is_first {
            log.finish_removal(lock.is_some())?;
            // Whoever held the lock before may have removed the folders again.
            log.prepare()?;
        }
        let written = self.run_until_won(log, snapshot, key, lock.is_some());
        if is_first && written.is_err() {
            log.unprepare();
        }
        written
    }

    fn run_until_won(
        self,
        log: &Log,
        snapshot: Option<Arc<Snapshot>>,
        key: Option<&str>,
        locked: bool,
    ) -> Result<Written> {
        let mut base = snapshot;
        let mut write = self;
        for attempt in 1..=MAX_ATTEMPTS {
            write.check_expected(base.as_deref())?;
            let outcome = match write.attempt(log, base.as_ref(), key, locked) {
                Err(error) if attempt < MAX_ATTEMPTS && (was_swept(&error) || is_missing(&error)) => {
                    tracing::debug!(%error, "another writer tidied up");
                    match log.start_over(base.as_deref())? {
                        Some(winner) => Attempt::Lost(Arc::new(winner)),
                        None if is_missing(&error) => return Err(error),
                        None => continue,
                    }
                }
                outcome => outcome?,
            };
            match outcome {
                Attempt::Done(report, after) => return Ok((report, after)),
                Attempt::Lost(winner) => {
                    tracing::debug!(version = winner.version, "another writer was faster");
                    // A new dataset may have been created for another key meanwhile.
                    winner.check_key(key, log.data_folder())?;
                    write = write.on_version(log, &winner)?;
                    if write.already_applied(Some(&winner)) {
                        return Ok((write.report(Some(&winner), &Executed::default(), None), Some(winner)));
                    }
                    base = Some(winner);
                }
            }
        }
        Err(Error::Conflict { version: base.map_or(0, |snapshot| snapshot.version + 1), attempts: MAX_ATTEMPTS })
    }

    fn check_expected(&self, base: Option<&Snapshot>) -> Result<()> {
        let (Some(expected), found) = (self.options.expected_version, base.map(|base| base.version)) else {
            return Ok(());
        };
        if expected == found { Ok(()) } else { Err(Error::VersionMismatch { expected, found }) }
    }

    fn attempt(&self, log: &Log, base: Option<&Arc<Snapshot>>, key: Option<&str>, locked: bool) -> Result<Attempt> {
        let snapshot = base.map(AsRef::as_ref);
        let files = &snapshot.map(|snapshot| snapshot.files.clone()).unwrap_or_default();
        let dataset_id = snapshot.map_or_else(|| log.new_dataset_id(), |snapshot| snapshot.dataset_id.clone());
        let runs = self.runs(files)?;
        let _files = log.expect_leftovers_of_a_panic();
        let executed = self.execute(log, snapshot, &dataset_id, &runs)?;
        let executed = self.forget_if_unchanged(log, executed);
        let draft = self.draft(snapshot, dataset_id, &executed, key);
        if let Some(seen) = snapshot.filter(|_| draft.is_empty()) {
            // Nothing to do, as far as this handle sees: a newer version may lack these rows.
            return Ok(match log.refresh(seen)? {
                Some(winner) => Attempt::Lost(Arc::new(winner)),
                None => Attempt::Done(self.report(snapshot, &executed, None), None),
            });
        }
        match log.commit(snapshot, &draft, locked) {
            Ok(CommitOutcome::Committed(after)) => {
                log.tidy_after(&after, &executed.removed, locked);
                if let Some(before) = snapshot {
                    log.delete_expired(before, &after);
                }
                Ok(Attempt::Done(self.report(snapshot, &executed, Some(&after)), Some(Arc::new(*after))))
            }
            Ok(CommitOutcome::Conflict { winner }) => {
                discard(log, &executed.added);
                Ok(Attempt::Lost(Arc::new(*winner)))
            }
            // Whether it stands is unknown: readers may need the files.
            Err(error @ Error::CommitUnknown { .. }) => {
                log.expect_leftovers();
                Err(error)
            }
            Err(error) => {
                discard(log, &executed.added);
                Err(error)
            }
        }
    }

    /// Which stored rows of the runs stay.
    pub(super) fn keep(&self) -> Result<Keep<'_>> {
        Ok(match (&self.verb, &self.resolved.ordered_type) {
            (Verb::Overwrite, _) => Keep::Nothing,
            (Verb::Replace(ranges), Some(ordered)) => Keep::Outside(super::replaced(ordered, ranges)?),
            (Verb::DeleteKeys(keys), _) => Keep::Without(keys),
            _ => Keep::All,
        })
    }

    fn execute(&self, log: &Log, snapshot: Option<&Snapshot>, dataset_id: &str, runs: &[Run]) -> Result<Executed> {
        let Some(schema) = &self.resolved.schema else {
            return Ok(Executed { unchanged: true, ..Executed::default() });
        };
        let execution = Execution {
            log,
            dataset_id,
            base: snapshot.map_or(0, |snapshot| snapshot.version + 1),
            snapshot,
            files: &snapshot.map(|snapshot| snapshot.files.clone()).unwrap_or_default(),
            schema,
            ordered_on: &self.resolved.settings.ordered_on,
            key: self.resolved.key.as_ref(),
            target: self.resolved.settings.row_group_target_size,
            compression: self.resolved.settings.compression,
            keep: self.keep()?,
        };
        execution.execute(runs, &self.incoming)
    }

    /// Rows that are stored already, in the same order, are no reason to write: what was written is removed again.
    fn forget_if_unchanged(&self, log: &Log, executed: Executed) -> Executed {
        let for_rows = match self.verb {
            Verb::Merge | Verb::Replace(_) => self.incoming.len() > 0,
            Verb::DeleteKeys(_) | Verb::DeleteNothing(_) => true,
            // Only the layout was to change.
            Verb::Append | Verb::Overwrite | Verb::Compact(_) => false,
        };
        let for_rows = for_rows || (self.op == "delete");
        if !(executed.unchanged && for_rows) {
            return executed;
        }
        discard(log, &executed.added);
        Executed { tally: executed.tally, bytes_read: executed.bytes_read, unchanged: true, ..Executed::default() }
    }
}
