//! [`WriteMode`]: how rows meet those of their group.

use std::fmt;

use varvite_time::Instant;

/// How rows meet those that are stored (S13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WriteMode {
    /// All rows are kept; of several for one entity and time, reads take the one that was known last (S09).
    #[default]
    Append,
    /// Rows take the place of those of the same entity and event time, unless what is stored was created later.
    Upsert,
    /// Rows take the place of everything.
    Overwrite,
    /// Rows take the place of those whose event time lies in `start..end`, the end excluded: a back-fill.
    #[doc(alias = "backfill")]
    OverwriteRange {
        /// First instant.
        start: Instant,
        /// First instant behind it.
        end: Instant,
    },
}

impl fmt::Display for WriteMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Append => f.write_str("append"),
            Self::Upsert => f.write_str("upsert"),
            Self::Overwrite => f.write_str("overwrite"),
            Self::OverwriteRange { start, end } => write!(f, "overwrite {start}..{end}"),
        }
    }
}
