//! [`Record`]: one revision as its file has it; [`RevisionInfo`]: what people want to know of it.

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};
use varvite_schema::Definitions;

use super::graph::Edges;

/// One revision: what it changed, and what it follows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) format: u32,
    pub(super) revision: u64,
    /// The checksum of the revision before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
    /// Tells our revision from another's of the same number.
    pub(super) txn: String,
    /// By the clock of who wrote it, in UTC. Never trusted for an order.
    pub(super) at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) author: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    /// What changed, in words.
    pub(super) changes: Vec<String>,
    /// Definitions that are new or differ.
    #[serde(default, skip_serializing_if = "Definitions::is_empty")]
    pub(super) definitions: Definitions,
    /// What nodes come from since then; nothing takes back what was said before.
    #[serde(default, skip_serializing_if = "Edges::is_empty")]
    pub(super) lineage: Edges,
}

/// One revision of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RevisionInfo {
    /// Its number, from 1.
    pub revision: u64,
    /// When it was written, in milliseconds since 1970 by the clock of who wrote it.
    pub at_ms: i64,
    /// Who wrote it, if they said.
    pub author: Option<String>,
    /// Why, if they said.
    pub message: Option<String>,
    /// What changed, a line each.
    pub changes: Vec<String>,
}

impl Record {
    pub(super) fn at_ms(&self) -> i64 {
        DateTime::parse_from_rfc3339(&self.at).map(|at| at.timestamp_millis()).unwrap_or_default()
    }

    pub(super) fn info(self) -> RevisionInfo {
        let at_ms = self.at_ms();
        let Self { revision, author, message, changes, .. } = self;
        RevisionInfo { revision, at_ms, author, message, changes }
    }
}

/// A time as people read it.
pub(super) fn text_of(at_ms: i64) -> String {
    DateTime::from_timestamp_millis(at_ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}
