//! Carries a plan out, and hands its batches on.

use std::pin::pin;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::Result as Outcome;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tokio::sync::mpsc::{Sender, channel};

use super::ENGINE;
use super::errors::of_run;
use super::plain::plain_batch;
use super::planned::Planned;
use super::runtime::Runtime;
use crate::{BatchSender, Canceller, Error, Limits};

/// What comes from the engine's threads.
enum Made {
    Batch(Outcome<RecordBatch>),
    /// There is no more, or nobody wants it.
    End,
}

/// Runs a plan to its end, or until nobody wants it. The engine works on its own threads; this one only waits.
pub(super) fn run(runtime: &Runtime, planned: Planned, limits: &Limits, sender: &BatchSender) {
    let planned = Arc::new(planned);
    let (made, mut batches) = channel(1);
    runtime.spawn(watch(Arc::clone(&planned), sender.canceller().clone(), made));
    loop {
        let batch = match batches.blocking_recv() {
            Some(Made::Batch(batch)) => batch.map_err(|error| of_run(error, &planned.tally, limits)),
            Some(Made::End) => return note(&planned, sender),
            None => Err(Error::Engine { engine: ENGINE, source: "it panicked: this is a defect".into() }),
        };
        note(&planned, sender);
        let is_last = batch.is_err();
        if !sender.send(batch) || is_last {
            return;
        }
    }
}

/// Produces batches, and stops as soon as the run is cancelled: even while an operator is busy, the reader is told.
async fn watch(planned: Arc<Planned>, canceller: Canceller, made: Sender<Made>) {
    let mut producer = tokio::spawn(produce(planned, made.clone()));
    let is_cancelled = match select(pin!(canceller.cancelled()), &mut producer).await {
        Either::Left(_) => true,
        Either::Right((finished, _)) => finished.is_ok(),
    };
    producer.abort();
    if is_cancelled {
        // If there is no room, a batch is there to wake the reader.
        let _ = made.try_send(Made::End);
    }
}

async fn produce(planned: Arc<Planned>, made: Sender<Made>) {
    let mut batches = match execute_stream(Arc::clone(&planned.physical), planned.state.task_ctx()) {
        Ok(batches) => batches,
        Err(error) => return drop(made.send(Made::Batch(Err(error))).await),
    };
    let schema = planned.schema();
    while let Some(batch) = batches.next().await {
        let batch = batch.and_then(|batch| Ok(plain_batch(&batch, &schema)?));
        let is_last = batch.is_err();
        if made.send(Made::Batch(batch)).await.is_err() || is_last {
            return;
        }
    }
    let _ = made.send(Made::End).await;
}

/// Tells the run what the engine has come to.
fn note(planned: &Planned, sender: &BatchSender) {
    let (rows_read, spilled) = measured(planned.physical.as_ref());
    let (read, all) = planned.tally.row_groups();
    let peak = planned.pool.max_reserved();
    sender.note(|statistics| {
        statistics.rows_read = Some(rows_read);
        statistics.row_groups = (all > 0).then_some((read, all));
        statistics.peak_memory = Some(peak as u64);
        statistics.spilled = Some(spilled);
    });
}

/// Rows that come out of the leaves, and bytes that were put aside.
fn measured(plan: &dyn ExecutionPlan) -> (u64, u64) {
    let metrics = plan.metrics().map(|metrics| metrics.aggregate_by_name());
    let of_node = |count: Option<usize>| count.unwrap_or_default() as u64;
    let spilled = of_node(metrics.as_ref().and_then(MetricsSet::spilled_bytes));
    if plan.children().is_empty() {
        return (of_node(metrics.as_ref().and_then(MetricsSet::output_rows)), spilled);
    }
    let below = plan.children().into_iter().map(|child| measured(child.as_ref()));
    below.fold((0, spilled), |(rows, spilled), (more, aside)| (rows + more, spilled + aside))
}
