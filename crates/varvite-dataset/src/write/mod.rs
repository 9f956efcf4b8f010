//! The story of a write, in the order it happens: rows are checked, runs planned, files written, one commit made.

mod change;
mod cut;
mod deleted;
mod duplicates;
mod execute;
mod incoming;
mod keep;
mod merge;
mod options;
mod plan;
mod planned;
mod put_away;
mod report;
mod resolve;
mod rows;
mod spill;

use std::sync::Arc;

pub use change::{Change, Compact};
pub(crate) use duplicates::{DuplicateKey, ties};
pub use options::DEFAULT_MEMORY_LIMIT;
pub use options::{Duplicates, Mode, WriteOptions};
pub use planned::{PlannedRun, PlannedWrite};
pub use report::WriteReport;
pub use rows::Rows;

use deleted::DeletedKeys;
use execute::{Executed, Execution, discard};
use incoming::{Incoming, Memory, Rules};
use keep::Keep;
use merge::Tally;
use plan::{Layout, Positions, Run, plan_delete_keys, plan_merge, plan_replace};
use resolve::{Resolved, resolve};

use crate::log::{CommitOutcome, Draft, Log, MAX_ATTEMPTS, is_missing, was_swept};
use crate::{Error, Files, KeyRange, Result, Snapshot};

/// A change whose rows are checked: it can be planned and executed on any version of the dataset.
pub(crate) struct Write {
    options: WriteOptions,
    op: &'static str,
    verb: Verb,
    resolved: Resolved,
    incoming: Incoming,
}

/// What happens to stored rows.
enum Verb {
    Merge,
    Append,
    Overwrite,
    /// The range as it was given.
    Replace(KeyRange),
    DeleteKeys(DeletedKeys),
    /// Keys of a dataset without columns: it has no rows, unless another writer is faster.
    DeleteNothing(Option<Rows>),
    Compact(Compact),
}

impl Write {
    /// Checks a change and its rows against `snapshot`. Nothing is written.
    pub(crate) fn prepare(
        log: &Log,
        snapshot: Option<&Snapshot>,
        change: Change,
        options: &WriteOptions,
    ) -> Result<Self> {
        let scratch = || log.scratch_file();
        let memory = Memory { limit: options.memory_limit.unwrap_or(DEFAULT_MEMORY_LIMIT), scratch: &scratch };
        let op = change.op(options.mode);
        let (verb, rows) = match change {
            Change::Write(rows) => (Verb::of(options.mode), rows),
            Change::ReplaceRange(range, rows) => (Verb::Replace(range), rows),
            Change::DeleteRange(range) => (Verb::Replace(range), Rows::none()),
            Change::DeleteKeys(keys) => (Verb::DeleteNothing(Some(keys)), Rows::none()),
            Change::Compact(what) => (Verb::Compact(what), Rows::none()),
        };
        let mut resolved = resolve(snapshot, rows.schema().as_ref(), options)?;
        if let (Verb::Compact(_), Some(target)) = (&verb, options.row_group_target_size) {
            resolved.remembered.row_group_target_size = target;
        }
        let verb = verb.on_columns(&resolved, &memory)?;
        let incoming = match &resolved.schema {
            None => Incoming::default(),
            Some(schema) => Incoming::collect(
                rows,
                &Rules {
                    schema,
                    ordered_on: &resolved.settings.ordered_on,
                    key: resolved.key.as_ref(),
                    sort: options.sort,
                    evolve: options.evolve,
                    memory: &memory,
                },
            )?,
        };
        let write = Self { options: options.clone(), op, verb, resolved, incoming };
        write.check_range()?;
        Ok(write)
    }

    /// The rows that replace a range lie in it.
    fn check_range(&self) -> Result<()> {
        let (Verb::Replace(given), Some(ordered)) = (&self.verb, &self.resolved.ordered_type) else { return Ok(()) };
        let range = ordered.coerce_range(given)?;
        let Some((first, last)) = self.incoming.bounds() else { return Ok(()) };
        match [first, last].into_iter().find(|value| !range.contains(value)) {
            None => Ok(()),
            Some(value) => Err(Error::OutsideRange { value: ordered.format(&value), range: given.to_string() }),
        }
    }

