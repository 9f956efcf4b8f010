//! [`Run`]: one run of a job, from the checkpoint to the last commit.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use varvite_dataset::{ColumnPath, KeyRange, Ordered, OrderedType, OrderedValue};

use super::behind::{Behind, Taken};
use super::commit::{Committer, Meet};
use super::estimate::{files, to_take};
use super::opened::{Opened, end_of, read_version};
use super::plan::{Decision, decide};
use super::read::{Reader, Stretch, follower, rows_before};
use super::report::{InputReport, StreamProgress, StreamReport};
use super::scopes::{Anew, Scopes};
use super::{Input, StreamJob, spans};
use crate::checkpoint::Progress;
use crate::error::range_text;
use crate::{Checkpoint, Error, Identity, InputPosition, InputRows, Result, State, Step};

/// One run of a job. Inputs stay at the versions that they had when it began.
pub(super) struct Run<'a, S> {
    job: &'a StreamJob,
    step: S,
    identity: Identity,
    inputs: Arc<[Input]>,
    names: Arc<[String]>,
    /// The column that all inputs are ordered on; `None` while no rows are stored in any.
    ordered: Option<(ColumnPath, OrderedType)>,
    committer: Committer<'a>,
    resumed: Option<Checkpoint>,
    positions: Vec<InputPosition>,
    /// What the output says of them.
    committed: Vec<InputPosition>,
    watermark: Option<OrderedValue>,
    /// Whether rows at the watermark came that were not taken.
    has_more_at: bool,
    pending: Pending,
    report: StreamReport,
    tell: &'a mut dyn FnMut(&StreamProgress),
    progress: StreamProgress,
}

/// What was done since the last commit.
#[derive(Default)]
struct Pending {
    batches: Vec<RecordBatch>,
    bytes: usize,
    rows_in: u64,
}

impl<'a, S: Step> Run<'a, S> {
    /// Finds out where to go on, and that this can be done.
    pub(super) fn begin(job: &'a StreamJob, step: S, tell: &'a mut dyn FnMut(&StreamProgress)) -> Result<Self> {
        let Opened { inputs, output, resumed, sequence, identity, ordered } = Opened::new(job, &step)?;
        let report = StreamReport {
            job: job.name.clone(),
            step: identity.clone(),
            resumed_from: resumed.as_ref().map(|checkpoint| checkpoint.sequence),
            rows_in: 0,
            rows_out: 0,
            batches: 0,
            commits: 0,
            watermark: resumed.as_ref().and_then(|checkpoint| checkpoint.watermark.clone()),
            inputs: Vec::new(),
            recomputed: Vec::new(),
            output_version: None,
        };
        Ok(Self {
            committer: Committer { job: &job.name, output, write: &job.write, sequence },
            names: inputs.iter().map(|input| input.name.clone()).collect(),
            positions: inputs.iter().map(fresh).collect(),
            committed: resumed.as_ref().map(|checkpoint| checkpoint.inputs.clone()).unwrap_or_default(),
            watermark: None,
            has_more_at: false,
            pending: Pending::default(),
            job,
            step,
            identity,
            inputs,
            ordered,
            resumed,
            report,
            tell,
            progress: StreamProgress::default(),
        })
    }

    pub(super) fn finish(mut self) -> Result<StreamReport> {
        if let Some((column, ordered)) = self.ordered.clone() {
            let range = ordered.coerce_range(&self.job.options.range).map_err(self.of_job("range"))?;
            self.restore(&column, &ordered, &range)?;
            self.progress.rows_planned = self.rows_planned(&range);
            self.take_new(&column, &ordered, range)?;
            let moved = self.watermark.is_some() && self.committed != self.positions;
            if self.pending.rows_in > 0 || moved {
                self.commit(&Meet::Write)?;
                self.tell();
            }
            self.report.watermark = self.watermark.as_ref().map(|value| ordered.format(value));
        }
        self.report.output_version = self.committer.output.snapshot().map(|snapshot| snapshot.version);
        Ok(self.report)
    }

