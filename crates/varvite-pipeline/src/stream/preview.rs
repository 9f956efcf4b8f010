//! [`StreamPlan`]: what a run would do, told from metadata alone.

use std::fmt;

use serde::Serialize;
use varvite_dataset::{KeyRange, OrderedType, OrderedValue};

use super::StreamJob;
use super::behind::{Behind, Taken};
use super::commit::Meet;
use super::estimate::{RowEstimate, files, follower_at_most, to_take};
use super::opened::{Opened, end_of, read_version};
use super::options::Late;
use super::plan::{Decision, decide};
use super::scopes::Scopes;
use crate::error::range_text;
use crate::{Checkpoint, Error, Identity, Result, Step};

/// What a run would do. Nothing was written for it, and no row was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "a plan is made to be looked at"]
pub struct StreamPlan {
    /// The job.
    pub job: String,
    /// The step.
    pub step: Identity,
    /// The number of the checkpoint that the run would go on from; `None`: it would begin.
    pub resumes_from: Option<u64>,
    /// Everything until this value was taken, that value included.
    pub watermark: Option<String>,
    /// No row behind this value would be taken; `None`: there is nothing to take.
    pub until: Option<String>,
    /// Each input.
    pub inputs: Vec<InputPlan>,
    /// What would become of rows behind the watermark.
    pub late: LatePlan,
    /// The version of the output; `None` while nothing is written.
    pub output_version: Option<u64>,
    /// The number that the job's next commit would have.
    pub next_checkpoint: u64,
    /// Rows of the inputs after which a commit is made, where that was asked for.
    pub commit_rows: Option<usize>,
}

/// What a run would read of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InputPlan {
    /// Its name in the job.
    pub name: String,
    /// The version that was read last.
    pub read: Option<u64>,
    /// The version that would be read; `None`: nothing is stored there.
    pub version: Option<u64>,
    /// Rows to take.
    pub rows: RowEstimate,
    /// Where rows came behind the watermark, by the log of commits: rows that are there already are among them.
    pub changed: Vec<String>,
    /// Why the log does not tell what changed, if it does not: a run compares rows, as long as it can.
    pub unknown: Option<String>,
}

/// What would become of rows behind the watermark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LatePlan {
    /// There are none.
    None,
    /// They would be passed over.
    Ignored,
    /// The run would be refused.
    Refused,
    /// These ranges of the output would be computed anew, at most.
    Recomputed(Vec<String>),
    /// The step cannot compute a part of its output anew: the run would be refused.
    CannotRecompute,
    /// Whether there are any is seen when rows are compared.
    Unknown,
}

pub(super) fn plan(job: &StreamJob, step: &impl Step) -> Result<StreamPlan> {
    let opened = Opened::new(job, step)?;
    let resumed = opened.resumed.as_ref();
    let mut plan = StreamPlan {
        job: job.name.clone(),
        step: opened.identity.clone(),
        resumes_from: resumed.map(|checkpoint| checkpoint.sequence),
        watermark: resumed.and_then(|checkpoint| checkpoint.watermark.clone()),
        until: None,
        inputs: Vec::new(),
        late: LatePlan::None,
        output_version: opened.output.snapshot().map(|snapshot| snapshot.version),
        next_checkpoint: opened.sequence + 1,
        commit_rows: job.options.commit_rows,
    };
    let Some((column, ordered)) = &opened.ordered else {
        plan.inputs = inputs(&opened, &[], |_| RowEstimate::default(), None);
        return Ok(plan);
    };
    let range = ordered.coerce_range(&job.options.range).map_err(Error::dataset(&job.name, "range"))?;
    let parse = |text: &String| ordered.parse(text).map_err(Error::dataset(&job.name, "watermark"));
    let watermark = plan.watermark.as_ref().map(parse).transpose()?;
    let behind = behind(job, &opened, ordered, &range, watermark.as_ref())?;
    let end = end_of(&opened.inputs, job.options.hold_back, range.end.clone());
    let rows = |at: usize| {
        let taken = resumed.and_then(|checkpoint| checkpoint.inputs.get(at));
        let taken = taken.map_or(0, |position| position.rows_before + position.rows_at);
        let snapshot = opened.inputs[at].dataset.snapshot();
        let of = |snapshot: &_| to_take(files(snapshot), range.start.as_ref(), watermark.as_ref(), end.as_ref(), taken);
        snapshot.as_deref().map(of).unwrap_or_default()
    };
    plan.inputs = inputs(&opened, &behind, rows, Some(ordered));
    let scopes = Scopes::of(step, &opened.inputs, column);
    plan.late = late(job, &scopes, &opened, &behind, ordered)?;
    if plan.inputs.iter().any(|input| input.rows.about > 0) {
        let newest = opened.inputs.iter().filter_map(|input| Some(input.dataset.snapshot()?.files.last()?.max.clone()));
        let until = newest.max().map(|newest| end.map_or(newest.clone(), |end| end.min(newest)));
        plan.until = until.map(|until| ordered.format(&until));
    }
    Ok(plan)
}

