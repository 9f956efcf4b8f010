//! [`Cursor`]: the rows of one dataset in order, handed out up to a value.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use varvite_dataset::{ColumnPath, Error, Ordered, OrderedValue, Result, Scan};

/// The rows of one dataset, read batch by batch as they are asked for.
pub(super) struct Cursor {
    scan: Scan,
    ordered_on: ColumnPath,
    /// Columns to hand out; the rest is read only to cut by.
    shown: usize,
    schema: SchemaRef,
    /// What is read and not handed out yet.
    ahead: VecDeque<Portion>,
}

struct Portion {
    batch: RecordBatch,
    ordered: Ordered,
    /// Rows before this one are handed out.
    from: usize,
}

impl Cursor {
    /// `dropped` columns at the end are read but not handed out.
    pub(super) fn new(scan: Scan, ordered_on: ColumnPath, dropped: usize) -> Self {
        let full = scan.schema();
        let shown = full.fields().len() - dropped;
        let schema = Arc::new(full.project(&(0..shown).collect::<Vec<_>>()).unwrap_or_else(|_| full.as_ref().clone()));
        Self { scan, ordered_on, shown, schema, ahead: VecDeque::new() }
    }

    /// The rows before `end`, all that remain without one.
    pub(super) fn take_before(&mut self, end: Option<&OrderedValue>) -> Result<RecordBatch> {
        let mut taken = Vec::new();
        while !self.ahead.is_empty() || self.read()? {
            let Some(portion) = self.ahead.front_mut() else { break };
            let to = end.map_or(portion.ordered.len(), |end| portion.ordered.lower_bound(end)).max(portion.from);
            if to > portion.from {
                taken.push(portion.batch.slice(portion.from, to - portion.from));
            }
            portion.from = to;
            if to < portion.ordered.len() {
                break;
            }
            self.ahead.pop_front();
        }
        self.join(&taken)
    }

    /// The value of the `n`-th row, counted from 0, at or after `from`; `None` if there are fewer.
    pub(super) fn value_from(&mut self, from: Option<&OrderedValue>, n: usize) -> Result<Option<OrderedValue>> {
        let (mut skipped, mut at) = (0, 0);
        loop {
            while at == self.ahead.len() {
                if !self.read()? {
                    return Ok(None);
                }
            }
            let portion = &self.ahead[at];
            let first = from.map_or(0, |from| portion.ordered.lower_bound(from)).max(portion.from);
            let rows = portion.ordered.len() - first;
            if n - skipped < rows {
                return Ok(Some(portion.ordered.value(first + n - skipped)));
            }
            skipped += rows;
            at += 1;
        }
    }

    /// Reads one more batch; `false` if there is none.
    fn read(&mut self) -> Result<bool> {
        let Some(batch) = self.scan.next_batch()? else { return Ok(false) };
        let ordered = Ordered::try_new(&batch, &self.ordered_on)?;
        let shown: Vec<usize> = (0..self.shown).collect();
        let batch = batch.project(&shown).map_err(|source| Error::Arrow { action: "select columns", source })?;
        self.ahead.push_back(Portion { batch, ordered, from: 0 });
        Ok(true)
    }

    fn join(&self, batches: &[RecordBatch]) -> Result<RecordBatch> {
        match batches {
            [only] => Ok(only.clone()),
            many => {
                concat_batches(&self.schema, many).map_err(|source| Error::Arrow { action: "join batches", source })
            }
        }
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").field("ordered_on", &self.ordered_on).finish_non_exhaustive()
    }
}
