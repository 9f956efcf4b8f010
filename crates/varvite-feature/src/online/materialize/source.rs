//! The rows that a pass reads: piece by piece of its plan, from any place on.

use arrow::array::RecordBatch;
use varvite_dataset::{Dataset, KeyRange, OrderedValue, Scan, ScanOptions, Snapshot};

use super::plan::{FileSpan, Piece};
use crate::times::{at, numbers};
use crate::{Error, Result};

/// Most rows of a batch.
const BATCH_ROWS: usize = 65_536;

/// Rows of the pieces of a plan, in order.
pub(super) struct Source<'a> {
    dataset: &'a Dataset,
    group: &'a str,
    pieces: &'a [Piece],
    columns: Vec<String>,
    batch_rows: usize,
    scan: Option<Scan>,
    /// What is left of a batch that was read.
    pending: Option<RecordBatch>,
    /// Where the next row is: the piece, and the row in it.
    pub(super) piece: usize,
    pub(super) row: u64,
}

impl<'a> Source<'a> {
    pub(super) fn new(
        dataset: &'a Dataset,
        group: &'a str,
        pieces: &'a [Piece],
        columns: Vec<String>,
        chunk_rows: usize,
    ) -> Self {
        let batch_rows = chunk_rows.min(BATCH_ROWS);
        Self { dataset, group, pieces, columns, batch_rows, scan: None, pending: None, piece: 0, row: 0 }
    }

    /// Goes to a place that was reached before.
    pub(super) fn seek(&mut self, piece: usize, row: u64) -> Result<()> {
        (self.piece, self.row, self.scan) = (piece, row, None);
        let mut missing = usize::try_from(row).unwrap_or(usize::MAX);
        while missing > 0 {
            let Some(batch) = self.read()? else { break };
            if batch.num_rows() > missing {
                self.pending = Some(batch.slice(missing, batch.num_rows() - missing));
            }
            missing = missing.saturating_sub(batch.num_rows());
        }
        Ok(())
    }

    /// The next rows; `None` at the end of all.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>> {
        while self.piece < self.pieces.len() {
            if let Some(batch) = self.next_of_piece()? {
                return Ok(Some(batch));
            }
            (self.piece, self.row, self.scan) = (self.piece + 1, 0, None);
        }
        Ok(None)
    }

    fn next_of_piece(&mut self) -> Result<Option<RecordBatch>> {
        let batch = match self.pending.take() {
            Some(batch) => Some(batch),
            None => self.read()?,
        };
        self.row += batch.as_ref().map_or(0, |batch| batch.num_rows() as u64);
        Ok(batch)
    }

    /// The next batch of the piece from its file.
    fn read(&mut self) -> Result<Option<RecordBatch>> {
        let Some(piece) = self.pieces.get(self.piece) else { return Ok(None) };
        let failed = |source| Error::Dataset { name: self.group.to_owned(), source: Box::new(source) };
        let scan = match &mut self.scan {
            Some(scan) => scan,
            none => none.insert(self.dataset.scan(&options(piece, &self.columns, self.batch_rows)).map_err(failed)?),
        };
        scan.next_batch().map_err(failed)
    }
}

/// The first value of the ordered column in a piece.
pub(super) fn first_value(dataset: &Dataset, group: &str, piece: &Piece, column: &str) -> Result<Option<i64>> {
    let failed = |source| Error::Dataset { name: group.to_owned(), source: Box::new(source) };
    let options = options(piece, &[column.to_owned()], 1).with_limit(1);
    let batch = dataset.scan(&options).and_then(|mut scan| scan.next_batch()).map_err(failed)?;
    let values = batch.as_ref().map(|batch| numbers(batch.column(0))).transpose()?;
    Ok(values.and_then(|values| at(&values, 0)))
}

fn options(piece: &Piece, columns: &[String], batch_rows: usize) -> ScanOptions {
    let bound = |value: i64| Some(OrderedValue::Int(value));
    let range = match (piece.start, piece.end) {
        (i64::MIN, i64::MAX) => KeyRange::default(),
        (start, end) => KeyRange { start: bound(start), end: end.checked_add(1).and_then(bound) },
    };
    ScanOptions::default()
        .with_row_groups([piece.file])
        .with_range(range)
        .with_columns(columns.iter().cloned())
        .with_batch_size(batch_rows)
}

/// The bounds of a version's files. Where the ordered column has no integers, each may hold any.
pub(super) fn spans(snapshot: &Snapshot) -> Vec<FileSpan> {
    let value = |value: &OrderedValue| match value {
        OrderedValue::Int(value) => Some(*value),
        _ => None,
    };
    let span = |file: &std::sync::Arc<varvite_dataset::DataFile>| FileSpan {
        min: value(&file.min).unwrap_or(i64::MIN),
        max: value(&file.max).unwrap_or(i64::MAX),
        version: file.version(),
        num_rows: file.num_rows,
    };
    snapshot.files.iter().map(span).collect()
}
