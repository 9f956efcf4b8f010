//! [`Change`]: everything that one commit can do to the rows of a dataset.

use super::Rows;
use crate::KeyRange;

/// What one commit is to do. Each has a method of [`Dataset`](crate::Dataset) of its own;
/// [`plan`](crate::Dataset::plan) and [`apply`](crate::Dataset::apply) take any of them.
#[non_exhaustive]
pub enum Change {
    /// Rows find their place, come behind all others or replace everything, as [`Mode`](crate::Mode) says.
    Write(Rows),
    /// All stored rows of a range go, and these rows of the range come.
    ReplaceRange(KeyRange, Rows),
    /// All stored rows of several ranges go, and these rows of the ranges come; what lies between them stays.
    ReplaceRanges(Vec<KeyRange>, Rows),
    /// All stored rows of a range go.
    DeleteRange(KeyRange),
    /// Stored rows go that agree with one of these in all columns given; the ordered column is one of them.
    DeleteKeys(Rows),
    /// Stored rows go that agree with one of the first rows in all their columns, of which the ordered one is one, and
    /// the second rows find their place.
    ReplaceKeys(Rows, Rows),
    /// Row groups off target are written anew, and of stored duplicates the last stays.
    Compact(Compact),
}

impl Change {
    pub(super) fn op(&self, mode: super::Mode) -> &'static str {
        match (self, mode) {
            (Self::Write(_), super::Mode::Merge) => "merge",
            (Self::Write(_), super::Mode::Append) => "append",
            (Self::Write(_), super::Mode::Overwrite) => "overwrite",
            (Self::ReplaceRange(..) | Self::ReplaceRanges(..), _) => "replace",
            (Self::DeleteRange(_) | Self::DeleteKeys(_), _) => "delete",
            (Self::ReplaceKeys(..), _) => "upsert",
            (Self::Compact(_), _) => "compact",
        }
    }
}

/// What a compaction looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compact {
    /// Row groups off target, with those beside them that are off target too.
    #[default]
    OffTarget,
    /// Every row group: stored duplicates are found wherever they are.
    Everything,
}
