//! [`Caller`]: one process that works with the dataset, and what came of it.

use std::sync::Arc;

use arrow::array::RecordBatch;
use varvite_dataset::{
    Change, Compact, Dataset, Error, Mode, OrderedValue, Result, Retention, ScanOptions, Snapshot, VacuumOptions,
    WriteReport,
};
use varvite_storage::StoragePath;
use varvite_storage::sim::SimStorage;

use super::operation::{Keys, Operation, Verb, Which};
use super::state::{Changed, Deed};
use crate::model::Row;
use crate::sequence::OneWrite;
use crate::shape::{Columns, Shape};

/// An operation that was done, or tried.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) client: u32,
    pub(super) mark: u64,
    pub(super) deed: Deed,
    pub(super) outcome: Outcome,
    /// The newest version that the caller saw before, and its dataset.
    pub(super) seen: Option<(String, u64)>,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Changed(WriteReport),
    Read(Reading),
    Kept,
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
    /// At which time, or by which name, it was asked for.
    pub(super) by: Option<By>,
}

#[derive(Debug)]
pub(super) enum By {
    Time(i64),
    Name(&'static str),
}

/// Opens the dataset of a simulation.
pub(super) fn open(storage: &SimStorage) -> Result<Dataset> {
    Dataset::at(Arc::new(storage.clone()), StoragePath::try_new("d").unwrap_or_default(), None)
}

/// Reads a range of the version that the handle sees, or all of it.
pub(super) fn read(dataset: &Dataset, shape: Shape, range: Option<(i64, i64, usize)>) -> Result<Option<Reading>> {
    let Some(snapshot) = dataset.snapshot() else { return Ok(None) };
    let options = match range {
        Some((start, end, n_prev)) => {
            ScanOptions::default().with_range(shape.range(start, end)).with_n_prev(n_prev).with_batch_size(3)
        }
        None => ScanOptions::default(),
    };
    let rows = shape.rows(&dataset.read(&options)?);
    Ok(Some(Reading {
        dataset_id: snapshot.dataset_id.clone(),
        version: snapshot.version,
        entry: snapshot.key_value_metadata.get("entry").cloned(),
        range,
        rows,
        by: None,
    }))
}

fn outcome(reading: Option<Reading>) -> Outcome {
    reading.map_or(Outcome::Nothing, Outcome::Read)
}

pub(super) struct Caller {
    storage: SimStorage,
    client: u32,
    shape: Shape,
    /// Numbers of named changes ascend from here.
    first_number: u64,
    dataset: Option<Dataset>,
    last: Option<(OneWrite, Columns, Changed)>,
    /// Whether the last operation failed: what it left is seen by a new handle only.
    failed: bool,
}

impl Caller {
    pub(super) fn new(storage: &SimStorage, client: u32, shape: Shape, first_number: u64) -> Self {
        let storage = storage.clone();
        Self { storage, client, shape, first_number, dataset: None, last: None, failed: false }
    }

    pub(super) fn perform(&mut self, operation: &Operation, mark: u64) -> Done {
        self.storage.mark(mark);
        let mut deed = Deed::Look;
        let seen = self.dataset.as_ref().and_then(Dataset::snapshot);
        let seen = seen.map(|snapshot| (snapshot.dataset_id.clone(), snapshot.version));
        let outcome = self.attempt(operation, mark, &mut deed).unwrap_or_else(Outcome::Failed);
        self.failed = matches!(outcome, Outcome::Failed(_));
        if let Outcome::Failed(Error::Dropped { .. }) = outcome {
            // A handle of a dataset that is gone finds no other.
            self.dataset = None;
        }
        Done { client: self.client, mark, deed, outcome, seen }
    }

    /// The dataset, opened if it is not.
    fn dataset(&mut self) -> Result<Dataset> {
        if let Some(dataset) = &self.dataset {
            return Ok(dataset.clone());
        }
        let dataset = open(&self.storage)?;
        self.dataset = Some(dataset.clone());
        Ok(dataset)
    }

