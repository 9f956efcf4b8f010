//! [`Scan`]: the rows of one version, batch by batch.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;

use super::ahead::Ahead;
use super::options::ScanOptions;
use super::plan::{ScanPlan, plan_scan};
#[cfg(feature = "polars")]
use crate::file::StoredFile;
use crate::file::{CurrentFile, Portions};
use crate::log::Log;
use crate::{DataFile, Error, KeyRange, OrderedValue, Result, Snapshot};

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// The rows of one version in order, read as they are asked for.
///
/// A [`RecordBatchReader`]: its errors carry an [`Error`] as [`ArrowError::ExternalError`]; [`Scan::next_batch`] gives it plainly.
pub struct Scan {
    schema: SchemaRef,
    source: Arc<Source>,
    /// Rows before the start of the range, found when the scan was made.
    before: VecDeque<RecordBatch>,
    within: Ahead<Within>,
    /// Whether the next batch is read while the caller is busy with one.
    prefetch: bool,
    left: u64,
}

/// The rows of the range, row group by row group.
struct Within {
    source: Arc<Source>,
    remaining: VecDeque<usize>,
    current: Option<Batches>,
}

/// All that reading a file of the version takes.
pub(super) struct Source {
    pub(super) log: Arc<Log>,
    snapshot: Arc<Snapshot>,
    stored: SchemaRef,
    /// Positions of the columns to read.
    projection: Option<Vec<usize>>,
    pub(super) range: KeyRange,
    portions: Portions,
    /// How many row groups were opened.
    opened: AtomicUsize,
}

impl Scan {
    pub(crate) fn new(log: Arc<Log>, snapshot: Arc<Snapshot>, options: &ScanOptions) -> Result<Self> {
        let Some((source, plan)) = Source::plan(Arc::clone(&log), Arc::clone(&snapshot), options)? else {
            return Ok(Self::empty(log, snapshot, options));
        };
        let schema = source.schema()?;
        let before = source.rows_before(&plan.before, options.n_prev);
        let before = before.map_err(|error| source.explain(error))?;
        let left = options.limit.unwrap_or(u64::MAX);
        Ok(Self::over(schema, source, before, plan.within.into(), left))
    }

    fn over(
        schema: SchemaRef,
        source: Source,
        before: VecDeque<RecordBatch>,
        remaining: VecDeque<usize>,
        left: u64,
    ) -> Self {
        let source = Arc::new(source);
        let prefetch = source.is_worth_prefetching(&remaining, left);
        let within = Within { source: Arc::clone(&source), remaining, current: None };
        Self { schema, source, before, within: Ahead::Idle(within), prefetch, left }
    }

    /// The scan of a dataset without columns.
    fn empty(log: Arc<Log>, snapshot: Arc<Snapshot>, options: &ScanOptions) -> Self {
        let schema = Arc::new(Schema::empty());
        let source = Source {
            log,
            snapshot,
            stored: Arc::clone(&schema),
            projection: None,
            range: KeyRange::default(),
            portions: options.portions(),
            opened: AtomicUsize::new(0),
        };
        Self::over(schema, source, VecDeque::new(), VecDeque::new(), 0)
    }

    /// The columns of every batch.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// How many row groups were opened so far, those that are read ahead included.
    pub fn row_groups_opened(&self) -> usize {
        self.source.opened.load(Ordering::Relaxed)
    }

    /// The next batch, never empty; `None` after the last.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if bytes are not what was written. Nothing follows after an error.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let batch = self.advance();
        if batch.is_err() {
            self.left = 0;
        }
        batch.map_err(|error| self.source.explain(error))
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        while self.left > 0 {
            let Some(batch) = self.unlimited()? else { break };
            let rows = usize::try_from(self.left).map_or(batch.num_rows(), |left| left.min(batch.num_rows()));
            self.left -= rows as u64;
            if rows > 0 {
                return Ok(Some(batch.slice(0, rows)));
            }
        }
        Ok(None)
    }

    fn unlimited(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(batch) = self.before.pop_front() {
            return Ok(Some(batch));
        }
        self.within.next(self.prefetch && self.left > self.source.portions.rows as u64).transpose()
    }
}

