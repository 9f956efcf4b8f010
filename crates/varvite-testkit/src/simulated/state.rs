//! [`State`]: what one version of the dataset holds, and what a commit makes of it.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};

use super::operation::{Keys, Verb};
use crate::model::{Counts, Row, Rows, Same};
use crate::shape::OTHER;

/// What an operation was meant to change, once it was known: what the model repeats if it was committed.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Change(Changed),
    /// Names of versions, or which ones stay: no row.
    Keep,
    Remove,
    /// Nothing.
    Look,
}

/// The meaning of a change.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) verb: Verb,
    pub(super) rows: Vec<Row>,
    pub(super) entry: Entry,
    pub(super) app: Option<(String, u64)>,
}

/// A change of the entry of the metadata, if there is one: to a value, or away.
pub(super) type Entry = Option<Option<String>>;

/// A version by the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) rows: Rows,
    pub(super) entry: Option<String>,
    apps: BTreeMap<String, u64>,
    /// Whether rows that count as the same are stored: an append that lost a race to another may leave them, and the
    /// engine drops them no earlier than it reads them for another reason.
    pub(super) has_duplicates: bool,
    /// Whether the dataset ended here.
    pub(super) dropped: bool,
}

impl State {
    /// Does what a commit did; of a merge the counts.
    pub(super) fn apply(&mut self, deed: &Deed, same: Same) -> Result<Option<Counts>> {
        ensure!(!self.dropped, "the dataset was dropped before");
        match deed {
            Deed::Change(changed) => return self.change(changed, same),
            Deed::Keep => {}
            Deed::Remove => self.dropped = true,
            Deed::Look => bail!("it commits nothing, and yet there is a commit"),
        }
        Ok(None)
    }

    /// Whether the change did nothing, or would do nothing again.
    pub(super) fn holds(&self, changed: &Changed, same: Same) -> bool {
        let mut after = self.clone();
        self.was_applied(changed) || after.change(changed, same).is_ok() && after == *self
    }

    fn was_applied(&self, changed: &Changed) -> bool {
        changed.app.as_ref().is_some_and(|(id, seq)| self.apps.get(id).is_some_and(|applied| applied >= seq))
    }

    fn change(&mut self, changed: &Changed, same: Same) -> Result<Option<Counts>> {
        ensure!(!self.was_applied(changed), "it was applied before: {:?}", changed.app);
        let Changed { verb, rows, entry, app } = changed;
        let mut counts = None;
        match *verb {
            Verb::Merge => counts = Some(self.rows.merge(rows, same)),
            Verb::Append => self.append(rows, same)?,
            Verb::Overwrite => {
                self.rows.overwrite(rows, same);
                self.has_duplicates = false;
            }
            Verb::Replace(start, end) => self.rows.replace(start, end, rows, same),
            Verb::DeleteRange(start, end) => self.rows.replace(start, end, &[], same),
            Verb::DeleteKeys(keys) => {
                let doomed = |row: &Row| rows.iter().any(|key| keys.agree(key, row));
                self.rows.0.retain(|row| !doomed(row));
            }
            Verb::Compact(everything) => {
                if everything && self.has_duplicates {
                    self.rows = once(&self.rows.0, same);
                    self.has_duplicates = false;
                }
            }
        }
        if let Some(entry) = entry {
            self.entry.clone_from(entry);
        }
        self.apps.extend(app.clone());
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
        if self.has_duplicates { once(rows, same) == once(&self.rows.0, same) } else { rows == self.rows.0 }
    }
}

impl Keys {
    fn agree(self, key: &Row, row: &Row) -> bool {
        let value = |row: &Row| row.2.rem_euclid(OTHER);
        key.0 == row.0 && (self == Self::Time || value(key) == value(row))
    }
}

/// Rows without those that a later one replaces.
pub(super) fn once(rows: &[Row], same: Same) -> Rows {
    let mut once = Rows::default();
    once.overwrite(rows, same);
    once
}
