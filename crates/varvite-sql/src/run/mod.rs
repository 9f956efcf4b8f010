//! [`QueryRun`]: a query while it runs.

mod cancel;
mod statistics;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;

pub use cancel::Canceller;
pub use statistics::RunStatistics;

use crate::{Error, Limits, Result};

/// Batches that wait for their reader: the engine runs ahead by so many.
const AHEAD: usize = 2;

/// The batches of a query, while the engine makes more. Dropping it ends the query.
#[derive(Debug)]
pub struct QueryRun {
    schema: SchemaRef,
    batches: Receiver<Result<RecordBatch>>,
    canceller: Canceller,
    deadline: Option<(Instant, Duration)>,
    statistics: Arc<Mutex<RunStatistics>>,
    begun: Instant,
    has_ended: bool,
}

/// Where an engine puts what it makes.
#[derive(Debug)]
pub struct BatchSender {
    batches: SyncSender<Result<RecordBatch>>,
    canceller: Canceller,
    statistics: Arc<Mutex<RunStatistics>>,
}

impl BatchSender {
    /// Hands a batch or an error to the reader, and waits until there is room. False if nobody reads any more: then stop.
    pub fn send(&self, batch: Result<RecordBatch>) -> bool {
        !self.canceller.is_cancelled() && self.batches.send(batch).is_ok()
    }

    /// What ends the run early: look at it between pieces of work.
    pub fn canceller(&self) -> &Canceller {
        &self.canceller
    }

    /// Notes what only the engine knows of the run.
    pub fn note(&self, change: impl FnOnce(&mut RunStatistics)) {
        change(&mut self.statistics.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl QueryRun {
    /// Runs `produce` on a thread of its own; it sends batches until it is done, or nobody wants them.
    ///
    /// # Errors
    /// [`Error::Engine`] if there can be no thread.
    pub fn spawn(
        engine: &'static str,
        schema: SchemaRef,
        limits: &Limits,
        produce: impl FnOnce(&BatchSender) + Send + 'static,
    ) -> Result<Self> {
        let begun = Instant::now();
        let (sender, batches) = sync_channel(AHEAD);
        let canceller = Canceller::default();
        let statistics = Arc::new(Mutex::new(RunStatistics::default()));
        let sender = BatchSender { batches: sender, canceller: canceller.clone(), statistics: Arc::clone(&statistics) };
        let thread = std::thread::Builder::new().name(format!("varvite-{engine}"));
        let spawned = thread.spawn(move || produce(&sender));
        spawned.map_err(|source| Error::Engine { engine, source: Box::new(source) })?;
        let deadline = limits.timeout.and_then(|limit| Some((begun.checked_add(limit)?, limit)));
        Ok(Self { schema, batches, canceller, deadline, statistics, begun, has_ended: false })
    }

    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// What stops the run, from any thread.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// What the run has come to so far.
    pub fn statistics(&self) -> RunStatistics {
        self.statistics.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All rows in one batch.
    ///
    /// # Errors
    /// The first error of the run; [`Error::Arrow`] for more text than a column can hold.
    pub fn collect_batch(mut self) -> Result<RecordBatch> {
        let batches = self.by_ref().collect::<Result<Vec<_>>>()?;
        concat_batches(&self.schema, &batches).map_err(Error::arrow("join the rows of a query"))
    }

    fn receive(&mut self) -> Option<Result<RecordBatch>> {
        // A reader that is slow would find a batch waiting each time.
        if let Some((_, limit)) = self.deadline.filter(|(deadline, _)| Instant::now() >= *deadline) {
            return Some(Err(if self.canceller.is_cancelled() { Error::Cancelled } else { Error::TimedOut { limit } }));
        }
        let received = match self.deadline {
            None => self.batches.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some((deadline, _)) => self.batches.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        };
        match (received, self.deadline) {
            (_, _) if self.canceller.is_cancelled() => Some(Err(Error::Cancelled)),
            (Ok(batch), _) => Some(batch),
            (Err(RecvTimeoutError::Timeout), Some((_, limit))) => Some(Err(Error::TimedOut { limit })),
            (Err(_), _) => None,
        }
    }
}

impl Iterator for QueryRun {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let next = self.receive();
        let elapsed = self.begun.elapsed();
        let mut statistics = self.statistics.lock().unwrap_or_else(PoisonError::into_inner);
        statistics.elapsed = elapsed;
        if let Some(Ok(batch)) = &next {
            statistics.count(batch);
        } else {
            self.has_ended = true;
            self.canceller.cancel();
        }
        drop(statistics);
        next
    }
}

impl Drop for QueryRun {
    fn drop(&mut self) {
        self.canceller.cancel();
    }
}
