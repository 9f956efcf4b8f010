//! What can go wrong with assets.

use varvite_storage::StoragePath;

use crate::{Missing, Violations};

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation on assets that did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Text that is no resolution.
    #[error("`{text}` is no resolution: {reason}")]
    InvalidResolution {
        /// The text as given.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// A range of time that makes no sense.
    #[error("the range `{range}` cannot be used: {reason}")]
    InvalidRange {
        /// The range as given.
        range: String,
        /// What is wrong.
        reason: String,
    },
    /// A name, a key or a definition that cannot be stored, or not be found again.
    #[error("`{name}` cannot be used: {reason}")]
    InvalidName {
        /// The name as given.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// An option that does not fit.
    #[error("option `{option}` cannot be used: {reason}")]
    InvalidOption {
        /// The option.
        option: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Text that is no filter.
    #[error("filter `{filter}` cannot be read at character {character}: {reason}")]
    InvalidFilter {
        /// The text as given.
        filter: String,
        /// Where reading ended, counted from 1.
        character: usize,
        /// What is wrong there.
        reason: String,
    },
    /// No asset has this name.
    #[error("there is no asset `{asset}`: {known}")]
    AssetNotFound {
        /// The asset as asked for.
        asset: String,
        /// Those that there are.
        known: String,
    },
    /// The asset exists, in other versions.
    #[error("{asset} has no version {version}: {known}")]
    VersionNotFound {
        /// The asset.
        asset: String,
        /// The version as asked for.
        version: u32,
        /// Those that there are.
        known: String,
    },
    /// Intervals that a field wants were never written, and its policy is to fail.
    #[error("field `{field}` wants {asset}, and {}{}", never_written(*.count, .intervals), if *.policy == Missing::Fail { "; its policy is `fail`" } else { "" })]
    MissingIntervals {
        /// The field.
        field: String,
        /// The asset.
        asset: String,
        /// How many there are.
        count: usize,
        /// The first of them.
        intervals: String,
        /// What the field does about them.
        policy: Missing,
    },
    /// The columns are not those that the asset's version was registered with, or those that a model needs.
    #[error("the columns of {asset} do not fit: {reason}")]
    SchemaMismatch {
        /// The asset.
        asset: String,
        /// What is wrong, by column.
        reason: String,
    },
    /// A value cannot be what its field is.
    #[error("{asset}: column `{column}`, row {row} of {place}: {reason}")]
    Decode {
        /// The asset.
        asset: String,
        /// The column.
        column: String,
        /// The row, counted from 0 in `place`.
        row: u64,
        /// The file, or what else the rows are from.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// Rows break a check of their model. Nothing was written, or nothing is returned.
    #[error("{asset} in {place}: {violations}")]
    ChecksFailed {
        /// The asset.
        asset: String,
        /// The file, or what else the rows are from.
        place: String,
        /// What was broken, by column and row.
        violations: Violations,
    },
    /// Somebody else changed the asset meanwhile.
    #[error("{asset} was changed by somebody else meanwhile")]
    Conflict {
        /// The asset.
        asset: String,
    },
    /// Of several partitions, which are a commit each, some were written and one failed. The others were not tried: write
    /// them again.
    #[error("{asset}: {} of its partitions {} written ({}), then `{failed}` failed", .written.len(), if .written.len() == 1 { "was" } else { "were" }, .written.join("; "))]
    PartlyWritten {
        /// The asset.
        asset: String,
        /// Partitions that were written.
        written: Vec<String>,
        /// The partition that failed.
        failed: String,
        /// Why.
        source: Box<Error>,
    },
    /// A fetch, or one of its scans, took too long.
    #[error("{what} took longer than {limit:?}")]
    TimedOut {
        /// What took too long.
        what: String,
        /// The limit.
        limit: std::time::Duration,
    },
    /// The fetch was given up.
    #[error("the fetch was cancelled")]
    Cancelled,
    /// A fetch runs on tokio: within a runtime it is awaited, elsewhere the blocking form makes one.
    #[error("a fetch is awaited within a tokio runtime, and its blocking form is called outside of one")]
    NoRuntime,
    /// Several fields could not be fetched.
    #[error("{} fields could not be fetched: {}", .0.len(), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Several(Vec<Error>),
    /// A part of a field could not be read.
    #[error("field `{field}`, {asset}, {place}")]
    Scan {
        /// The field.
        field: String,
        /// The asset.
        asset: String,
        /// The intervals or files.
        place: String,
        /// Why.
        source: Box<Error>,
    },
    /// A store or one of its datasets.
    #[error(transparent)]
    Store(Box<varvite_store::Error>),
    /// A dataset.
    #[error("{asset}")]
    Dataset {
        /// The asset.
        asset: String,
        /// The dataset's answer.
        source: Box<varvite_dataset::Error>,
    },
    /// Reading or writing failed.
    #[error("{operation} `{path}` failed")]
    Storage {
        /// What was tried.
        operation: &'static str,
        /// The path.
        path: StoragePath,
        /// The storage's answer.
        source: varvite_storage::Error,
    },
    /// A file that the catalog keeps about assets cannot be used.
    #[error("`{file}` is damaged: {reason}")]
    Damaged {
        /// The file, below the catalog's root.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// Arrow failed.
    #[error("cannot {action}")]
    Arrow {
        /// What was tried.
        action: &'static str,
        /// Arrow's answer.
        source: arrow::error::ArrowError,
    },
    /// Polars failed.
    #[cfg(feature = "polars")]
    #[error("cannot {action}")]
    Frame {
        /// What was tried.
        action: &'static str,
        /// Polars' answer.
        source: polars::prelude::PolarsError,
    },
}

impl Error {
    /// A code that stays the same when the text changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidResolution { .. } => "VV0601",
            Self::InvalidRange { .. } => "VV0602",
            Self::InvalidName { .. } => "VV0603",
            Self::InvalidOption { .. } => "VV0604",
            Self::InvalidFilter { .. } => "VV0605",
            Self::AssetNotFound { .. } => "VV0610",
            Self::VersionNotFound { .. } => "VV0611",
            Self::MissingIntervals { .. } => "VV0612",
            Self::SchemaMismatch { .. } => "VV0613",
            Self::Decode { .. } => "VV0614",
            Self::ChecksFailed { .. } => "VV0615",
            Self::Conflict { .. } => "VV0616",
            Self::PartlyWritten { .. } => "VV0617",
            Self::TimedOut { .. } => "VV0620",
            Self::Cancelled => "VV0621",
            Self::Several(errors) => errors.first().map_or("VV0622", Self::code),
            Self::NoRuntime => "VV0623",
            Self::Scan { source, .. } => source.code(),
            Self::Store(error) => error.code(),
            Self::Dataset { source, .. } => source.code(),
            Self::Storage { .. } => "VV0630",
            Self::Damaged { .. } => "VV0631",
            Self::Arrow { .. } => "VV0632",
            #[cfg(feature = "polars")]
            Self::Frame { .. } => "VV0633",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::VersionNotFound { .. } => {
                "ask for a version that is there, or say how older rows become newer ones: `reads(...)`"
            }
            Self::MissingIntervals { .. } => {
                "write them, or let the field do without: `missing = \"skip\"` or `\"warn\"`"
            }
            Self::SchemaMismatch { .. } => "give the model another version, or a default for columns that are absent",
            Self::ChecksFailed { .. } => "mend these rows, or the check",
            Self::Conflict { .. } => "read it again, and try again",
            Self::PartlyWritten { .. } => {
                "write all of it again: what was written already is replaced by the same rows"
            }
            Self::TimedOut { .. } => "give it more time, or ask for less",
            Self::NoRuntime => "use `fetch(..).await` within a runtime, and `fetch_blocking(..)` without one",
            Self::Several(errors) => return errors.first().and_then(Self::help),
            Self::Scan { source, .. } => return source.help(),
            Self::Store(error) => return error.help(),
            Self::Dataset { source, .. } => return source.help(),
            _ => return None,
        })
    }

    /// Whether the same call may work a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Storage { source, .. } => source.is_transient(),
            Self::Dataset { source, .. } => dataset_is_transient(source),
            Self::Store(error) => store_is_transient(error),
            Self::Scan { source, .. } | Self::PartlyWritten { source, .. } => source.is_transient(),
            _ => false,
        }
    }
}

fn never_written(count: usize, intervals: &str) -> String {
    match count {
        0 => "nothing of it was ever written".to_owned(),
        1 => format!("1 of its intervals was never written: {intervals}"),
        _ => format!("{count} of its intervals were never written: {intervals}"),
    }
}

fn store_is_transient(error: &varvite_store::Error) -> bool {
    match error {
        varvite_store::Error::Storage { source, .. } => source.is_transient(),
        varvite_store::Error::Dataset { source, .. } => dataset_is_transient(source),
        _ => false,
    }
}

fn dataset_is_transient(error: &varvite_dataset::Error) -> bool {
    matches!(error, varvite_dataset::Error::Storage { source, .. } if source.is_transient())
}

impl From<varvite_store::Error> for Error {
    fn from(error: varvite_store::Error) -> Self {
        Self::Store(Box::new(error))
    }
}
