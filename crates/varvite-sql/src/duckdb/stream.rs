//! A query while it runs: rows go out as they come, and a word from the reader ends it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use duckdb::InterruptHandle;
use duckdb::arrow::array::RecordBatch;
use duckdb::arrow::compute::concat_batches;

use super::ENGINE;
use super::connection::{Session, Shape};
use crate::{BatchSender, Canceller, EngineError, Error, Result, bridge};

/// Rows of a batch, where nothing else is asked for. `DuckDB` makes 2048 at a time.
const BATCH_ROWS: usize = 8192;

/// How long a query may go on after it was told to end.
const PATIENCE: Duration = Duration::from_millis(20);

/// Runs the query of a session.
pub(super) fn run(session: &Session, shape: &Shape, rows: Option<usize>, sender: &BatchSender) {
    let (done, is_done) = channel();
    let (handle, canceller) = (session.interrupt_handle(), sender.canceller().clone());
    let watcher = std::thread::Builder::new().name("varvite-duckdb-watch".to_owned());
    let watcher = watcher.spawn(move || watch(&handle, &canceller, &is_done));
    if let Err(source) = watcher {
        sender.send(Err(Error::Engine { engine: ENGINE, source: Box::new(source) }));
        return;
    }
    if let Err(error) = send_all(session, shape, rows.unwrap_or(BATCH_ROWS).max(1), sender) {
        sender.send(Err(error));
    }
    drop(done);
}

/// Ends what runs when the reader says so, until it has ended: a word that comes between two statements is lost.
fn watch(handle: &Arc<InterruptHandle>, canceller: &Canceller, is_done: &Receiver<()>) {
    while is_done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        if canceller.is_cancelled() {
            handle.interrupt();
        }
    }
}

fn send_all(session: &Session, shape: &Shape, rows: usize, sender: &BatchSender) -> Result<()> {
    let mut statement = session.prepare()?;
    session.begin(&mut statement)?;
    let (mut held, mut count) = (Vec::new(), 0);
    loop {
        let next = statement.step().map_err(|error| session.failures.of(error))?;
        let is_last = next.is_none();
        if let Some(next) = next {
            count += duckdb::arrow::array::Array::len(&next);
            held.push(RecordBatch::from(&next));
        }
        if count >= rows || (is_last && count > 0) {
            for batch in
                pieces(&std::mem::take(&mut held), rows).map_err(|source| Error::Engine { engine: ENGINE, source })?
            {
                let batch = bridge::ours(&batch).map_err(|source| Error::Engine { engine: ENGINE, source })?;
                if !sender.send(shape.take(&batch)) {
                    return Ok(());
                }
            }
            count = 0;
        }
        if is_last {
            return Ok(());
        }
    }
}

/// The same rows in batches of at most so many.
fn pieces(batches: &[RecordBatch], rows: usize) -> std::result::Result<Vec<RecordBatch>, EngineError> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let all = concat_batches(&first.schema(), batches)?;
    let starts = (0..all.num_rows()).step_by(rows);
    Ok(starts.map(|start| all.slice(start, rows.min(all.num_rows() - start))).collect())
}
