//! What can go wrong with operators. A call that fails leaves its operator as it was.

use arrow::error::ArrowError;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation that did not work. The operator's state is what it was before the call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option that does not fit the others, or the columns.
    #[error("option `{option}` cannot be used: {reason}")]
    InvalidOption {
        /// The option.
        option: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Two columns of the result would have the same name.
    #[error("two columns of the result are named `{column}`: {first} and {second}")]
    DuplicateColumn {
        /// The name.
        column: String,
        /// Where the first comes from.
        first: String,
        /// Where the second comes from.
        second: String,
    },
    /// A column that is needed is not there.
    #[error("{place} have no column `{column}`: {known}")]
    UnknownColumn {
        /// The column.
        column: String,
        /// Which rows.
        place: String,
        /// Those that there are.
        known: String,
    },
    /// A column has a type that cannot be used so.
    #[error("column `{column}` of {place} is {data_type}: {reason}")]
    UnsupportedType {
        /// The column.
        column: String,
        /// Which rows.
        place: String,
        /// Its type.
        data_type: String,
        /// What it cannot do.
        reason: String,
    },
    /// The columns are not those of earlier rows, or of the other groups.
    #[error("the columns of {place} do not fit: {reason}")]
    ColumnsChanged {
        /// Which rows.
        place: String,
        /// What differs.
        reason: String,
    },
    /// Rows are not in order. Sort them by the column.
    #[error("column `{column}` of {place} descends at row {row}: {value} after {before}")]
    Unordered {
        /// The ordered column.
        column: String,
        /// Which rows.
        place: String,
        /// The row that is too small, counted from 0 in the batch.
        row: usize,
        /// Its value.
        value: String,
        /// The value before it, perhaps of an earlier call.
        before: String,
    },
    /// The ordered column misses a value.
    #[error("column `{column}` of {place} is {found} at row {row}, but rows are ordered on it")]
    Unorderable {
        /// The ordered column.
        column: String,
        /// Which rows.
        place: String,
        /// The row, counted from 0 in the batch.
        row: usize,
        /// `null` or `NaN`.
        found: &'static str,
    },
    /// A target lies before rows that earlier calls brought, and what it would match is no longer kept.
    #[error("target row {row} is at {target}, but {place} had a row at {seen} in an earlier call")]
    LateTarget {
        /// The target's row, counted from 0 in the batch.
        row: usize,
        /// Its value.
        target: String,
        /// Group and frame.
        place: String,
        /// The last value of an earlier call.
        seen: String,
    },
    /// Groups, frames or choices that do not fit together.
    #[error("the groups do not fit: {reason}")]
    Groups {
        /// What is wrong.
        reason: String,
    },
    /// Between two rows lie more bins than are made at once.
    #[error("more than {limit} bins lie between two rows, after {after}")]
    TooManyBins {
        /// Most empty bins of one call.
        limit: usize,
        /// Label of the last bin with rows.
        after: String,
    },
    /// A sum does not fit its column.
    #[error("`{output}` overflows in bin {bin} of this call")]
    Overflow {
        /// The column of the result.
        output: String,
        /// The bin, counted from 0 in the call's result.
        bin: usize,
    },
    /// A saved state is not one of this operator with these options.
    #[error("the saved state does not fit: {reason}")]
    State {
        /// What differs.
        reason: String,
    },
    /// More rows at once than positions count.
    #[error("{rows} rows at once are too many: push at most {limit}")]
    TooManyRows {
        /// How many there are, with those that are remembered.
        rows: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Arrow could not do something.
    #[error("cannot {action}")]
    Arrow {
        /// What it was asked to do.
        action: &'static str,
        /// Why it could not.
        source: ArrowError,
    },
}

impl Error {
    /// A code that stays the same over versions.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidOption { .. } => "VV0801",
            Self::DuplicateColumn { .. } => "VV0802",
            Self::UnknownColumn { .. } => "VV0803",
            Self::UnsupportedType { .. } => "VV0804",
            Self::ColumnsChanged { .. } => "VV0805",
            Self::Unordered { .. } => "VV0810",
            Self::Unorderable { .. } => "VV0811",
            Self::LateTarget { .. } => "VV0812",
            Self::Groups { .. } => "VV0813",
            Self::TooManyBins { .. } => "VV0820",
            Self::Overflow { .. } => "VV0821",
            Self::State { .. } => "VV0830",
            Self::TooManyRows { .. } => "VV0831",
            Self::Arrow { .. } => "VV0832",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::DuplicateColumn { .. } => "give a prefix, or rename a column",
            Self::ColumnsChanged { .. } => "cast or rename columns before they are pushed",
            Self::Unordered { .. } => "sort the rows, and push them in the order of time",
            Self::LateTarget { .. } => {
                "push rows no further than the targets go, or say `EarlierRows::Precede` if earlier rows are to match all later targets"
            }
            Self::TooManyBins { .. } => "leave empty bins out, take longer bins, or look for a wrong timestamp",
            Self::State { .. } => "begin anew, with the rows before the start as warm-up",
            Self::TooManyRows { .. } => "push the rows in several batches",
            _ => return None,
        })
    }

    pub(crate) fn arrow(action: &'static str) -> impl FnOnce(ArrowError) -> Self {
        move |source| Self::Arrow { action, source }
    }
}
