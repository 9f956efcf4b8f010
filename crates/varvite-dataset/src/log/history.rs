//! [`CommitInfo`]: a commit in words.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Log, names};
use crate::{Error, Result};

/// One commit: when, what, how many rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CommitInfo {
    /// The version that it made.
    pub version: u64,
    /// When, in milliseconds since 1970 by the writer's clock.
    pub at_ms: i64,
    /// `merge`, `append`, `overwrite`, `replace`, `delete`, `upsert`, `compact`, `tag` or `vacuum`.
    pub op: String,
    /// Smallest and largest value of the rows that were written, as text.
    pub range: Option<[String; 2]>,
    /// Rows of the files that it added.
    pub rows_added: u64,
    /// Number of files that it added.
    pub files_added: usize,
    /// Number of files that it replaced.
    pub files_removed: usize,
    /// The caller's id and number of the write.
    pub app: Option<(String, u64)>,
    /// Names that it gave to versions.
    pub tags_set: BTreeMap<String, u64>,
    /// Names that it removed.
    pub tags_removed: Vec<String>,
    /// From this version on all could be read from then on, if it moved that.
    pub readable_from: Option<u64>,
    /// The transaction's id.
    pub txn: String,
}

impl Log {
    /// All commits, oldest first.
    pub(crate) fn history(&self) -> Result<Vec<CommitInfo>> {
        names::records(&self.names()?)
            .into_iter()
            .filter_map(|version| match self.read_record(version) {
                // It has gone since it was listed.
                Err(Error::Storage { source, .. }) if source.is_not_found() => None,
                read => Some(read.map(|(record, _)| (version, record))),
            })
            .map(|read| {
                let (version, record) = read?;
                Ok(CommitInfo {
                    version,
                    at_ms: record.at_ms,
                    op: record.op,
                    range: record.range,
                    rows_added: record.add.iter().flat_map(|file| &file.rg).map(|group| group.0).sum(),
                    files_added: record.add.len(),
                    files_removed: record.rm.len(),
                    app: record.app.map(|app| (app.id, app.seq)),
                    tags_set: record.tags.set,
                    tags_removed: record.tags.unset,
                    readable_from: record.readable_from,
                    txn: record.txn,
                })
            })
            .collect()
    }
}
