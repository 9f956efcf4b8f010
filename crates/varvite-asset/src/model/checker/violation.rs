//! [`Violation`]: a check that rows break.

use std::fmt;

/// All checks that rows break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// Counts rows otherwise.
    pub(crate) fn map_rows(&mut self, other: impl Fn(u64) -> u64) {
        for (row, _) in self.0.iter_mut().flat_map(|violation| &mut violation.first) {
            *row = other(*row);
        }
    }
}

/// A check that rows break.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The column.
    pub column: String,
    /// The check, as text.
    pub check: String,
    /// How many rows break it; at least so many, for a function, which stops at the first.
    pub count: u64,
    /// The first of them, with their values. Rows are counted from 0, over all batches of a checker.
    pub first: Vec<(u64, String)>,
    /// What a function says about the first.
    pub reason: Option<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column `{}` breaks `{}`", self.column, self.check)?;
        let rows = if self.count == 1 { "row" } else { "rows" };
        write!(f, " in {} {rows}", self.count)?;
        for (at, (row, value)) in self.first.iter().enumerate() {
            write!(f, "{} {row}: {value}", if at == 0 { ", first" } else { "," })?;
        }
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}