    fn attempt(&mut self, operation: &Operation, mark: u64, deed: &mut Deed) -> Result<Outcome> {
        match operation {
            Operation::Change { verb, write, columns, near_end, named } => {
                let app = named.then(|| (format!("client {}", self.client), self.first_number + mark));
                let columns = if self.shape.evolves { *columns } else { Columns::PLAIN };
                let (verb, rows) = self.place(*verb, write, columns, *near_end)?;
                self.change(write, columns, &Changed { verb, rows, entry: write.metadata.clone(), app }, deed)
            }
            Operation::Entry(entry) => {
                let write = OneWrite::entry(entry.clone());
                let entry = Some(entry.clone());
                self.change(
                    &write,
                    Columns::PLAIN,
                    &Changed { verb: Verb::Merge, rows: vec![], entry, app: None },
                    deed,
                )
            }
            Operation::Again => match self.last.clone() {
                // Without a name it would be appended twice, which is what was asked for.
                Some((write, columns, changed)) if changed.verb != Verb::Append || changed.app.is_some() => {
                    self.change(&write, columns, &changed, deed)
                }
                _ => Ok(Outcome::Nothing),
            },
            Operation::Reopen => {
                self.dataset = None;
                self.dataset().map(|_| Outcome::Nothing)
            }
            Operation::Refresh => self.dataset()?.refresh().map(|_| Outcome::Nothing),
            Operation::Read { start, end, n_prev } => {
                read(&self.dataset()?, self.shape, Some((*start, *end, *n_prev))).map(outcome)
            }
            Operation::ReadAll => read(&self.dataset()?, self.shape, None).map(outcome),
            _ => match self.dataset()?.snapshot() {
                None => Ok(Outcome::Nothing),
                Some(snapshot) => self.keep(operation, &snapshot, deed),
            },
        }
    }

    /// Operations on a dataset that is there.
    fn keep(&mut self, operation: &Operation, seen: &Snapshot, deed: &mut Deed) -> Result<Outcome> {
        let dataset = self.dataset()?;
        *deed = Deed::Keep;
        match operation {
            Operation::Tag(name, back) => {
                let version = seen.version.saturating_sub(*back);
                dataset.tag(*name, Some(version)).map(|_| Outcome::Kept)
            }
            Operation::Untag(name) => dataset.untag(name).map(|_| Outcome::Kept),
            Operation::Vacuum(versions, expire) => {
                let retention = Retention::NEWEST.with_versions(*versions);
                let options = VacuumOptions::default().with_retention(retention).with_log_expiry(*expire);
                dataset.vacuum(&options).map(|_| Outcome::Kept)
            }
            Operation::Remove => {
                *deed = Deed::Remove;
                dataset.remove().map(|()| Outcome::Removed)
            }
            Operation::ReadOlder(which) => {
                *deed = Deed::Look;
                let (older, by) = match which {
                    Which::Before(back) => (dataset.version(seen.version.saturating_sub(*back))?, None),
                    Which::AsOf(ago) => {
                        let at_ms = seen.at_ms.saturating_sub(*ago);
                        (dataset.as_of(at_ms)?, Some(By::Time(at_ms)))
                    }
                    Which::Tagged(name) => (dataset.tagged(name)?, Some(By::Name(name))),
                };
                Ok(outcome(read(&older, self.shape, None)?.map(|reading| Reading { by, ..reading })))
            }
            other => unreachable!("{other:?} needs no dataset"),
        }
    }

