//! [`State`]: what one version of the dataset holds, and what a commit makes of it.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use varvite_dataset::Mode;

use super::operation::{Deed, Written};
use crate::model::{Counts, Row, Rows, Same};

/// A version by the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) rows: Rows,
    pub(super) entry: Option<String>,
    apps: BTreeMap<String, u64>,
    /// Whether rows that count as the same are stored: an append that lost a race to another may leave them, and the
    /// engine drops them no earlier than a merge comes by.
    pub(super) has_duplicates: bool,
}

impl State {
    /// Does what a commit did; of a merge the counts.
    pub(super) fn apply(&mut self, deed: &Deed, same: Same) -> Result<Option<Counts>> {
        match deed {
            Deed::Write(written) => self.write(written, same),
            Deed::Remove | Deed::Look => bail!("it commits nothing, and yet there is a commit"),
        }
    }

    /// Whether the write did nothing, or would do nothing again.
    pub(super) fn holds(&self, written: &Written, same: Same) -> bool {
        let mut after = self.clone();
        self.was_applied(written) || after.write(written, same).is_ok() && after == *self
    }

    fn was_applied(&self, written: &Written) -> bool {
        written.app.as_ref().is_some_and(|(id, seq)| self.apps.get(id).is_some_and(|applied| applied >= seq))
    }

    fn write(&mut self, written: &Written, same: Same) -> Result<Option<Counts>> {
        ensure!(!self.was_applied(written), "it was applied before: {:?}", written.app);
        let counts = match written.mode {
            Mode::Merge => Some(self.rows.merge(&written.rows, same)),
            Mode::Append => {
                self.append(&written.rows, same)?;
                None
            }
            _ => {
                self.rows.overwrite(&written.rows, same);
                self.has_duplicates = false;
                None
            }
        };
        if let Some(entry) = &written.entry {
            self.entry.clone_from(entry);
        }
        self.apps.extend(written.app.clone());
        Ok(counts)
    }

    fn append(&mut self, rows: &[Row], same: Same) -> Result<()> {
        if let (Some(newest), Some(first)) = (self.rows.0.last(), rows.first()) {
            ensure!(newest.0 <= first.0, "it appends {first:?} behind {newest:?}");
            self.has_duplicates |= same != Same::Never && newest.0 == first.0;
        }
        self.rows.append(rows, same);
        Ok(())
    }

    /// Whether these are the rows of this version.
    pub(super) fn has_rows(&self, rows: &[Row], same: Same) -> bool {
        let once = |rows: &[Row]| {
            let mut once = Rows::default();
            once.overwrite(rows, same);
            once
        };
        if self.has_duplicates { once(rows) == once(&self.rows.0) } else { rows == self.rows.0 }
    }
}
