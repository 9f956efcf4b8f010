//! A job that goes through its rows batch by batch, for more than memory holds.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use varvite_flow::{Batch, CheckOutcome, Fitted, Stream};

use crate::job::{lines, side_by_side, versions};
use crate::source::{Opened, open};
use crate::{Error, Job, LoadedSource, Result, SavedOutput};

/// What a job in batches did.
#[derive(Debug, Clone)]
#[must_use = "a job tells what it did: look, or say that you do not care"]
pub struct BatchesReport {
    /// Each source.
    pub sources: Vec<LoadedSource>,
    /// The output.
    pub saved: SavedOutput,
    /// Checks that found something, as it was in the first batch where they did.
    pub failed_checks: Vec<CheckOutcome>,
}

impl Job {
    /// Loads, computes and saves batch by batch, so that memory holds some of them however many rows there are. Values of
    /// the data set are those that were fitted. There is one output, which becomes visible when all of it is there: an
    /// error leaves it as it was.
    ///
    /// A dataset holds rows to write up to its [limit](varvite_dataset::WriteOptions::with_memory_limit); an asset is
    /// written from memory.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::InvalidOption`] for no source, or for more or less than one output.
    pub fn run_in_batches(&self, fitted: &Fitted) -> Result<BatchesReport> {
        self.check_names()?;
        let [save] = self.saves.as_slice() else {
            let reason = format!("a job in batches has one output, and this one has {}", self.saves.len());
            return Err(Error::InvalidOption { option: "save", reason });
        };
        if self.loads.is_empty() {
            let reason = "a job in batches loads something".to_owned();
            return Err(Error::InvalidOption { option: "load", reason });
        }
        let request: Vec<&str> = save.request.iter().map(String::as_str).collect();
        let stream = self.flow.stream_named(fitted, &request)?;
        let mut sources = Vec::new();
        let mut loads = Vec::new();
        for (name, source) in &self.loads {
            let opened = open(name, source)?;
            sources.push(opened.loaded(name, 0));
            loads.push(Loading { name: name.clone(), opened, pending: None });
        }
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut pass = Pass { job: self.clone(), loads, stream, seen: Arc::clone(&seen) };
        // The columns of the output are known with its first batch, which may have no rows.
        let first = pass.next().unwrap_or_else(|| pass.made_of_nothing())?;
        let schema = first.schema();
        let version = save.sink.save_batches(&schema, std::iter::once(Ok(first)).chain(pass), &versions(&sources)?)?;
        let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        // They stand side by side.
        for source in &mut sources {
            source.num_rows = seen.num_rows;
        }
        let saved = SavedOutput { request: save.request.clone(), num_rows: seen.num_rows, version };
        Ok(BatchesReport { sources, saved, failed_checks: seen.failed_checks })
    }
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Seen {
    num_rows: usize,
    failed_checks: Vec<CheckOutcome>,
}

/// One source on its way.
struct Loading {
    name: String,
    opened: Opened,
    /// Rows that other sources have not caught up with.
    pending: Option<RecordBatch>,
}

/// The output, batch by batch.
struct Pass {
    job: Job,
    loads: Vec<Loading>,
    stream: Stream,
    seen: Arc<Mutex<Seen>>,
}

impl Pass {
    /// The next rows of all sources; `None` when all have ended.
    fn frame(&mut self) -> Result<Option<RecordBatch>> {
        for load in &mut self.loads {
            while load.pending.as_ref().is_none_or(|rows| rows.num_rows() == 0) {
                load.pending = load.opened.batches.next().transpose()?;
                if load.pending.is_none() {
                    break;
                }
            }
        }
        let rows_of = |load: &Loading| load.pending.as_ref().map_or(0, RecordBatch::num_rows);
        let longest = self.loads.iter().max_by_key(|load| rows_of(load)).filter(|load| rows_of(load) > 0);
        let Some(longest) = longest else { return Ok(None) };
        if let Some(ended) = self.loads.iter().find(|load| load.pending.is_none()) {
            let num_rows = self.seen.lock().unwrap_or_else(PoisonError::into_inner).num_rows;
            let reason = format!("`{}` ends after {num_rows} rows, and `{}` goes on", ended.name, longest.name);
            return Err(Error::OtherInput { job: "load".to_owned(), reason });
        }
        let num_rows = self.loads.iter().map(rows_of).min().unwrap_or(0);
        let taken = self.loads.iter_mut().filter_map(|load| {
            let rows = load.pending.take()?;
            load.pending = Some(rows.slice(num_rows, rows.num_rows() - num_rows));
            Some((load.name.as_str(), rows.slice(0, num_rows)))
        });
        side_by_side(&taken.collect::<Vec<_>>()).map(Some)
    }

    fn made(&mut self, frame: &RecordBatch) -> Result<RecordBatch> {
        let batch = Batch::new().frame(frame);
        let batch = self.job.inputs.iter().fold(batch, |batch, (name, value)| batch.input(name, value.clone()));
        let outputs = self.stream.push(batch)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.num_rows += frame.num_rows();
        for failed in outputs.report().failed_checks() {
            if !seen.failed_checks.iter().any(|known| known.node == failed.node && known.check == failed.check) {
                seen.failed_checks.push(failed.clone());
            }
        }
        self.job.made(&self.job.saves[0], frame, &outputs)
    }

    /// The output of no rows.
    fn made_of_nothing(&mut self) -> Result<RecordBatch> {
        let empty = |load: &Loading| RecordBatch::new_empty(Arc::clone(&load.opened.schema));
        let frames: Vec<_> = self.loads.iter().map(|load| (load.name.as_str(), empty(load))).collect();
        let frame = side_by_side(&frames)?;
        self.made(&frame)
    }
}

impl Iterator for Pass {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = self.frame().transpose()?;
        Some(frame.and_then(|frame| self.made(&frame)))
    }
}

impl fmt::Display for BatchesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&lines(&self.sources, std::slice::from_ref(&self.saved), &self.failed_checks))
    }
}