    /// The runs to rewrite.
    fn runs(&self, files: &Files) -> Result<Vec<Run>> {
        let rows = 0..self.incoming.len();
        let all = Run { row_groups: 0..files.len(), rows: rows.clone(), coalesced: 0 };
        match &self.verb {
            Verb::Overwrite => Ok(vec![all]),
            Verb::Append => {
                self.check_appends(files)?;
                let run = Run { row_groups: files.len()..files.len(), ..all };
                Ok(if rows.is_empty() { Vec::new() } else { vec![run] })
            }
            Verb::Merge => Ok(self.plan_merge(files, self.resolved.settings.max_n_off_target_rgs)),
            Verb::Compact(Compact::OffTarget) => Ok(self.plan_merge(files, Some(0))),
            Verb::Compact(Compact::Everything) => {
                Ok(if files.is_empty() { Vec::new() } else { vec![Run { coalesced: files.len(), ..all }] })
            }
            Verb::Replace(range) => {
                let Some(ordered) = &self.resolved.ordered_type else { return Ok(Vec::new()) };
                let range = ordered.coerce_range(range)?;
                Ok(plan_replace(files, &range, self.incoming.len()).into_iter().collect())
            }
            Verb::DeleteKeys(deleted) => Ok(plan_delete_keys(files, &deleted.keys)),
            Verb::DeleteNothing(_) => Ok(Vec::new()),
        }
    }

    fn plan_merge(&self, files: &Files, max_n_off_target: Option<usize>) -> Vec<Run> {
        let layout = Layout {
            target: self.resolved.settings.row_group_target_size,
            deduplicate: self.resolved.key.is_some(),
            max_n_off_target,
        };
        plan_merge(files, &self.incoming, &layout, self.resolved.ordered_type.as_ref())
    }

    fn check_appends(&self, files: &Files) -> Result<()> {
        let (Some((first, _)), Some(newest), Some(ordered)) =
            (self.incoming.bounds(), files.last(), &self.resolved.ordered_type)
        else {
            return Ok(());
        };
        if first < newest.max {
            return Err(Error::AppendBehind { first: ordered.format(&first), newest: ordered.format(&newest.max) });
        }
        Ok(())
    }

    /// How many rows lie behind the newest stored one.
    fn late(&self, files: &Files) -> u64 {
        files.last().map_or(0, |newest| self.incoming.below(&newest.max))
    }

    /// What the write would do to `snapshot`.
    pub(crate) fn plan(&self, snapshot: Option<&Snapshot>) -> Result<PlannedWrite> {
        let files = &snapshot.map(|snapshot| snapshot.files.clone()).unwrap_or_default();
        planned::describe(self, &self.runs(files)?, files)
    }

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

    /// The same change on a version that another writer made.
    fn on_version(mut self, log: &Log, winner: &Snapshot) -> Result<Self> {
        let before = self.resolved.schema.take();
        self.resolved.schema.clone_from(&before);
        self.resolved = self.resolved.on_version(winner, &self.options)?;
        if let Some(schema) = self.resolved.schema.as_ref().filter(|schema| before.as_ref() != Some(schema)) {
            self.incoming = self.incoming.adapted(schema)?;
        }
        let scratch = || log.scratch_file();
        let limit = self.options.memory_limit.unwrap_or(DEFAULT_MEMORY_LIMIT);
        self.verb = self.verb.on_columns(&self.resolved, &Memory { limit, scratch: &scratch })?;
        self.check_range()?;
        Ok(self)
    }

    fn already_applied(&self, snapshot: Option<&Snapshot>) -> bool {
        let Some((id, seq)) = &self.options.app else { return false };
        snapshot.and_then(|snapshot| snapshot.apps.get(id)).is_some_and(|recorded| seq <= recorded)
    }