    /// Goes back to the checkpoint, and sees to what changed behind it.
    fn restore(&mut self, column: &ColumnPath, ordered: &OrderedType, range: &KeyRange) -> Result<()> {
        let checkpoint = self.resumed.clone();
        let state = checkpoint.as_ref().map(Checkpoint::state).transpose()?;
        self.begin_step(state.as_ref())?;
        let watermark = checkpoint.as_ref().and_then(|checkpoint| checkpoint.watermark.as_deref());
        let (Some(text), Some(checkpoint)) = (watermark, &checkpoint) else {
            self.report.inputs = self.inputs.iter().map(|input| reported(input, None, ordered)).collect();
            return Ok(());
        };
        let watermark = ordered.parse(text).map_err(self.of_job("watermark"))?;
        let mut behind = Vec::new();
        for (input, position) in self.inputs.iter().zip(&checkpoint.inputs) {
            let (job, start) = (self.job.name.as_str(), range.start.as_ref());
            behind.push(Taken { job, position, ordered, start, watermark: &watermark }.compare(&input.dataset)?);
        }
        let scopes = Scopes::of(&self.step, &self.inputs, column);
        for (input, behind) in behind.iter_mut().enumerate() {
            if scopes.is_late_at_watermark(input, self.job.options.late) {
                behind.count_at(&watermark);
            }
        }
        self.report.inputs =
            self.inputs.iter().zip(&behind).map(|(input, behind)| reported(input, Some(behind), ordered)).collect();
        self.has_more_at = behind.iter().any(|behind| behind.rows_at > behind.taken_at);
        let decision = decide(self.job.options.late, &behind);
        for (position, behind) in self.positions.iter_mut().zip(&behind) {
            (position.rows_before, position.rows_at) = (behind.rows_before, behind.taken_at);
        }
        self.watermark = Some(watermark.clone());
        match decision {
            Decision::GoOn => Ok(()),
            Decision::Recompute => {
                let spans = behind.iter().map(|behind| behind.spans.as_slice());
                let follows = |input: usize, value: &OrderedValue, nth: usize| {
                    follower(&self.job.name, &self.inputs[input], column, value, nth)
                };
                let Some(ranges) = scopes.touched(spans, ordered, follows)? else {
                    return Err(Error::CannotRecompute { step: self.identity.clone(), scope: scopes.widest() });
                };
                for (position, behind) in self.positions.iter_mut().zip(&behind) {
                    if ranges.iter().any(|range| range.contains(&watermark)) {
                        position.rows_at = behind.rows_at;
                        self.has_more_at = false;
                    }
                }
                self.recompute(column, ordered, range, &scopes, &ranges, state.as_ref())
            }
            Decision::Refuse { input } => Err(self.refused(input, &behind[input], ordered)),
            Decision::Unknown { input, reason } => Err(self.history_gone(input, reason)),
        }
    }

    fn refused(&self, input: usize, behind: &Behind, ordered: &OrderedType) -> Error {
        Error::LateRows {
            job: self.job.name.clone(),
            input: self.inputs[input].name.clone(),
            watermark: self.watermark.as_ref().map(|value| ordered.format(value)).unwrap_or_default(),
            ranges: behind.spans.iter().map(|span| span.text(ordered)).collect(),
        }
    }

    fn history_gone(&self, input: usize, reason: String) -> Error {
        let position = self.resumed.as_ref().and_then(|checkpoint| checkpoint.inputs.get(input));
        let version = position.and_then(|position| position.read.as_ref()).map_or(0, |read| read.version);
        Error::HistoryGone { job: self.job.name.clone(), input: self.inputs[input].name.clone(), version, reason }
    }

    /// Computes ranges of the output anew and commits them. The step then stands where it stood, or where the last range
    /// left it, if that one is open.
    fn recompute(
        &mut self,
        column: &ColumnPath,
        ordered: &OrderedType,
        range: &KeyRange,
        scopes: &Scopes,
        ranges: &[KeyRange],
        state: Option<&State>,
    ) -> Result<()> {
        let Some(watermark) = self.watermark.clone() else { return Ok(()) };
        let meet = Meet::Replace(ranges.to_vec());
        self.committer.check_alone(&meet)?;
        let mut goes_on = false;
        for Anew { range: piece, is_open } in scopes.anew(ranges, &watermark, ordered) {
            self.begin_step(None)?;
            goes_on = is_open;
            if let Some(start) = &piece.start {
                self.warm_up(column, ordered, range, scopes, start)?;
            }
            let start = piece.start.max(range.start.clone());
            let mut reader = self.reader(column, KeyRange { start, end: piece.end })?;
            while let Some(stretch) = reader.next()? {
                let bounds = stretch.bounds();
                self.push(&stretch.rows, bounds.as_ref(), ordered)?;
            }
        }
        let text = |touched| range_text(touched, |value| ordered.format(value));
        self.report.recomputed.extend(ranges.iter().map(text));
        if !goes_on {
            self.begin_step(state)?;
        }
        // They were counted when they were taken first.
        self.pending.rows_in = 0;
        self.commit(&meet)
    }

