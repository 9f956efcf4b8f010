//! The story of a write, in the order it happens: rows are checked, runs planned, files written, one commit made.

mod attempt;
mod change;
mod cut;
mod deleted;
mod duplicates;
mod execute;
mod incoming;
mod keep;
mod merge;
mod options;
mod origins;
mod outcome;
mod plan;
mod planned;
mod put_away;
mod report;
mod resolve;
mod rows;
mod runs;
mod spill;
mod verb;

pub use change::{Change, Compact};
pub(crate) use duplicates::{DuplicateKey, ties};
pub use options::DEFAULT_MEMORY_LIMIT;
pub use options::{Duplicates, Mode, WriteOptions};
pub use planned::{PlannedRun, PlannedWrite};
pub use report::WriteReport;
pub use rows::Rows;

use incoming::{Incoming, Memory, Rules};
use plan::Positions;
use resolve::{Resolved, resolve};
use verb::Verb;

use crate::log::Log;
use crate::{Error, KeyRange, OrderedType, Result, Snapshot};

/// A change whose rows are checked: it can be planned and executed on any version of the dataset.
pub(crate) struct Write {
    options: WriteOptions,
    op: &'static str,
    verb: Verb,
    resolved: Resolved,
    incoming: Incoming,
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
            Change::ReplaceRange(range, rows) => (Verb::Replace(vec![range]), rows),
            Change::ReplaceRanges(ranges, rows) => (Verb::Replace(ranges), rows),
            Change::DeleteRange(range) => (Verb::Replace(vec![range]), Rows::none()),
            Change::DeleteKeys(keys) => (Verb::DeleteNothing(Some(keys)), Rows::none()),
            Change::ReplaceKeys(keys, rows) => (Verb::DeleteNothing(Some(keys)), rows),
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

    /// The rows that replace ranges lie in them.
    fn check_range(&self) -> Result<()> {
        let (Verb::Replace(given), Some(ordered)) = (&self.verb, &self.resolved.ordered_type) else { return Ok(()) };
        let ranges = replaced(ordered, given)?;
        let Some(row) = plan::first_outside(&ranges, &self.incoming) else { return Ok(()) };
        let range = given.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Err(Error::OutsideRange { value: ordered.format(&self.incoming.value(row)), range })
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
}

/// The ranges that are replaced, in the column's own type: in order, disjoint, none of them empty.
fn replaced(ordered: &OrderedType, given: &[KeyRange]) -> Result<Vec<KeyRange>> {
    Ok(KeyRange::union(given.iter().map(|range| ordered.coerce_range(range)).collect::<Result<_>>()?))
}
