//! [`Verb`]: what a write does to stored rows.

use super::change::Compact;
use super::deleted::DeletedKeys;
use super::incoming::Memory;
use super::options::Mode;
use super::resolve::Resolved;
use super::rows::Rows;
use crate::{KeyRange, Result};

/// What happens to stored rows.
pub(super) enum Verb {
    Merge,
    Append,
    Overwrite,
    /// The ranges as they were given.
    Replace(Vec<KeyRange>),
    /// Rows that are given take the place of those that go.
    DeleteKeys(DeletedKeys),
    /// Keys of a dataset without columns: it has no rows, unless another writer is faster.
    DeleteNothing(Option<Rows>),
    Compact(Compact),
}

impl Verb {
    /// The same, once there are columns that keys can be compared with.
    pub(super) fn on_columns(mut self, resolved: &Resolved, memory: &Memory<'_>) -> Result<Self> {
        let (Self::DeleteNothing(keys), Some(schema)) = (&mut self, &resolved.schema) else { return Ok(self) };
        let Some(keys) = keys.take() else { return Ok(self) };
        DeletedKeys::collect(keys, schema, &resolved.settings.ordered_on, memory).map(Self::DeleteKeys)
    }

    pub(super) fn of(mode: Mode) -> Self {
        match mode {
            Mode::Merge => Self::Merge,
            Mode::Append => Self::Append,
            Mode::Overwrite => Self::Overwrite,
        }
    }
}