    /// Gives the step the rows before `start` that rows from there on depend on. What it makes of them stands in the output.
    fn warm_up(
        &mut self,
        column: &ColumnPath,
        ordered: &OrderedType,
        range: &KeyRange,
        scopes: &Scopes,
        start: &OrderedValue,
    ) -> Result<()> {
        let KeyRange { start: first, end } = scopes.span_before(start, ordered);
        let rows = scopes.rows_before();
        if let Some(first) = first.as_ref().filter(|_| rows.iter().any(|rows| *rows > 0)) {
            let rows = rows_before(&self.job.name, &self.inputs, column, range, first, &rows)?;
            if rows.num_rows() > 0 {
                self.make(&rows, None, ordered)?;
            }
        }
        let span = KeyRange { start: first.max(range.start.clone()), end };
        if span.start < span.end {
            let mut reader = self.reader(column, span)?;
            while let Some(stretch) = reader.next()? {
                self.make(&stretch.rows, stretch.bounds().as_ref(), ordered)?;
            }
        }
        Ok(())
    }

    /// Takes rows from the watermark on.
    fn take_new(&mut self, column: &ColumnPath, ordered: &OrderedType, range: KeyRange) -> Result<()> {
        let end = end_of(&self.inputs, self.job.options.hold_back, range.end);
        let start = match self.watermark.clone() {
            None => range.start,
            Some(watermark) => {
                if end.as_ref().is_some_and(|end| *end <= watermark) {
                    return Ok(());
                }
                let beyond = spans::after(&watermark);
                // Rows at the watermark go by themselves: so batches after it are cut as in a run that did not end there.
                if self.has_more_at {
                    self.take(column, ordered, KeyRange { start: Some(watermark), end: beyond.clone() }, true)?;
                }
                match beyond {
                    None => return Ok(()),
                    beyond => beyond.max(range.start),
                }
            }
        };
        self.take(column, ordered, KeyRange { start, end }, false)
    }

    /// Takes rows of a range, of those at the watermark what is new.
    fn take(&mut self, column: &ColumnPath, ordered: &OrderedType, range: KeyRange, at_watermark: bool) -> Result<()> {
        let mut reader = self.reader(column, range)?;
        while let Some(stretch) = reader.next()? {
            let Some(bounds) = stretch.bounds() else { continue };
            let taken = self.taken(&stretch, at_watermark);
            self.advance(&stretch, &bounds.1, at_watermark);
            let rows = stretch.without_first(Arc::clone(&self.names), &taken);
            if rows.num_rows() > 0 {
                self.push(&rows, Some(&bounds), ordered)?;
                self.progress.rows_done += rows.num_rows() as u64;
                self.commit_if_due()?;
                self.tell();
            }
        }
        Ok(())
    }

    /// About how many rows are to be taken, by what is known of files.
    fn rows_planned(&self, range: &KeyRange) -> u64 {
        let end = end_of(&self.inputs, self.job.options.hold_back, range.end.clone());
        let of_input = |(input, position): (&Input, &InputPosition)| {
            let snapshot = input.dataset.snapshot()?;
            let (start, taken) = (range.start.as_ref(), position.rows_before + position.rows_at);
            Some(to_take(files(&snapshot), start, self.watermark.as_ref(), end.as_ref(), taken).about)
        };
        self.inputs.iter().zip(&self.positions).filter_map(of_input).sum()
    }

    fn tell(&mut self) {
        (self.progress.batches, self.progress.commits) = (self.report.batches, self.report.commits);
        (self.tell)(&self.progress);
    }

    /// How many rows at the watermark of each input were taken before.
    fn taken(&self, stretch: &Stretch, at_watermark: bool) -> Vec<usize> {
        let of_input = |(values, position): (&Option<Ordered>, &InputPosition)| match values {
            Some(values) if at_watermark => values.len().min(usize::try_from(position.rows_at).unwrap_or(usize::MAX)),
            _ => 0,
        };
        stretch.values.iter().zip(&self.positions).map(of_input).collect()
    }

    /// Moves the watermark to the last value of a stretch. One at the watermark has rows that are counted already.
    fn advance(&mut self, stretch: &Stretch, last: &OrderedValue, at_watermark: bool) {
        for (position, values) in self.positions.iter_mut().zip(&stretch.values) {
            let counted = if at_watermark { 0 } else { position.rows_at };
            let rows = values.as_ref().map_or(0, Ordered::len);
            let before = values.as_ref().map_or(0, |values| values.lower_bound(last));
            position.rows_before += counted + before as u64;
            position.rows_at = (rows - before) as u64;
        }
        self.watermark = Some(last.clone());
    }