    /// The rows and the range of a change, where this caller wants them.
    fn place(&mut self, verb: Verb, write: &OneWrite, columns: Columns, near_end: bool) -> Result<(Verb, Vec<Row>)> {
        const MIDDLE: i64 = 12;
        if verb == Verb::Append && self.failed {
            // What the change before left may be there, and it would be appended to itself.
            self.dataset = None;
        }
        let shape = self.shape;
        let newest = self.dataset()?.snapshot().and_then(|snapshot| match snapshot.files.last()?.max {
            OrderedValue::Int(newest) => Some(shape.row_value(newest)),
            _ => None,
        });
        let moved = match newest {
            Some(newest) if verb == Verb::Append => newest + shape.least_step(),
            Some(newest) if near_end => (newest - MIDDLE).max(0),
            _ => 0,
        };
        let verb = match verb {
            Verb::Replace(start, end) => Verb::Replace(start + moved, end + moved),
            Verb::DeleteRange(start, end) => Verb::DeleteRange(start + moved, end + moved),
            verb => verb,
        };
        let rows = write.rows.iter().map(|row| (row.0 + moved, row.1, columns.value(row)));
        let fits = |row: &Row| match verb {
            Verb::Replace(start, end) => (start..end).contains(&row.0),
            Verb::DeleteRange(..) | Verb::Compact(_) => false,
            _ => true,
        };
        Ok((verb, rows.filter(fits).collect()))
    }

    fn change(&mut self, write: &OneWrite, columns: Columns, changed: &Changed, deed: &mut Deed) -> Result<Outcome> {
        let dataset = self.dataset()?;
        let needs_rows = matches!(changed.verb, Verb::DeleteRange(..) | Verb::DeleteKeys(_) | Verb::Compact(_));
        if needs_rows && !dataset.exists() {
            return Ok(Outcome::Nothing);
        }
        *deed = Deed::Change(changed.clone());
        self.last = Some((write.clone(), columns, changed.clone()));
        let options = self.shape.options(write).with_mode(changed.mode());
        let options = match changed.app.clone() {
            Some((id, number)) => options.with_app(id, number),
            None => options,
        };
        dataset.apply(self.as_change(write, columns, changed), &options).map(Outcome::Changed)
    }

    fn as_change(&self, write: &OneWrite, columns: Columns, changed: &Changed) -> Change {
        let shape = self.shape;
        let batches: Vec<_> = changed.rows.chunks(write.batch_rows).map(|rows| shape.batch(rows, columns)).collect();
        let rows = match (batches.is_empty(), write.batch_rows) {
            (false, _) => batches.into(),
            (true, ENTRY_ALONE) => varvite_dataset::Rows::none(),
            (true, _) => vec![shape.batch(&[], columns)].into(),
        };
        match changed.verb {
            Verb::Merge | Verb::Append | Verb::Overwrite => Change::Write(rows),
            Verb::Replace(start, end) => Change::ReplaceRange(shape.range(start, end).into(), rows),
            Verb::DeleteRange(start, end) => Change::DeleteRange(shape.range(start, end).into()),
            Verb::DeleteKeys(keys) => Change::DeleteKeys(shape.keys(&changed.rows, keys).into()),
            Verb::Compact(true) => Change::Compact(Compact::Everything),
            Verb::Compact(false) => Change::Compact(Compact::OffTarget),
        }
    }
}

impl Changed {
    fn mode(&self) -> Mode {
        match self.verb {
            Verb::Append => Mode::Append,
            Verb::Overwrite => Mode::Overwrite,
            _ => Mode::Merge,
        }
    }
}

impl Columns {
    /// The model's value of a row that is written with these columns.
    fn value(self, row: &Row) -> i64 {
        row.2 + if self.other { crate::shape::OTHER * row.1 } else { 0 }
    }
}

impl Shape {
    /// Keys of rows to delete.
    fn keys(self, rows: &[Row], keys: Keys) -> RecordBatch {
        let all = self.batch(rows, Columns::PLAIN);
        let columns: &[usize] = if keys == Keys::Time { &[0] } else { &[0, 2] };
        all.project(columns).unwrap_or_else(|error| unreachable!("the columns are there: {error}"))
    }
}

/// Marks changes without even a schema.
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
