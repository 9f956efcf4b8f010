//! [`FieldPlan`]: what is read for one field.

use std::sync::Arc;

use varvite_time::TimeSpan;

use super::pieces::cut;
use super::{Part, PlannedScan};
use crate::{Error, Gaps, Interval, Want};

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

/// Which intervals of a field's stretch were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intervals {
    /// How many the stretch has; `None` if it is open.
    pub expected: Option<u64>,
    /// How many no partition lacks that has begun by then. For assets without intervals: how many files or stores there are.
    pub found: u64,
    /// Stretches that were written in any partition, in order, each of one version.
    pub written: Vec<(Interval, u32)>,
    /// What is missing, and of which partitions. Where the stretch is open, what lies up to the first or from the last
    /// written interval is not told.
    pub gaps: Gaps,
}

impl FieldPlan {
    pub(super) fn new(want: &Want, span: Option<TimeSpan>, intervals: Intervals, parts: Vec<Part>) -> Self {
        let parts: Vec<Arc<Part>> = parts.into_iter().map(Arc::new).collect();
        let scans: Vec<PlannedScan> = parts.iter().flat_map(cut).collect();
        Self {
            want: want.clone(),
            span,
            latest: None,
            intervals,
            num_files: scans.iter().map(|scan| scan.row_groups.len() as u64).sum(),
            num_rows: parts.iter().map(|part| part.num_rows).fold(0, u64::saturating_add),
            num_bytes: parts.iter().map(|part| part.num_bytes).fold(0, u64::saturating_add),
            parts,
            scans,
        }
    }

    /// Whether something that the field asks for was never written, as far as that can be told.
    pub fn is_missing_any(&self) -> bool {
        self.intervals.gaps.count > 0 || (self.intervals.found == 0 && self.intervals.expected != Some(0))
    }

    /// What is said of intervals that were never written.
    pub(crate) fn missing(&self) -> Error {
        Error::MissingIntervals {
            field: self.want.field.clone(),
            asset: self.want.label(),
            count: usize::try_from(self.intervals.gaps.count).unwrap_or(usize::MAX),
            intervals: self.intervals.gaps.first(),
            policy: self.want.missing,
        }
    }
}

impl Intervals {
    /// Whether anything of the stretch was written, be it a part of one interval.
    pub fn is_any_written(&self) -> bool {
        self.found > 0 || !self.written.is_empty()
    }

    /// How many intervals are missing; `None` if the stretch is open.
    pub fn missing(&self) -> Option<u64> {
        self.expected.map(|_| self.gaps.count)
    }
}