impl Iterator for Within {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.current.as_mut().and_then(Iterator::next) {
                return Some(batch);
            }
            let at = self.remaining.pop_front()?;
            match self.source.rows_within(at) {
                Ok(batches) => self.current = Some(batches),
                Err(error) => {
                    self.remaining.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}

impl Source {
    /// What to read; `None` for a dataset without columns.
    pub(super) fn plan(
        log: Arc<Log>,
        snapshot: Arc<Snapshot>,
        options: &ScanOptions,
    ) -> Result<Option<(Self, ScanPlan)>> {
        let Some((stored, ordered)) = snapshot.schema.clone().zip(snapshot.ordered_type.clone()) else {
            return Ok(None);
        };
        let range = ordered.coerce_range(&options.range)?;
        let projection = options.columns.as_deref().map(|names| project(&stored, names)).transpose()?;
        let plan = plan_scan(&snapshot.files, &range, options.n_prev, options.row_groups.as_deref())?;
        let portions = options.portions();
        Ok(Some((Self { log, snapshot, stored, projection, range, portions, opened: AtomicUsize::new(0) }, plan)))
    }

    /// The columns that are read, in the order asked for.
    pub(super) fn schema(&self) -> Result<SchemaRef> {
        match &self.projection {
            None => Ok(Arc::clone(&self.stored)),
            Some(columns) => self
                .stored
                .project(columns)
                .map(Arc::new)
                .map_err(|source| Error::Arrow { action: "select columns", source }),
        }
    }

    /// All columns, in stored order.
    #[cfg(feature = "polars")]
    pub(super) fn full_schema(&self) -> SchemaRef {
        Arc::clone(&self.stored)
    }

    pub(super) fn file(&self, at: usize) -> &DataFile {
        &self.snapshot.files[at]
    }

    pub(super) fn open(&self, at: usize) -> Result<CurrentFile> {
        let file = self.file(at);
        self.opened.fetch_add(1, Ordering::Relaxed);
        CurrentFile::open(self.log.stored_file(&file.name)?, file, &self.snapshot, &self.stored)
    }

    /// Where a file is now.
    #[cfg(feature = "polars")]
    pub(super) fn stored_file(&self, at: usize) -> Result<StoredFile> {
        self.log.stored_file(&self.file(at).name)
    }

    /// The columns that a file was written with.
    #[cfg(feature = "polars")]
    pub(super) fn stored_schema(&self, at: usize) -> Result<&SchemaRef> {
        let file = self.file(at);
        let path = |stored: StoredFile| stored.path().to_string();
        self.snapshot
            .schema_of(file)
            .map_or_else(|| Err(crate::file::older_than_columns(self.stored_file(at).map(path)?)), Ok)
    }

    /// Compares the length of a file and its footer with the record, as [`open`](Self::open) does before it reads it.
    #[cfg(feature = "polars")]
    pub(super) fn verify_footer(&self, at: usize, bytes: &[u8]) -> Result<()> {
        crate::file::verify_footer(bytes, self.file(at), self.stored_file(at)?.path())
    }

    /// Whether the range begins or ends within a file: then its rows are counted.
    #[cfg(feature = "polars")]
    pub(super) fn cuts(&self, at: usize) -> bool {
        let file = self.file(at);
        let within = |bound: &OrderedValue| file.min < *bound && *bound <= file.max;
        self.range.start.as_ref().is_some_and(within) || self.range.end.as_ref().is_some_and(within)
    }

    /// Whether all rows of a file lie in `range`.
    pub(super) fn has_all(&self, at: usize, range: &KeyRange) -> bool {
        let file = self.file(at);
        range.contains(&file.min) && range.contains(&file.max)
    }

    /// Whether there are batches enough, from row groups large enough, for another thread to be of use.
    fn is_worth_prefetching(&self, row_groups: &VecDeque<usize>, limit: u64) -> bool {
        const ROWS_OF_GROUP: u64 = 1 << 14;
        let rows: u64 = row_groups.iter().map(|at| self.file(*at).num_rows).sum();
        let batch = self.portions.rows as u64;
        self.portions.prefetch() && rows.min(limit) > batch && rows >= ROWS_OF_GROUP * row_groups.len() as u64
    }

    /// What a failed read means: the version may have expired meanwhile.
    pub(super) fn explain(&self, error: Error) -> Error {
        self.log.explain(error, &self.snapshot)
    }

    /// The rows of a row group that lie in the range.
    fn rows_within(&self, at: usize) -> Result<Batches> {
        let open = self.open(at)?;
        let rows = self.positions(&open, at, &self.range)?;
        open.batches(self.projection.as_deref(), rows, self.portions)
    }

    /// Up to `n_prev` rows before the start of the range, in order.
    fn rows_before(&self, row_groups: &[usize], n_prev: usize) -> Result<VecDeque<RecordBatch>> {
        let earlier = KeyRange { start: None, end: self.range.start.clone() };
        let (mut found, mut missing) = (VecDeque::new(), n_prev as u64);
        for at in row_groups.iter().rev() {
            let open = self.open(*at)?;
            let rows = self.positions(&open, *at, &earlier)?.unwrap_or(0..self.file(*at).num_rows);
            let rows = rows.end - missing.min(rows.end - rows.start)..rows.end;
            missing -= rows.end - rows.start;
            let batches = open.batches(self.projection.as_deref(), Some(rows), self.portions)?;
            for batch in batches.collect::<Result<Vec<_>>>()?.into_iter().rev() {
                found.push_front(batch);
            }
            if missing == 0 {
                break;
            }
        }
        Ok(found)
    }

    /// The positions of the rows in `range`; `None` if all of the row group are.
    pub(super) fn positions(&self, open: &CurrentFile, at: usize, range: &KeyRange) -> Result<Option<Range<u64>>> {
        let file = self.file(at);
        if self.has_all(at, range) {
            return Ok(None);
        }
        let on = &self.snapshot.settings.ordered_on;
        let reaches_behind = |bound: &&OrderedValue| file.max >= **bound;
        let start = range.start.as_ref().filter(|start| file.min < **start);
        let start = start.map_or(Ok(0), |start| open.lower_bound(on, start))?;
        let end = range.end.as_ref().filter(reaches_behind);
        let end = end.map_or(Ok(file.num_rows), |end| open.lower_bound(on, end))?;
        Ok(Some(start..end.max(start)))
    }
}

fn project(stored: &Schema, names: &[String]) -> Result<Vec<usize>> {
    names
        .iter()
        .map(|name| stored.index_of(name).map_err(|_| crate::schema::unknown_column(stored, &name.into())))
        .collect()
}

impl Iterator for Scan {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().map_err(|error| ArrowError::ExternalError(Box::new(error))).transpose()
    }
}

impl RecordBatchReader for Scan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
