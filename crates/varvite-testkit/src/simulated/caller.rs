//! [`Caller`]: one process that works with the dataset, and what came of it.

use std::sync::Arc;

use varvite_dataset::{Dataset, Error, Mode, OrderedValue, Result, ScanOptions, WriteReport};
use varvite_storage::StoragePath;
use varvite_storage::sim::SimStorage;

use super::operation::{Deed, Operation, Written};
use crate::model::Row;
use crate::sequence::OneWrite;
use crate::shape::Shape;

/// An operation that was done, or tried.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) client: u32,
    pub(super) mark: u64,
    pub(super) deed: Deed,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Wrote(WriteReport),
    Read(Reading),
    Removed,
    /// There was nothing to see.
    Nothing,
    Failed(Error),
}

/// What a caller read of one version.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) dataset_id: String,
    pub(super) version: u64,
    pub(super) entry: Option<String>,
    /// Start and end of the range and rows before it; all rows without it.
    pub(super) range: Option<(i64, i64, usize)>,
    pub(super) rows: Vec<Row>,
}

/// Opens the dataset of a simulation.
pub(super) fn open(storage: &SimStorage) -> Result<Dataset> {
    Dataset::at(Arc::new(storage.clone()), path(), None)
}

/// Where it is.
pub(super) fn path() -> StoragePath {
    StoragePath::try_new("d").unwrap_or_default()
}

/// Reads a range of the version that the handle sees, or all of it.
pub(super) fn read(dataset: &Dataset, shape: Shape, range: Option<(i64, i64, usize)>) -> Result<Outcome> {
    let Some(snapshot) = dataset.snapshot() else { return Ok(Outcome::Nothing) };
    let options = match range {
        Some((start, end, n_prev)) => {
            ScanOptions::default().with_range(shape.range(start, end)).with_n_prev(n_prev).with_batch_size(3)
        }
        None => ScanOptions::default(),
    };
    let rows = shape.rows(&dataset.read(&options)?);
    Ok(Outcome::Read(Reading {
        dataset_id: snapshot.dataset_id.clone(),
        version: snapshot.version,
        entry: snapshot.key_value_metadata.get("entry").cloned(),
        range,
        rows,
    }))
}

pub(super) struct Caller {
    storage: SimStorage,
    client: u32,
    shape: Shape,
    /// Numbers of named writes ascend from here.
    first_number: u64,
    dataset: Option<Dataset>,
    last: Option<(OneWrite, Written)>,
    /// Whether the last operation failed: what it left is seen by a new handle only.
    failed: bool,
}

impl Caller {
    pub(super) fn new(storage: &SimStorage, client: u32, shape: Shape, first_number: u64) -> Self {
        Self { storage: storage.clone(), client, shape, first_number, dataset: None, last: None, failed: false }
    }

    pub(super) fn perform(&mut self, operation: &Operation, mark: u64) -> Done {
        self.storage.mark(mark);
        let mut deed = Deed::Look;
        let outcome = self.attempt(operation, mark, &mut deed).unwrap_or_else(Outcome::Failed);
        self.failed = matches!(outcome, Outcome::Failed(_));
        Done { client: self.client, mark, deed, outcome }
    }

    /// Opens the dataset if it is not open.
    fn dataset(&mut self) -> Result<&Dataset> {
        if self.dataset.is_none() {
            self.dataset = Some(open(&self.storage)?);
        }
        self.dataset.as_ref().ok_or_else(|| unreachable!("it was opened"))
    }

    fn attempt(&mut self, operation: &Operation, mark: u64, deed: &mut Deed) -> Result<Outcome> {
        match operation {
            Operation::Write { write, near_end, named } => {
                let app = named.then(|| (format!("client {}", self.client), self.first_number + mark));
                let rows = self.place(write, *near_end)?;
                let written = Written { mode: write.mode, rows, entry: write.metadata.clone(), app };
                self.write(write, written, deed)
            }
            Operation::Entry(entry) => {
                let written = Written { mode: Mode::Merge, rows: Vec::new(), entry: Some(entry.clone()), app: None };
                self.write(&OneWrite::entry(entry.clone()), written, deed)
            }
            Operation::Again => match self.last.clone() {
                // Without a name it would be appended twice, which is what was asked for.
                Some((write, written)) if written.mode != Mode::Append || written.app.is_some() => {
                    self.write(&write, written, deed)
                }
                _ => Ok(Outcome::Nothing),
            },
            Operation::Reopen => {
                self.dataset = None;
                self.dataset().map(|_| Outcome::Nothing)
            }
            Operation::Refresh => self.dataset()?.refresh().map(|_| Outcome::Nothing),
            Operation::Read { start, end, n_prev } => {
                let shape = self.shape;
                read(self.dataset()?, shape, Some((*start, *end, *n_prev)))
            }
            Operation::ReadAll => {
                let shape = self.shape;
                read(self.dataset()?, shape, None)
            }
            Operation::Remove => {
                self.dataset()?;
                *deed = Deed::Remove;
                self.dataset()?.remove().map(|()| Outcome::Removed)
            }
        }
    }

    /// The rows of a write, where this caller wants them.
    fn place(&mut self, write: &OneWrite, near_end: bool) -> Result<Vec<Row>> {
        const MIDDLE: i64 = 12;
        if write.mode == Mode::Append && self.failed {
            // What the write before left may be there, and it would be appended to itself.
            self.dataset = None;
        }
        let shape = self.shape;
        let newest = self.dataset()?.snapshot().and_then(|snapshot| match snapshot.files.last()?.max {
            OrderedValue::Int(newest) => Some(shape.row_value(newest)),
            _ => None,
        });
        let moved = match newest {
            Some(newest) if write.mode == Mode::Append => newest + shape.least_step(),
            Some(newest) if near_end => (newest - MIDDLE).max(0),
            _ => 0,
        };
        Ok(write.rows.iter().map(|row| (row.0 + moved, row.1, row.2)).collect())
    }

    fn write(&mut self, write: &OneWrite, written: Written, deed: &mut Deed) -> Result<Outcome> {
        self.dataset()?;
        *deed = Deed::Write(written.clone());
        self.last = Some((write.clone(), written.clone()));
        let options = self.shape.options(write).with_mode(written.mode);
        let options = match written.app {
            Some((id, number)) => options.with_app(id, number),
            None => options,
        };
        let shape = self.shape;
        let batches = written.rows.chunks(write.batch_rows).map(|rows| shape.batch(rows));
        let batches: Vec<_> = batches.collect();
        let report = match (batches.is_empty(), write.batch_rows) {
            (false, _) => self.dataset()?.write(batches, &options),
            (true, ENTRY_ALONE) => self.dataset()?.write(varvite_dataset::Rows::none(), &options),
            (true, _) => self.dataset()?.write(vec![shape.batch(&[])], &options),
        };
        report.map(Outcome::Wrote)
    }
}

/// Marks writes without even a schema.
const ENTRY_ALONE: usize = usize::MAX;

impl OneWrite {
    fn entry(entry: Option<String>) -> Self {
        Self {
            mode: Mode::Merge,
            rows: Vec::new(),
            target: 4,
            by_period: false,
            max_n_off_target: None,
            metadata: Some(entry),
            batch_rows: ENTRY_ALONE,
            reopen: false,
        }
    }
}