    fn attempt(&self, log: &Log, base: Option<&Arc<Snapshot>>, key: Option<&str>, locked: bool) -> Result<Attempt> {
        let snapshot = base.map(AsRef::as_ref);
        let files = &snapshot.map(|snapshot| snapshot.files.clone()).unwrap_or_default();
        let dataset_id = snapshot.map_or_else(|| log.new_dataset_id(), |snapshot| snapshot.dataset_id.clone());
        let runs = self.runs(files)?;
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
    fn keep(&self) -> Result<Keep<'_>> {
        Ok(match (&self.verb, &self.resolved.ordered_type) {
            (Verb::Overwrite, _) => Keep::Nothing,
            (Verb::Replace(range), Some(ordered)) => Keep::Outside(ordered.coerce_range(range)?),
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

    fn draft(&self, before: Option<&Snapshot>, dataset_id: String, executed: &Executed, key: Option<&str>) -> Draft {
        let stored = |name: &str| before.and_then(|before| before.key_value_metadata.get(name));
        let (mut set, mut unset) = (std::collections::BTreeMap::new(), Vec::new());
        for (name, value) in &self.options.key_value_metadata {
            match value {
                Some(value) if stored(name) != Some(value) => {
                    set.insert(name.clone(), value.clone());
                }
                None if stored(name).is_some() => unset.push(name.clone()),
                _ => {}
            }
        }
        let stored = before.and_then(|before| before.schema.as_ref());
        let schema = self.resolved.schema.clone().filter(|schema| stored != Some(schema));
        let settings = &self.resolved.remembered;
        Draft {
            dataset_id,
            op: self.op,
            app: self.options.app.clone(),
            range: self.incoming.bounds(),
            add: executed.added.clone(),
            durable: executed.durable.clone(),
            rm: executed.removed.clone(),
            set,
            unset,
            settings: before.is_none_or(|before| before.settings != *settings).then(|| settings.clone()),
            schema,
            key: key.filter(|_| before.is_none()).map(str::to_owned),
            ..Draft::default()
        }
    }

    fn report(&self, before: Option<&Snapshot>, executed: &Executed, after: Option<&Snapshot>) -> WriteReport {
        let files = &before.map(|before| before.files.clone()).unwrap_or_default();
        let merged = self.incoming.len();
        let skipped = self.already_applied(before);
        let tally = if skipped { Tally { identical: merged, ..Tally::default() } } else { executed.tally };
        WriteReport {
            rows_in: self.incoming.rows_in,
            inserted: tally.inserted,
            updated: tally.updated,
            identical: tally.identical,
            deleted: after
                .map_or(0, |after| (before.map_or(0, Snapshot::num_rows) + tally.inserted) - after.num_rows()),
            // Also what only the merge dropped, by the key of a dataset that another writer created meanwhile.
            dropped: self.incoming.rows_in - tally.inserted - tally.updated - tally.identical,
            late: self.late(files),
            row_groups_kept: files.len() as u64 - executed.rewritten,
            row_groups_rewritten: executed.rewritten,
            row_groups_new: executed.added.len() as u64,
            row_groups_coalesced: executed.coalesced,
            bytes_read: executed.bytes_read,
            bytes_written: executed.added.iter().map(|file| file.len).sum(),
            version_before: before.map(|before| before.version),
            version_after: after.or(before).map(|snapshot| snapshot.version),
        }
    }
}

/// What a write did, and the version that it made.
type Written = (WriteReport, Option<Arc<Snapshot>>);

impl Verb {
    /// The same, once there are columns that keys can be compared with.
    fn on_columns(mut self, resolved: &Resolved, memory: &Memory<'_>) -> Result<Self> {
        let (Self::DeleteNothing(keys), Some(schema)) = (&mut self, &resolved.schema) else { return Ok(self) };
        let Some(keys) = keys.take() else { return Ok(self) };
        DeletedKeys::collect(keys, schema, &resolved.settings.ordered_on, memory).map(Self::DeleteKeys)
    }

    fn of(mode: Mode) -> Self {
        match mode {
            Mode::Merge => Self::Merge,
            Mode::Append => Self::Append,
            Mode::Overwrite => Self::Overwrite,
        }
    }
}

enum Attempt {
    /// Committed, or found that there is nothing to commit (then without a snapshot).
    Done(WriteReport, Option<Arc<Snapshot>>),
    Lost(Arc<Snapshot>),
}
