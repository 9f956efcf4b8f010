//! What a write asks to be committed, and what it reports.

use std::collections::BTreeMap;

use super::Write;
use super::execute::Executed;
use super::merge::Tally;
use super::plan::Positions;
use super::report::WriteReport;
use crate::Snapshot;
use crate::log::Draft;

impl Write {
    /// The commit that names what was executed.
    pub(super) fn draft(
        &self,
        before: Option<&Snapshot>,
        dataset_id: String,
        executed: &Executed,
        key: Option<&str>,
    ) -> Draft {
        let stored = |name: &str| before.and_then(|before| before.key_value_metadata.get(name));
        let (mut set, mut unset) = (BTreeMap::new(), Vec::new());
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

    /// What was done, to the version `before`; `after` if that made another.
    pub(super) fn report(
        &self,
        before: Option<&Snapshot>,
        executed: &Executed,
        after: Option<&Snapshot>,
    ) -> WriteReport {
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