fn behind(
    job: &StreamJob,
    opened: &Opened,
    ordered: &OrderedType,
    range: &KeyRange,
    watermark: Option<&OrderedValue>,
) -> Result<Vec<Behind>> {
    let (Some(watermark), Some(checkpoint)) = (watermark, &opened.resumed) else { return Ok(Vec::new()) };
    let (job, start) = (job.name.as_str(), range.start.as_ref());
    let pairs = opened.inputs.iter().zip(&checkpoint.inputs);
    pairs
        .map(|(input, position)| Taken { job, position, ordered, start, watermark }.by_metadata(&input.dataset))
        .collect()
}

fn inputs(
    opened: &Opened,
    behind: &[Behind],
    rows: impl Fn(usize) -> RowEstimate,
    ordered: Option<&OrderedType>,
) -> Vec<InputPlan> {
    let read = |at: usize| {
        let of = |checkpoint: &Checkpoint| checkpoint.inputs.get(at)?.read.as_ref().map(|read| read.version);
        opened.resumed.as_ref().and_then(of)
    };
    let changed = |at: usize| {
        let spans = behind.get(at).map(|behind| behind.spans.as_slice()).unwrap_or_default();
        spans.iter().filter_map(|span| Some(span.text(ordered?))).collect()
    };
    let of_input = |(at, input): (usize, &super::Input)| InputPlan {
        name: input.name.clone(),
        read: read(at),
        version: read_version(&input.dataset).map(|read| read.version),
        rows: rows(at),
        changed: changed(at),
        unknown: behind.get(at).and_then(|behind| behind.unknown.clone()),
    };
    opened.inputs.iter().enumerate().map(of_input).collect()
}

fn late(
    job: &StreamJob,
    scopes: &Scopes,
    opened: &Opened,
    behind: &[Behind],
    ordered: &OrderedType,
) -> Result<LatePlan> {
    if behind.iter().all(|behind| behind.spans.is_empty() && behind.unknown.is_none()) {
        return Ok(LatePlan::None);
    }
    if job.options.late == Late::Ignore {
        return Ok(LatePlan::Ignored);
    }
    Ok(match decide(job.options.late, behind) {
        Decision::GoOn => LatePlan::None,
        Decision::Refuse { .. } => LatePlan::Refused,
        Decision::Unknown { .. } => LatePlan::Unknown,
        Decision::Recompute => {
            let spans = behind.iter().map(|behind| behind.spans.as_slice());
            let follows = |input: usize, value: &OrderedValue, nth: usize| {
                let snapshot = opened.inputs[input].dataset.snapshot();
                Ok(snapshot.and_then(|snapshot| follower_at_most(files(&snapshot), value, nth)))
            };
            let Some(ranges) = scopes.touched(spans, ordered, follows)? else { return Ok(LatePlan::CannotRecompute) };
            let sequence = opened.sequence;
            let output = opened.output.clone();
            let committer = super::Committer { job: &job.name, output, write: &job.write, sequence };
            let texts = ranges.iter().map(|range| range_text(range, |value| ordered.format(value))).collect();
            committer.check_alone(&Meet::Replace(ranges))?;
            LatePlan::Recomputed(texts)
        }
    })
}

impl fmt::Display for StreamPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "job `{}`, {}: ", self.job, self.step)?;
        match (self.resumes_from, &self.watermark) {
            (Some(sequence), Some(watermark)) => {
                write!(f, "goes on from checkpoint {sequence}, taken until {watermark}")?;
            }
            (Some(sequence), None) => write!(f, "goes on from checkpoint {sequence}")?,
            (None, _) => write!(f, "begins")?,
        }
        for InputPlan { name, read, version, rows, changed, unknown } in &self.inputs {
            write!(f, "\ninput `{name}`: ")?;
            match (version, read) {
                (None, _) => write!(f, "nothing stored")?,
                (Some(version), Some(read)) if read != version => write!(f, "version {version} after {read}")?,
                (Some(version), _) => write!(f, "version {version}")?,
            }
            write!(f, ", about {} rows to take ({} to {})", rows.about, rows.at_least, rows.at_most)?;
            if !changed.is_empty() {
                write!(f, ", perhaps late rows in {}", changed.join(", "))?;
            }
            if let Some(reason) = unknown {
                write!(f, ", late rows are not known yet: {reason}")?;
            }
        }
        match &self.late {
            LatePlan::None | LatePlan::Unknown => {}
            LatePlan::Ignored => write!(f, "\nlate rows are passed over")?,
            LatePlan::Refused => write!(f, "\nrefused if there are late rows")?,
            LatePlan::CannotRecompute => {
                write!(f, "\nrefused if there are late rows: the step cannot compute a part anew")?;
            }
            LatePlan::Recomputed(ranges) => write!(f, "\ncomputed anew: {}", ranges.join(", "))?,
        }
        match &self.until {
            Some(until) => write!(f, "\ncommits from checkpoint {} on, until {until} at most", self.next_checkpoint)?,
            None => write!(f, "\nnothing to take")?,
        }
        match self.commit_rows {
            Some(rows) if self.until.is_some() => write!(f, ", each of about {rows} rows"),
            _ => Ok(()),
        }
    }
}