    fn push(
        &mut self,
        rows: &InputRows,
        bounds: Option<&(OrderedValue, OrderedValue)>,
        ordered: &OrderedType,
    ) -> Result<()> {
        let made = self.make(rows, bounds, ordered)?;
        self.report.batches += 1;
        self.pending.rows_in += rows.num_rows() as u64;
        if made.num_rows() > 0 {
            self.pending.bytes += bytes_of(&made);
            self.pending.batches.push(made);
        }
        Ok(())
    }

    fn make(
        &mut self,
        rows: &InputRows,
        bounds: Option<&(OrderedValue, OrderedValue)>,
        ordered: &OrderedType,
    ) -> Result<RecordBatch> {
        self.step.push(rows).map_err(|source| {
            let text = |value: &OrderedValue| ordered.format(value);
            let range = bounds.map(|(first, last)| format!("from {} to {}", text(first), text(last)));
            Error::Step { step: self.identity.clone(), range: range.unwrap_or_default(), source }
        })
    }

    fn commit_if_due(&mut self) -> Result<()> {
        let options = &self.job.options;
        let many = options.commit_rows.is_some_and(|rows| self.pending.rows_in >= rows as u64);
        if many || self.pending.bytes >= options.buffer_bytes {
            self.commit(&Meet::Write)?;
        }
        Ok(())
    }

    /// Commits what was made, with the state and how far the inputs were read.
    fn commit(&mut self, meet: &Meet) -> Result<()> {
        let Pending { batches, rows_in, .. } = std::mem::take(&mut self.pending);
        let rows_out = batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
        let before = self.resumed.as_ref().map_or((0, 0), |checkpoint| (checkpoint.rows_in, checkpoint.rows_out));
        self.report.rows_in += rows_in;
        self.report.rows_out += rows_out;
        let progress = Progress {
            step: self.identity.clone(),
            watermark: self
                .watermark
                .as_ref()
                .zip(self.ordered.as_ref())
                .map(|(value, (_, ordered))| ordered.format(value)),
            inputs: self.positions.clone(),
            rows_in: before.0 + self.report.rows_in,
            rows_out: before.1 + self.report.rows_out,
        };
        let state = self.step.state().map_err(|source| self.step_failed(source))?;
        let limit = self.job.options.state_limit;
        let checkpoint = Checkpoint::new(progress, self.committer.sequence + 1, &state, limit)?;
        self.committer.commit(&batches, meet, Some(checkpoint.to_text()?))?;
        self.committed.clone_from(&self.positions);
        self.report.commits += 1;
        Ok(())
    }

    fn begin_step(&mut self, state: Option<&State>) -> Result<()> {
        self.step.begin(state).map_err(|source| self.step_failed(source))
    }

    fn step_failed(&self, source: crate::StepError) -> Error {
        Error::Step { step: self.identity.clone(), range: String::new(), source }
    }

    fn reader(&self, column: &ColumnPath, range: KeyRange) -> Result<Reader<'a>> {
        let options = &self.job.options;
        let rows = options.commit_rows.map_or(options.batch_rows, |rows| rows.min(options.batch_rows));
        Reader::new(&self.job.name, &self.inputs, column, range, rows)
    }

    fn of_job(&self, what: &'static str) -> impl FnOnce(varvite_dataset::Error) -> Error + use<'a, S> {
        Error::dataset(&self.job.name, what)
    }
}

/// An input of which nothing was taken yet.
fn fresh(input: &Input) -> InputPosition {
    InputPosition { name: input.name.clone(), read: read_version(&input.dataset), rows_before: 0, rows_at: 0 }
}

fn reported(input: &Input, behind: Option<&Behind>, ordered: &OrderedType) -> InputReport {
    InputReport {
        name: input.name.clone(),
        version: input.dataset.snapshot().map(|snapshot| snapshot.version),
        late_rows: behind.map_or(0, |behind| behind.late_rows),
        changed: behind.map(|behind| behind.spans.iter().map(|span| span.text(ordered)).collect()).unwrap_or_default(),
        unknown: behind.and_then(|behind| behind.unknown.clone()),
    }
}

/// Bytes of the rows, of shared buffers only their part.
fn bytes_of(batch: &RecordBatch) -> usize {
    let of_column = |column: &arrow::array::ArrayRef| {
        column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size())
    };
    batch.columns().iter().map(of_column).sum()
}
