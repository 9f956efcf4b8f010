//! [`Merge`]: walks along two ordered streams, and gives each row of the left its partner.
//!
//! Held are a batch of the left, and of the right those few that its rows have their partners in.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result as Outcome;

use super::Nearness;
use super::ordered::{Batch, OrderedRows};

/// How many batches of the right are held at most: beyond, rows are handed out before the batch of the left is done.
const HELD: usize = 8;

/// The rows of one partition.
pub(super) struct Merge {
    left: OrderedRows,
    /// What is left of the left's batch.
    current: Option<(Arc<Batch>, usize)>,
    partners: Partners,
    schema: SchemaRef,
}

/// The right side, up to where the walk has come.
struct Partners {
    right: OrderedRows,
    nearness: Nearness,
    /// The batch and the row that come next.
    next: Option<(Arc<Batch>, usize)>,
    is_over: bool,
    /// The last row that was passed.
    passed: Option<(Arc<Batch>, usize)>,
}

/// Partners of a few rows: batches, and for each row a batch and a row of it.
#[derive(Default)]
struct Found {
    batches: Vec<Arc<Batch>>,
    rows: Vec<Option<(usize, usize)>>,
}

impl Merge {
    pub(super) fn new(left: OrderedRows, right: OrderedRows, nearness: Nearness, schema: SchemaRef) -> Self {
        let partners = Partners { right, nearness, next: None, is_over: false, passed: None };
        Self { left, current: None, partners, schema }
    }

    /// The next rows of the left with their partners.
    pub(super) async fn next_batch(&mut self) -> Outcome<Option<RecordBatch>> {
        let (left, start) = match self.current.take() {
            Some(current) => current,
            None => match self.left.next_batch().await? {
                Some(batch) => (Arc::new(batch), 0),
                None => return Ok(None),
            },
        };
        let mut found = Found::default();
        for row in start..left.num_rows() {
            let partner = if left.is_null(row) { None } else { self.partners.of(&left, row).await? };
            if !found.add(partner) {
                // Asked again, the row has the same partner.
                self.current = Some((Arc::clone(&left), row));
                break;
            }
        }
        found.joined(&left.rows.slice(start, found.rows.len()), &self.schema).map(Some)
    }
}

impl Partners {
    /// The partner of a row. Rows come in order.
    async fn of(&mut self, left: &Batch, row: usize) -> Outcome<Option<(Arc<Batch>, usize)>> {
        while self.has_next().await? {
            let Some((batch, at)) = &mut self.next else { break };
            if !batch.is_null(*at) {
                if !is_passed(batch, *at, left, row, self.nearness) {
                    break;
                }
                match &mut self.passed {
                    Some((passed, last)) if Arc::ptr_eq(passed, batch) => *last = *at,
                    passed => *passed = Some((Arc::clone(batch), *at)),
                }
            }
            *at += 1;
        }
        let partner = match self.nearness {
            Nearness::Until | Nearness::Before => &self.passed,
            Nearness::From | Nearness::After => &self.next,
        };
        let has_keys = |(batch, at): &&(Arc<Batch>, usize)| batch.cmp_keys(*at, left, row).is_eq();
        Ok(partner.as_ref().filter(has_keys).cloned())
    }

    /// Whether a row comes, which is read if need be.
    async fn has_next(&mut self) -> Outcome<bool> {
        if self.next.as_ref().is_some_and(|(batch, at)| *at < batch.num_rows()) {
            return Ok(true);
        }
        self.next = None;
        if !self.is_over {
            self.next = self.right.next_batch().await?.map(|batch| (Arc::new(batch), 0));
            self.is_over = self.next.is_none();
        }
        Ok(self.next.is_some())
    }
}

/// Whether a row of the right lies behind one of the left: no later one looks for a partner before it.
fn is_passed(right: &Batch, at: usize, left: &Batch, row: usize, nearness: Nearness) -> bool {
    match right.cmp_keys(at, left, row) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => match nearness {
            Nearness::Until | Nearness::After => right.time(at) <= left.time(row),
            Nearness::Before | Nearness::From => right.time(at) < left.time(row),
        },
    }
}

impl Found {
    /// Adds the next row's partner, unless too much is held already.
    fn add(&mut self, partner: Option<(Arc<Batch>, usize)>) -> bool {
        let Some((batch, at)) = partner else {
            self.rows.push(None);
            return true;
        };
        if !self.batches.last().is_some_and(|last| Arc::ptr_eq(last, &batch)) {
            if self.batches.len() == HELD {
                return false;
            }
            self.batches.push(batch);
        }
        self.rows.push(Some((self.batches.len() - 1, at)));
        true
    }

    /// The rows of the left with what was found.
    fn joined(&self, left: &RecordBatch, schema: &SchemaRef) -> Outcome<RecordBatch> {
        // The first source is a null.
        let places: Vec<(usize, usize)> =
            self.rows.iter().map(|place| place.map_or((0, 0), |(batch, at)| (batch + 1, at))).collect();
        let fields = schema.fields().iter().skip(left.num_columns()).enumerate();
        let of_right = fields.map(|(at, field)| {
            if self.batches.is_empty() {
                return Ok(new_null_array(field.data_type(), places.len()));
            }
            let null = new_null_array(field.data_type(), 1);
            let columns = self.batches.iter().map(|batch| batch.rows.column(at).as_ref());
            let sources: Vec<_> = std::iter::once(null.as_ref()).chain(columns).collect();
            interleave(&sources, &places)
        });
        let columns = left.columns().iter().cloned().map(Ok).chain(of_right).collect::<Result<Vec<ArrayRef>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(left.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
    }
}
