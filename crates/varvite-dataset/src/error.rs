//! What can go wrong, by what the caller can do about it.

use varvite_storage::StoragePath;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation on a dataset that did not work. Whatever it was, the dataset is as it was before, except after
/// [`Error::CommitUnknown`] and after a removal that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no dataset at the path.
    #[error("there is no dataset at `{path}`")]
    NotFound {
        /// Where it was looked for.
        path: String,
    },
    /// A name that no dataset can have.
    #[error("a dataset cannot be named `{name}`: {reason}")]
    InvalidName {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The rows are not ascending. Sort them by the column, or ask for sorting, and write again.
    #[error("column `{column}` descends at row {row}: {value} after {before}")]
    Unordered {
        /// The ordered column.
        column: String,
        /// The first row that is smaller than the row before it, counted from 0 over all batches.
        row: u64,
        /// Its value.
        value: String,
        /// The value before it.
        before: String,
    },
    /// The ordered column misses a value, or holds NaN. Fill or drop the row and write again.
    #[error("column `{column}` is {found} at row {row}, but rows are ordered on it")]
    Unorderable {
        /// The ordered column.
        column: String,
        /// The first such row, counted from 0 over all batches.
        row: u64,
        /// `null` or `NaN`.
        found: &'static str,
    },
    /// Rows cannot be ordered on a column of this type.
    #[error(
        "rows cannot be ordered on column `{column}` of type {data_type}: use integers, floats, decimals, dates, timestamps or strings"
    )]
    UnorderableType {
        /// The column.
        column: String,
        /// Its Arrow type.
        data_type: String,
    },
    /// A named column does not exist.
    #[error("there is no column `{column}`{}", suggestion.as_ref().map(|name| format!(": did you mean `{name}`?")).unwrap_or_default())]
    UnknownColumn {
        /// The name as given.
        column: String,
        /// A column with a similar name.
        suggestion: Option<String>,
    },
    /// The batch's columns are not the stored ones. Rename, add or cast columns and write again.
    #[error("column `{column}` does not fit the stored schema: {reason}")]
    SchemaMismatch {
        /// The first column that differs.
        column: String,
        /// How it differs.
        reason: String,
    },
    /// The dataset is ordered on another column; that never changes.
    #[error("the dataset is ordered on `{stored}`, not on `{given}`")]
    OrderedOnMismatch {
        /// What the dataset remembers.
        stored: String,
        /// What was asked for.
        given: String,
    },
    /// Nothing was said about the column that a new dataset is to be ordered on.
    #[error("a new dataset needs a column that it is ordered on")]
    OrderedOnMissing,
    /// The folder belongs to another typed key: two keys that differ only by case share a folder on this disk.
    #[error("the dataset at `{path}` belongs to key `{stored}`, not to `{given}`")]
    KeyMismatch {
        /// Where the dataset is.
        path: String,
        /// The key in its first record.
        stored: String,
        /// The key that was asked for.
        given: String,
    },
    /// An option has no meaning, or none for this dataset.
    #[error("option `{option}` is not usable: {reason}")]
    InvalidOption {
        /// The option's name.
        option: &'static str,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// A bound of a range is no value of the ordered column's type.
    #[error("`{text}` is no {data_type}: {reason}")]
    InvalidBound {
        /// The bound as given.
        text: String,
        /// The ordered column's type.
        data_type: String,
        /// What is wrong.
        reason: String,
    },
    /// A row group that was asked for by its position does not exist.
    #[error("there is no row group {index}: the dataset has {len}")]
    RowGroupOutOfRange {
        /// The position as given.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// Appended rows begin before the newest stored row. Merge them instead.
    #[error("rows begin at {first}, before the newest stored {newest}, and can only be merged")]
    AppendBehind {
        /// Smallest value of the batch.
        first: String,
        /// Largest stored value.
        newest: String,
    },
    /// A row lies outside the range that it is to replace.
    #[error("a row at {value} lies outside the range {range}")]
    OutsideRange {
        /// The first such value.
        value: String,
        /// The range as given.
        range: String,
    },
    /// There is no such version yet.
    #[error("there is no version {version}: the newest is {newest}")]
    NoSuchVersion {
        /// The version as given.
        version: u64,
        /// The newest one.
        newest: u64,
    },
    /// The version's files are not kept any more.
    #[error("version {version} is not kept any more: the oldest is {oldest}")]
    VersionExpired {
        /// The version as given.
        version: u64,
        /// From this version on all can be read.
        oldest: u64,
    },
    /// Nothing had been committed at that time.
    #[error("no version is as old as {at_ms} ms since 1970")]
    NoVersionAt {
        /// The time as given, in milliseconds since 1970.
        at_ms: i64,
    },
    /// No version has this name.
    #[error("no version is tagged `{tag}`{}", suggestion.as_ref().map(|name| format!(": did you mean `{name}`?")).unwrap_or_default())]
    UnknownTag {
        /// The name as given.
        tag: String,
        /// A tag with a similar name.
        suggestion: Option<String>,
    },
    /// Another writer was faster too often. Try again.
    #[error("another writer won version {version} {attempts} times in a row")]
    Conflict {
        /// The version that was lost last.
        version: u64,
        /// How often it was tried.
        attempts: u32,
    },
    /// The write was made for another version than the newest. Nothing was changed.
    #[error("the write was made for {}, but {} is the newest", version(*.expected), version(*.found))]
    VersionMismatch {
        /// The version that it was made for.
        expected: Option<u64>,
        /// The newest.
        found: Option<u64>,
    },
    /// The commit may or may not last: its durability could not be confirmed. Open the dataset anew and look for the transaction.
    #[error("whether version {version} (transaction {txn}) lasts could not be confirmed")]
    CommitUnknown {
        /// The version in question.
        version: u64,
        /// The transaction's id in the record.
        txn: String,
        /// What went wrong.
        source: varvite_storage::Error,
    },
    /// Bytes are not what was written. Restore the file from a copy; `check` lists all that is damaged.
    #[error("`{file}` is damaged{}: {reason}", offset.map(|offset| format!(" at byte {offset}")).unwrap_or_default())]
    Corrupt {
        /// The file.
        file: String,
        /// The byte from which on it cannot be trusted, where known.
        offset: Option<u64>,
        /// What was expected.
        reason: String,
    },
    /// The dataset was written by a newer varvite. Update.
    #[error("`{file}` needs {what}, which this version does not know: update varvite")]
    Unsupported {
        /// The file that says so.
        file: String,
        /// The format or feature that it needs.
        what: String,
    },
    /// Something is larger than we accept to read.
    #[error("{what} exceeds the limit of {limit}")]
    ResourceLimit {
        /// What is too large.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// The dataset was removed while it was in use.
    #[error("the dataset at `{path}` was removed")]
    Dropped {
        /// Where it was.
        path: String,
    },
    /// Bytes could not be read or written.
    #[error("{operation} of the dataset at `{path}` failed")]
    Storage {
        /// What was going on.
        operation: &'static str,
        /// The dataset.
        path: StoragePath,
        /// The storage's answer.
        source: varvite_storage::Error,
    },
    /// The caller's reader of batches failed.
    #[error("the input could not be read")]
    Input {
        /// Its error.
        source: arrow::error::ArrowError,
    },
    /// Arrow refused a computation, for example because a string column outgrew its offsets.
    #[error("arrow could not {action}")]
    Arrow {
        /// What was going on.
        action: &'static str,
        /// Arrow's answer.
        source: arrow::error::ArrowError,
    },
    /// The Parquet library refused to encode or decode.
    #[error("parquet could not {action} `{file}`")]
    Parquet {
        /// What was going on.
        action: &'static str,
        /// The file.
        file: String,
        /// Parquet's answer.
        source: parquet::errors::ParquetError,
    },
    /// Polars refused a frame, for example for a type that it does not have.
    #[error("polars could not {action}")]
    Frame {
        /// What was going on.
        action: &'static str,
        /// Polars' answer.
        source: std::sync::Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// The stable code of this error, as the command line prints it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "VV0101",
            Self::InvalidName { .. } => "VV0102",
            Self::Unorderable { .. } => "VV0103",
            Self::Unordered { .. } => "VV0104",
            Self::UnorderableType { .. } => "VV0105",
            Self::UnknownColumn { .. } => "VV0106",
            Self::SchemaMismatch { .. } => "VV0107",
            Self::OrderedOnMismatch { .. } => "VV0108",
            Self::OrderedOnMissing => "VV0109",
            Self::KeyMismatch { .. } => "VV0110",
            Self::InvalidOption { .. } => "VV0111",
            Self::InvalidBound { .. } => "VV0112",
            Self::RowGroupOutOfRange { .. } => "VV0113",
            Self::AppendBehind { .. } => "VV0114",
            Self::OutsideRange { .. } => "VV0115",
            Self::NoSuchVersion { .. } => "VV0116",
            Self::VersionExpired { .. } => "VV0117",
            Self::NoVersionAt { .. } => "VV0118",
            Self::UnknownTag { .. } => "VV0119",
            Self::Conflict { .. } => "VV0120",
            Self::CommitUnknown { .. } => "VV0121",
            Self::VersionMismatch { .. } => "VV0122",
            Self::Corrupt { .. } => "VV0130",
            Self::Unsupported { .. } => "VV0131",
            Self::ResourceLimit { .. } => "VV0132",
            Self::Dropped { .. } => "VV0133",
            Self::Storage { .. } => "VV0140",
            Self::Input { .. } => "VV0141",
            Self::Arrow { .. } => "VV0142",
            Self::Parquet { .. } => "VV0143",
            Self::Frame { .. } => "VV0144",
        }
    }

    /// What to do next, where more can be said than the message does.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotFound { .. } => "check the path, or write to it first",
            Self::Unordered { .. } => "sort the rows on the column, or ask the write to sort",
            Self::Unorderable { .. } => "fill or drop these rows",
            Self::SchemaMismatch { .. } => "rename, add or cast columns so that they match the stored schema",
            Self::OrderedOnMismatch { .. } => "leave the ordered column out: the dataset remembers it",
            Self::KeyMismatch { .. } => "use keys that differ by more than case",
            Self::AppendBehind { .. } => "merge the rows, which is the default of a write",
            Self::OutsideRange { .. } => "give a range that holds all rows, or merge them",
            Self::NoSuchVersion { .. } => "the log lists the versions",
            Self::NoVersionAt { .. } => "give a later time: the log tells when each version was committed",
            Self::UnknownTag { .. } => "the snapshot lists the tags",
            Self::VersionExpired { .. } => "read a newer version; tag versions that must stay, or keep them for longer",
            Self::Conflict { .. } => "try again",
            Self::VersionMismatch { .. } => "refresh the handle, make the rows anew, and try again",
            Self::CommitUnknown { .. } => "open the dataset anew and look for the transaction in its log",
            Self::Corrupt { .. } => "run a check, and restore the damaged files from a copy",
            Self::Unsupported { .. } => "update varvite",
            Self::Storage { .. } => "see the cause; the dataset is unchanged",
            _ => return None,
        })
    }
}

fn version(number: Option<u64>) -> String {
    number.map_or_else(|| "an empty dataset".to_owned(), |number| format!("version {number}"))
}
