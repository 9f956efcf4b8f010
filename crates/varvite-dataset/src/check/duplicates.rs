//! Stored duplicates: rows that agree in the key, and that no write has met since the key was set.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::Finding;
use crate::log::Log;
use crate::read::{Scan, ScanOptions};
use crate::write::{DuplicateKey, ties};
use crate::{Duplicates, Error, Ordered, OrderedValue, Result, Snapshot};

/// Rows of one ordered value that are compared with each other at most: their hashes are held in memory.
const MAX_COMPARED: usize = 1 << 22;

/// Notes on the files in which rows stand whose key an earlier row has. Files that are `damaged` are passed over.
pub(super) fn find(log: &Arc<Log>, snapshot: &Arc<Snapshot>, damaged: &BTreeSet<&str>) -> Vec<Finding> {
    let settings = &snapshot.settings;
    let Some(schema) = &snapshot.schema else { return Vec::new() };
    // Columns that cannot be compared are an error of the next write, not of the rows.
    let Ok(Some(key)) = DuplicateKey::try_new(&settings.duplicates_on, schema, &settings.ordered_on) else {
        return Vec::new();
    };
    let options = columns(snapshot);
    let mut seen = Seen { key, value: None, hashes: HashSet::new(), too_many: false };
    let mut findings = Vec::new();
    for (at, file) in snapshot.files.iter().enumerate() {
        if damaged.contains(file.name.as_str()) {
            continue;
        }
        let doubled = rows_seen_before(log, snapshot, &options.clone().with_row_groups([at]), &mut seen);
        let problem = match doubled {
            Ok(0) if std::mem::take(&mut seen.too_many) => {
                format!("more than {MAX_COMPARED} rows have the same ordered value: not all were compared")
            }
            Ok(0) => continue,
            Ok(1) => "1 row has the key of another: a compaction of everything drops one of them".to_owned(),
            Ok(rows) => format!("{rows} rows have the keys of others: a compaction of everything drops them"),
            // A version that expired meanwhile is none to look at.
            Err(Error::VersionExpired { .. } | Error::Dropped { .. }) => break,
            Err(error) => format!("its keys could not be read: {error}"),
        };
        findings.push(Finding { path: file.name.clone(), problem, damage: false, remedy: None });
    }
    findings
}

/// What to read: the columns at the top that hold the key.
fn columns(snapshot: &Snapshot) -> ScanOptions {
    let settings = &snapshot.settings;
    match &settings.duplicates_on {
        Duplicates::Columns(columns) => {
            let tops: BTreeSet<&str> =
                columns.iter().chain([&settings.ordered_on]).map(crate::ColumnPath::top).collect();
            ScanOptions::default().with_columns(tops)
        }
        _ => ScanOptions::default(),
    }
}

fn rows_seen_before(log: &Arc<Log>, snapshot: &Arc<Snapshot>, options: &ScanOptions, seen: &mut Seen) -> Result<u64> {
    let mut scan = Scan::new(Arc::clone(log), Arc::clone(snapshot), options)?;
    let mut doubled = 0;
    while let Some(batch) = scan.next_batch()? {
        doubled += seen.take(&batch, snapshot)?;
    }
    Ok(doubled)
}

/// The keys of the rows of one ordered value: the last one so far.
struct Seen {
    key: DuplicateKey,
    value: Option<OrderedValue>,
    hashes: HashSet<u128>,
    too_many: bool,
}

impl Seen {
    /// How many rows of the next batch have the key of a row before.
    fn take(&mut self, batch: &RecordBatch, snapshot: &Snapshot) -> Result<u64> {
        let ordered = Ordered::try_new(batch, &snapshot.settings.ordered_on)?;
        let Some((first, last)) = ordered.bounds() else { return Ok(0) };
        let goes_on = self.value.as_ref() == Some(&first);
        let ties = ties(&ordered);
        let mut doubled = 0;
        if goes_on || !ties.is_empty() {
            let hashes = self.key.hashes(batch)?;
            for (row, hash) in hashes.into_iter().enumerate() {
                if (row > 0 || !goes_on) && !(row > 0 && ordered.ties_with_next(row - 1)) {
                    self.hashes.clear();
                }
                doubled += u64::from(self.is_seen(hash));
            }
        } else {
            self.hashes.clear();
            let hashes = self.key.hashes(&batch.slice(batch.num_rows() - 1, 1))?;
            self.hashes.extend(hashes);
        }
        self.value = Some(last);
        Ok(doubled)
    }

    fn is_seen(&mut self, hash: u128) -> bool {
        if self.hashes.len() < MAX_COMPARED {
            return !self.hashes.insert(hash);
        }
        let seen = self.hashes.contains(&hash);
        self.too_many |= !seen;
        seen
    }
}
