//! Which runs of row groups a write rewrites, and what it would do.

use super::Write;
use super::change::Compact;
use super::plan::{Layout, Positions, Run, plan_delete_keys, plan_merge, plan_replace, with_deletions};
use super::planned::{self, PlannedWrite};
use super::verb::Verb;
use crate::{Error, Files, Result, Snapshot};

impl Write {
    /// The runs to rewrite.
    pub(super) fn runs(&self, files: &Files) -> Result<Vec<Run>> {
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
            Verb::Replace(ranges) => {
                let Some(ordered) = &self.resolved.ordered_type else { return Ok(Vec::new()) };
                Ok(plan_replace(files, &super::replaced(ordered, ranges)?, &self.incoming))
            }
            Verb::DeleteKeys(deleted) => {
                Ok(with_deletions(self.plan_merge(files, None), plan_delete_keys(files, &deleted.keys)))
            }
            Verb::DeleteNothing(_) => Ok(Vec::new()),
        }
    }

    fn plan_merge(&self, files: &Files, max_n_off_target: Option<usize>) -> Vec<Run> {
        let layout = Layout {
            target: self.resolved.settings.row_group_target_size,
            // Rows that take the place of others meet them.
            deduplicate: self.resolved.key.is_some() || matches!(self.verb, Verb::DeleteKeys(_)),
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
    pub(super) fn late(&self, files: &Files) -> u64 {
        files.last().map_or(0, |newest| self.incoming.below(&newest.max))
    }

    /// What the write would do to `snapshot`.
    pub(crate) fn plan(&self, snapshot: Option<&Snapshot>) -> Result<PlannedWrite> {
        let files = &snapshot.map(|snapshot| snapshot.files.clone()).unwrap_or_default();
        planned::describe(self, &self.runs(files)?, files)
    }
}
