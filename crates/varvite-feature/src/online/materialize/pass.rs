//! One walk over rows, chunk by chunk: each chunk is one transaction with its rows and with how far the walk is.

use redb::ReadableTable;

use super::MaterializeProgress;
use super::columns::{Batch, Columns};
use super::source::Source;
use super::winners::Winners;
use crate::online::OnlineStore;
use crate::online::database::failed;
use crate::online::key::{KeyBuffer, write_key};
use crate::online::row::{Rank, RowPlan, RowView};
use crate::online::state::{
    GroupState, Pass, RowsDefinition, Tie, drop_rows, layout_of, next_generation, row_plan, rows_name,
};
use crate::{Error, Result};

/// A walk that can be run.
pub(super) struct Walk<'a> {
    pub(super) store: &'a OnlineStore,
    pub(super) group: &'a varvite_schema::FeatureGroupSchema,
    pub(super) columns: &'a Columns,
    pub(super) chunk_rows: usize,
    pub(super) progress: &'a mut dyn FnMut(&MaterializeProgress),
    pub(super) so_far: MaterializeProgress,
    /// Rows that were written.
    pub(super) written: u64,
}

/// Rows of one transaction.
#[derive(Default)]
struct Chunk {
    batches: Vec<Batch>,
    winners: Winners,
    rows: usize,
    /// The greatest event time.
    newest: Option<i64>,
}

impl Walk<'_> {
    /// Walks to the end. `state` has the pass, whether it is saved already or not.
    pub(super) fn run(&mut self, mut state: GroupState, mut pass: Pass, source: &mut Source<'_>) -> Result<()> {
        let layout = state.layout(layout_of(self.group))?;
        let plan = row_plan(&state.layouts[usize::from(layout)])?;
        let mut saved = state.pass.is_some();
        loop {
            let chunk = self.next_chunk(&mut pass, source)?;
            let ended = chunk.rows < self.chunk_rows;
            (pass.piece, pass.row) = (source.piece, source.row);
            pass.target.newest = pass.target.newest.max(chunk.newest);
            let written = self.store.write(|transaction| {
                if pass.from.is_none() && !saved {
                    pass.target.number = next_generation(transaction)?;
                }
                let written = write_chunk(&chunk, layout, &plan, pass.target.number, transaction)?;
                state.keep(&pass, ended, transaction)?;
                state.save(&self.group.id(), transaction)?;
                Ok(written)
            })?;
            saved = true;
            self.written += written;
            self.so_far.chunks += 1;
            self.so_far.rows_read += chunk.rows as u64;
            (self.progress)(&self.so_far);
            if ended {
                return Ok(());
            }
        }
    }

    fn next_chunk(&self, pass: &mut Pass, source: &mut Source<'_>) -> Result<Chunk> {
        let (mut chunk, mut key) = (Chunk::default(), KeyBuffer::new());
        while chunk.rows < self.chunk_rows {
            let Some(rows) = source.next()? else { break };
            let batch = self.columns.of(&rows)?;
            chunk.take(batch, &mut pass.tie, &mut key);
        }
        Ok(chunk)
    }
}

impl Chunk {
    fn take(&mut self, batch: Batch, tie: &mut Option<Tie>, key: &mut KeyBuffer) {
        for row in 0..batch.num_rows() {
            let (event, created, commit) = batch.times(row);
            let number = number_in_run(tie, event, commit);
            // A row without a key cannot be looked up.
            if write_key(&batch.keys, row, key) {
                let rank = Rank { event, created, commit, row: number };
                self.winners.offer(key.as_slice(), rank, self.batches.len(), row);
                self.newest = self.newest.max(Some(event));
            }
        }
        self.rows += batch.num_rows();
        self.batches.push(batch);
    }
}

/// The number of a row among those of its event time and commit.
fn number_in_run(tie: &mut Option<Tie>, event: i64, commit: u64) -> u32 {
    let row = match tie {
        Some(tie) if (tie.event, tie.commit) == (event, commit) => tie.row.saturating_add(1),
        _ => 0,
    };
    *tie = Some(Tie { event, commit, row });
    row
}

/// Puts each row of a chunk that is greater than the stored one of its key in its place (S15).
fn write_chunk(
    chunk: &Chunk,
    layout: u16,
    plan: &RowPlan,
    number: u64,
    transaction: &redb::WriteTransaction,
) -> Result<u64> {
    let name = rows_name(number);
    let mut rows = transaction.open_table(RowsDefinition::new(&name)).map_err(failed("open a table"))?;
    let (mut bytes, mut written) = (Vec::new(), 0);
    for (key, winner) in chunk.winners.sorted() {
        let stored = rows.get(key).map_err(failed("read a row"))?;
        let stored = stored.map(|stored| rank_of(stored.value())).transpose()?;
        if stored.is_some_and(|stored| stored >= winner.rank) {
            continue;
        }
        let features = &chunk.batches[winner.batch].features;
        let encoded = plan.write(layout, &winner.rank, features, winner.row, &mut bytes);
        encoded.map_err(|source| Error::Arrow { action: "encode online values", source })?;
        rows.insert(key, bytes.as_slice()).map_err(failed("write a row"))?;
        written += 1;
    }
    Ok(written)
}

fn rank_of(bytes: &[u8]) -> Result<Rank> {
    Ok(RowView::try_new(bytes)?.rank())
}

impl GroupState {
    /// Notes how far a pass is; at its end, its target is what is served.
    fn keep(&mut self, pass: &Pass, ended: bool, transaction: &redb::WriteTransaction) -> Result<()> {
        if pass.from.is_some()
            && let Some(live) = &mut self.live
        {
            // The rows are in the table that is served: so is the newest of them.
            live.newest = pass.target.newest;
        }
        if !ended {
            self.pass = Some(pass.clone());
            return Ok(());
        }
        let replaced = self.live.replace(pass.target.clone());
        self.pass = None;
        match replaced {
            Some(replaced) if replaced.number != pass.target.number => drop_rows(replaced.number, transaction),
            _ => Ok(()),
        }
    }

    /// Gives up what is under way.
    pub(super) fn abandon(&mut self, transaction: &redb::WriteTransaction) -> Result<()> {
        match self.pass.take() {
            Some(pass) if pass.from.is_none() => drop_rows(pass.target.number, transaction),
            _ => Ok(()),
        }
    }
}

/// Ends a pass that has no rows to read.
pub(super) fn end_empty(state: &mut GroupState, pass: &mut Pass, transaction: &redb::WriteTransaction) -> Result<()> {
    if pass.from.is_none() {
        pass.target.number = next_generation(transaction)?;
    }
    let name = rows_name(pass.target.number);
    transaction.open_table(RowsDefinition::new(&name)).map_err(failed("open a table"))?;
    state.keep(pass, true, transaction)
}
