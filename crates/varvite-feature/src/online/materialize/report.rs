//! What a materialization did, and why all of it if it was all.

use std::fmt;

use serde::Serialize;
use varvite_time::Instant;

/// What a materialization did.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray};
/// # use varvite_dataset::{Dataset, WriteOptions};
/// # use varvite_feature::online::{MaterializeOptions, OnlineStore};
/// # use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
/// # let folder = tempfile::tempdir()?;
/// # let users = FeatureGroupSchema::builder("users").entity_key("user_id", DataType::BigInt).event_time("at")
/// #     .feature(FeatureSchema::builder("visits", DataType::BigInt)).build()?;
/// # let history = Dataset::open_or_new(folder.path().join("history"))?;
/// # let rows = RecordBatch::try_from_iter([
/// #     ("user_id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
/// #     ("at", Arc::new(TimestampMicrosecondArray::from(vec![0, 0]))),
/// #     ("visits", Arc::new(Int64Array::from(vec![3, 4]))),
/// #     ("__commit", Arc::new(Int64Array::from(vec![0, 0]))),
/// # ])?;
/// # history.write(rows, &WriteOptions::ordered_on("at"))?;
/// let store = OnlineStore::open(folder.path().join("values.redb"))?;
/// let report = store.materialize(&users, &history, &MaterializeOptions::up_to("2024-02-01".parse()?))?;
/// assert_eq!((report.rows_read, report.rows_written, report.keys), (2, 2, 2));
/// assert!(report.to_string().starts_with("users@v1: 2 keys at commit 0 (built: it was never materialized), 2 rows read"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MaterializeReport {
    /// The group, such as `users@v1`.
    pub group: String,
    /// Rows of the history that were read.
    pub rows_read: u64,
    /// Rows that were written: each key counts once a chunk.
    pub rows_written: u64,
    /// Keys that have a row now.
    pub keys: u64,
    /// The commit that was served before; `None`: nothing was.
    pub from_commit: Option<u64>,
    /// The commit that is served now; `None`: there is no history.
    pub to_commit: Option<u64>,
    /// Commits that it was behind: those between the two.
    pub lag_commits: u64,
    /// The last event time that is served.
    #[serde(serialize_with = "crate::online::as_text")]
    pub up_to: Option<Instant>,
    /// The smallest event time of rows that wait for a later bound. `None`: none do.
    #[serde(serialize_with = "crate::online::as_text")]
    pub withheld_from: Option<Instant>,
    /// Why everything was read, if it was.
    pub rebuilt: Option<Rebuild>,
    /// Whether an earlier run that had not come to its end was continued.
    pub resumed: bool,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// Why everything is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rebuild {
    /// It was asked for.
    Asked,
    /// There is nothing to bring up to date.
    First,
    /// The history is another dataset than the one before.
    OtherDataset,
    /// The history is older than what is served: it was put back.
    OlderDataset,
    /// Keys or the event time have other types than before.
    OtherColumns,
    /// A commit removed rows.
    RowsRemoved {
        /// The commit.
        commit: u64,
        /// What it did, such as `overwrite`.
        op: String,
    },
    /// What this commit did is not known any more.
    LogGone {
        /// The commit.
        commit: u64,
    },
    /// Rows later than the new bound are served.
    BoundWentBack,
}

/// How far a materialization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MaterializeProgress {
    /// Chunks that are done.
    pub chunks: u64,
    /// Rows of the history that were read.
    pub rows_read: u64,
    /// Rows to read, about.
    pub rows_planned: u64,
    /// The commit that is being materialized.
    pub commit: u64,
}

impl fmt::Display for Rebuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("it was asked for"),
            Self::First => f.write_str("it was never materialized"),
            Self::OtherDataset => f.write_str("the history was removed and made anew"),
            Self::OlderDataset => f.write_str("the history is older than what was served"),
            Self::OtherColumns => f.write_str("keys or event time have other types"),
            Self::RowsRemoved { commit, op } => write!(f, "commit {commit} removed rows: {op}"),
            Self::LogGone { commit } => write!(f, "what commit {commit} did is not known any more"),
            Self::BoundWentBack => f.write_str("rows later than the bound were served"),
        }
    }
}

impl fmt::Display for MaterializeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.group)?;
        let Some(commit) = self.to_commit else { return f.write_str("no history, nothing is served") };
        write!(f, "{} keys at commit {commit}", self.keys)?;
        match (&self.rebuilt, self.from_commit) {
            (Some(why), _) => write!(f, " (built: {why})")?,
            (None, Some(from)) => write!(f, " (from commit {from})")?,
            (None, None) => {}
        }
        write!(f, ", {} rows read, {} written in {} ms", self.rows_read, self.rows_written, self.elapsed_ms)?;
        if self.resumed {
            f.write_str(", an earlier run continued")?;
        }
        self.withheld_from.map_or(Ok(()), |from| write!(f, "; rows from {from} on are withheld"))
    }
}
