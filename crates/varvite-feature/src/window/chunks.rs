//! Rows of one event time kept together, so that of those that restate each other one counts.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::row::Rows;
use hashbrown::{DefaultHashBuilder, HashMap};

use crate::Result;
use crate::entity::NONE;
use crate::error::arrow;

/// Cuts batches where the event time changes.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    /// Rows of one event time, which may go on.
    held: Option<(RecordBatch, i64)>,
}

impl Chunks {
    /// Takes the next rows, whose event times are `events`. Gives rows whose event times do not come again, and holds back
    /// the rest.
    pub(super) fn push(&mut self, batch: &RecordBatch, events: &[i64]) -> Result<Option<RecordBatch>> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(None) };
        let cut = events.partition_point(|event| event < last);
        let (whole, rest) = (batch.slice(0, cut), batch.slice(cut, batch.num_rows() - cut));
        match self.held.take() {
            Some((held, event)) if cut == 0 && event == *first => {
                self.held = Some((joined(&held, &rest)?, event));
                Ok(None)
            }
            held => {
                self.held = Some((rest, *last));
                match held {
                    Some((held, _)) => joined(&held, &whole).map(Some),
                    None => Ok(Some(whole)),
                }
            }
        }
    }

    /// The rows that are left.
    pub(super) fn finish(self) -> Option<RecordBatch> {
        self.held.map(|(held, _)| held)
    }
}

fn joined(a: &RecordBatch, b: &RecordBatch) -> Result<RecordBatch> {
    if b.num_rows() == 0 { Ok(a.clone()) } else { concat_batches(a.schema_ref(), [a, b]).map_err(arrow("join rows")) }
}

/// Takes the numbers of rows that another one restates: same key, event time and `others`, and a greater created time, or
/// the same and later in the stream (S03).
pub(super) fn drop_restated(ids: &mut [u32], events: &[i64], created: Option<&[i64]>, others: Option<&Rows>) {
    let mut from = 0;
    while from < ids.len() {
        let end = from + events[from..].partition_point(|event| *event == events[from]);
        if end - from > 1 {
            keep_best(from..end, ids, created, others);
        }
        from = end;
    }
}

fn keep_best(run: std::ops::Range<usize>, ids: &mut [u32], created: Option<&[i64]>, others: Option<&Rows>) {
    let mut best: HashMap<(u32, Option<arrow::row::Row<'_>>), usize, DefaultHashBuilder> = HashMap::default();
    for row in run {
        if ids[row] == NONE {
            continue;
        }
        let held = best.entry((ids[row], others.map(|others| others.row(row)))).or_insert(row);
        if *held == row {
            continue;
        }
        let wins = created.is_none_or(|created| created[row] >= created[*held]);
        ids[if wins { std::mem::replace(held, row) } else { row }] = NONE;
    }
}
