//! [`StreamReport`]: what a run did.

use std::fmt;

use serde::Serialize;

use crate::Identity;

/// What a run of a job did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a run tells what it did: look, or say that you do not care"]
pub struct StreamReport {
    /// The job.
    pub job: String,
    /// The step.
    pub step: Identity,
    /// The number of the checkpoint that it went on from; `None`: it began.
    pub resumed_from: Option<u64>,
    /// Rows that were taken from the inputs as new ones. Those that were read again, to compute anew what late rows touched, are
    /// not counted; nor are the late rows among them, which are in [`InputReport::late_rows`].
    pub rows_in: u64,
    /// Rows that were made and committed. A bin that was written twice counts twice.
    pub rows_out: u64,
    /// Times that the step was given rows.
    pub batches: u64,
    /// Commits to the output.
    pub commits: u64,
    /// Everything until this value was taken, that value included.
    pub watermark: Option<String>,
    /// Each input.
    pub inputs: Vec<InputReport>,
    /// Ranges of the output that were computed anew.
    pub recomputed: Vec<String>,
    /// The version of the output; `None` while nothing was written.
    pub output_version: Option<u64>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct StreamProgress {
    /// Rows of the inputs that the step was given; those that were computed anew are not counted.
    pub rows_done: u64,
    /// Rows to take, about.
    pub rows_planned: u64,
    /// Times that the step was given rows.
    pub batches: u64,
    /// Commits to the output.
    pub commits: u64,
}

/// What a run found in an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InputReport {
    /// Its name in the job.
    pub name: String,
    /// The version that was read; `None`: nothing is stored there.
    pub version: Option<u64>,
    /// Rows behind the watermark, more than were taken before.
    pub late_rows: u64,
    /// Where rows changed behind the watermark since the last run.
    pub changed: Vec<String>,
    /// Why it is not known what changed there, if it is not.
    pub unknown: Option<String>,
}

impl fmt::Display for StreamReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "job `{}`, {}: ", self.job, self.step)?;
        match self.resumed_from {
            Some(sequence) => write!(f, "went on from checkpoint {sequence}")?,
            None => write!(f, "began")?,
        }
        write!(f, "\n{} rows in, {} out, {} commits", self.rows_in, self.rows_out, self.commits)?;
        match &self.watermark {
            Some(watermark) => write!(f, ", until {watermark}")?,
            None => write!(f, ", nothing taken")?,
        }
        for input in &self.inputs {
            write!(f, "\ninput `{}`: ", input.name)?;
            match input.version {
                Some(version) => write!(f, "version {version}")?,
                None => write!(f, "nothing stored")?,
            }
            if !input.changed.is_empty() {
                write!(f, ", {} late rows in {}", input.late_rows, input.changed.join(", "))?;
            }
            if let Some(reason) = &input.unknown {
                write!(f, ", {} late rows, and {reason}", input.late_rows)?;
            }
        }
        if !self.recomputed.is_empty() {
            write!(f, "\ncomputed anew: {}", self.recomputed.join(", "))?;
        }
        Ok(())
    }
}
