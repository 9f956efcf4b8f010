//! [`AssetReport`]: what a write to an asset did.

use std::fmt;

use serde::Serialize;

use super::super::key::label;

/// Stretches that are shown of each partition.
const SHOWN: usize = 4;

/// What a write to an asset did, partition by partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a write tells what it did: look, or say that you do not care"]
pub struct AssetReport {
    /// The asset, its resolution and version.
    pub asset: String,
    /// Whether its columns were registered by this write.
    pub registered: bool,
    /// Each partition that was written, in order of keys.
    pub partitions: Vec<PartitionReport>,
}

/// What a write did to one partition: one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PartitionReport {
    /// Names and values of the partition keys; empty for an asset without.
    pub keys: Vec<(String, String)>,
    /// Rows given.
    pub rows: u64,
    /// Rows that are new.
    pub inserted: u64,
    /// Stored rows that are gone.
    pub deleted: u64,
    /// What is covered by the write, stretches divided by spaces.
    pub covered: String,
    /// The version of its dataset afterwards.
    pub dataset_version: Option<u64>,
}

impl AssetReport {
    /// Rows given, over all partitions.
    pub fn rows(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.rows).sum()
    }

    /// Stored rows that are gone, over all partitions.
    pub fn deleted(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.deleted).sum()
    }
}

impl fmt::Display for AssetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.asset, count(self.rows()))?;
        if self.registered {
            f.write_str(", columns registered")?;
        }
        for PartitionReport { keys, rows, inserted, deleted, covered, .. } in &self.partitions {
            let keys = if keys.is_empty() { String::new() } else { format!("{}: ", label(keys)) };
            write!(f, "\n  {keys}{}, {inserted} new, {deleted} gone", count(*rows))?;
            let stretches: Vec<&str> = covered.split_whitespace().collect();
            if !stretches.is_empty() {
                write!(f, "; covers {}", stretches[..stretches.len().min(SHOWN)].join(" "))?;
            }
            if stretches.len() > SHOWN {
                write!(f, " and {} more stretches", stretches.len() - SHOWN)?;
            }
        }
        Ok(())
    }
}

fn count(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}
