//! [`PlannedWrite`]: what a write would do, before anything is read or written.

use std::fmt;

use serde::Serialize;

use super::Write;
use super::keep::Keep;
use super::plan::{Positions, Run};
use crate::{Files, Result};

/// What a write would do. Counts that need the stored rows are bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedWrite {
    /// Rows given.
    pub rows_in: u64,
    /// Rows dropped because a later row of the same input has the same key.
    pub dropped: u64,
    /// At most so many rows are new; the others meet stored rows.
    pub inserted_at_most: u64,
    /// At most so many stored rows go.
    pub deleted_at_most: u64,
    /// Rows behind the newest stored value.
    pub late: u64,
    /// Row groups whose files are left alone.
    pub row_groups_kept: u64,
    /// Row groups that are read, and replaced unless nothing in them changes.
    pub row_groups_rewritten: u64,
    /// Length of the files to be read, in bytes.
    pub bytes_read: u64,
    /// What is rewritten, in order.
    pub runs: Vec<PlannedRun>,
}

/// Row groups that would be rewritten together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedRun {
    /// Position of the first row group, counted from 0; where new ones go if none is rewritten.
    pub first_row_group: usize,
    /// How many row groups are rewritten.
    pub row_groups: usize,
    /// Their rows.
    pub stored_rows: u64,
    /// Incoming rows that go here.
    pub incoming_rows: u64,
    /// Smallest and largest value afterwards, as text.
    pub min: String,
    /// See `min`.
    pub max: String,
}

pub(crate) fn describe(write: &Write, runs: &[Run], files: &Files) -> Result<PlannedWrite> {
    let keep = write.keep()?;
    let rewritten = || runs.iter().flat_map(|run| files.range(run.row_groups.clone()));
    let count = rewritten().count() as u64;
    let deletes = !matches!(keep, Keep::All);
    Ok(PlannedWrite {
        rows_in: write.incoming.rows_in,
        dropped: write.incoming.rows_in - write.incoming.len(),
        inserted_at_most: write.incoming.len(),
        deleted_at_most: if deletes { rewritten().map(|file| file.num_rows).sum() } else { 0 },
        late: write.late(files),
        row_groups_kept: files.len() as u64 - count,
        row_groups_rewritten: count,
        bytes_read: rewritten().filter(|file| !keep.drops_all_of(file)).map(|file| file.len).sum(),
        runs: runs.iter().map(|run| describe_run(write, &keep, run, files)).collect(),
    })
}

fn describe_run(write: &Write, keep: &Keep<'_>, run: &Run, files: &Files) -> PlannedRun {
    let new = (run.rows.start < run.rows.end)
        .then(|| (write.incoming.value(run.rows.start), write.incoming.value(run.rows.end - 1)));
    let mut kept = files.range(run.row_groups.clone()).filter(|file| !keep.drops_all_of(file));
    let first = kept.next();
    let mins = first.map(|file| file.min.clone()).into_iter().chain(new.clone().map(|(min, _)| min));
    let maxs = kept.next_back().or(first).map(|file| file.max.clone()).into_iter().chain(new.map(|(_, max)| max));
    let text = |value| write.resolved.ordered_type.as_ref().map(|ordered| ordered.format(&value)).unwrap_or_default();
    PlannedRun {
        first_row_group: run.row_groups.start,
        row_groups: run.row_groups.len(),
        stored_rows: files.range(run.row_groups.clone()).map(|file| file.num_rows).sum(),
        incoming_rows: run.rows.end - run.rows.start,
        min: mins.min().map(text).unwrap_or_default(),
        max: maxs.max().map(text).unwrap_or_default(),
    }
}

impl fmt::Display for PlannedWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} rows: at most {} inserted, {} dropped as duplicates ({} late)",
            self.rows_in, self.inserted_at_most, self.dropped, self.late
        )?;
        if self.deleted_at_most > 0 {
            writeln!(f, "at most {} stored rows deleted", self.deleted_at_most)?;
        }
        write!(
            f,
            "row groups: {} kept, {} rewritten; {} bytes read",
            self.row_groups_kept, self.row_groups_rewritten, self.bytes_read
        )?;
        for run in &self.runs {
            write!(f, "\n  {}..{}: {} incoming rows ", run.min, run.max, run.incoming_rows)?;
            match run.row_groups {
                0 => write!(f, "become row groups before position {}", run.first_row_group)?,
                count => write!(
                    f,
                    "{} {} stored rows in row groups {}..{}",
                    if self.bytes_read == 0 { "replace" } else { "meet" },
                    run.stored_rows,
                    run.first_row_group,
                    run.first_row_group + count
                )?,
            }
        }
        Ok(())
    }
}
