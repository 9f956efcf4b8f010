//! [`FieldPlan`]: what is read for one field.

use std::sync::Arc;

use varvite_time::TimeSpan;

use super::{Part, PlannedScan};
use crate::{Error, Interval, Want};

/// What is read for one field.
#[derive(Debug, Clone)]
pub struct FieldPlan {
    /// What the field asks for.
    pub want: Want,
    /// The stretch of time that rows are taken from; `None` for rows without dates.
    pub span: Option<TimeSpan>,
    /// The interval that a field of the newest one takes, if there is one.
    pub latest: Option<Interval>,
    /// Which intervals there are.
    pub intervals: Intervals,
    /// Where rows come from, in the order of rows: one entry for each partition and stretch of one version.
    pub parts: Vec<Arc<Part>>,
    /// The parts in pieces for reading, in the same order.
    pub scans: Vec<PlannedScan>,
    /// How many files are read.
    pub num_files: u64,
    /// How many rows there are at most.
    pub num_rows: u64,
    /// Length of the files in bytes.
    pub num_bytes: u64,
}

/// Which intervals of a field's stretch were written, in any of its partitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intervals {
    /// How many the stretch has; `None` if it is open.
    pub expected: Option<u64>,
    /// How many were written.
    pub found: u64,
    /// Stretches that were written, in order, each of one version.
    pub written: Vec<(Interval, u32)>,
    /// Stretches of whole intervals that were never written, in order. Of an open stretch, those between written ones.
    pub gaps: Vec<Interval>,
    /// How many intervals `gaps` has.
    pub num_gaps: u64,
}

impl FieldPlan {
    /// What is said of intervals that were never written.
    pub(crate) fn missing(&self) -> Error {
        const FIRST: usize = 3;
        let mut first: Vec<String> = self.intervals.gaps.iter().take(FIRST).map(ToString::to_string).collect();
        if self.intervals.gaps.len() > FIRST {
            first.push(format!("and {} more stretches", self.intervals.gaps.len() - FIRST));
        }
        Error::MissingIntervals {
            field: self.want.field.clone(),
            asset: self.want.label(),
            count: usize::try_from(self.intervals.num_gaps).unwrap_or(usize::MAX),
            intervals: first.join(", "),
        }
    }
}

impl Intervals {
    /// How many intervals were never written; `None` if the stretch is open.
    pub fn missing(&self) -> Option<u64> {
        self.expected.map(|_| self.num_gaps)
    }
}
