//! Carries a plan out, and hands its batches on.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result as Outcome};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures_util::future::{Either, select};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::errors::of_run;
use super::plain::plain_batch;
use super::planned::Planned;
use super::runtime::Runtime;
use crate::{BatchSender, Canceller, Limits};

/// Runs a plan to its end, or until nobody wants it. The engine works on its own threads; this one only waits, so that it
/// hears of the end also while all of those are busy.
pub(super) fn run(runtime: &Runtime, planned: Planned, limits: &Limits, sender: &BatchSender) {
    let planned = Arc::new(planned);
    let (made, mut batches) = channel(1);
    let producer = runtime.spawn(produce(Arc::clone(&planned), made));
    while let Some(batch) = runtime.block_on(next(&mut batches, sender.canceller())) {
        let batch = batch.map_err(|error| of_run(error, &planned.tally, limits));
        note(&planned, sender);
        let is_last = batch.is_err();
        if !sender.send(batch) || is_last {
            break;
        }
    }
    producer.abort();
    note(&planned, sender);
}

/// The next batch; `None` after the last, or when nobody wants it.
async fn next(batches: &mut Receiver<Outcome<RecordBatch>>, canceller: &Canceller) -> Option<Outcome<RecordBatch>> {
    match select(pin!(canceller.cancelled()), pin!(batches.recv())).await {
        Either::Left(_) => None,
        Either::Right((batch, _)) => batch,
    }
}

async fn produce(planned: Arc<Planned>, made: Sender<Outcome<RecordBatch>>) {
    // A panic would look like the end of the rows.
    if AssertUnwindSafe(hand_out(&planned, &made)).catch_unwind().await.is_err() {
        let panicked = DataFusionError::Internal("it panicked: this is a defect".to_owned());
        let _ = made.send(Err(panicked)).await;
    }
}

async fn hand_out(planned: &Planned, made: &Sender<Outcome<RecordBatch>>) {
    let mut batches = match execute_stream(Arc::clone(&planned.physical), planned.state.task_ctx()) {
        Ok(batches) => batches,
        Err(error) => return drop(made.send(Err(error)).await),
    };
    let schema = planned.schema();
    while let Some(batch) = batches.next().await {
        let batch = batch.and_then(|batch| Ok(plain_batch(&batch, &schema)?));
        let is_last = batch.is_err();
        if made.send(batch).await.is_err() || is_last {
            return;
        }
    }
}

/// Tells the run what the engine has come to.
fn note(planned: &Planned, sender: &BatchSender) {
    let (rows_read, spilled) = measured(planned.physical.as_ref());
    let (read, all) = planned.tally.row_groups();
    let peak = planned.pool.max_reserved();
    sender.note(|statistics| {
        statistics.rows_read = rows_read;
        statistics.row_groups = (all > 0).then_some((read, all));
        statistics.peak_memory = Some(peak as u64);
        statistics.spilled = Some(spilled);
    });
}

/// Rows that come out of the leaves, if all of them tell, and bytes that were put aside.
fn measured(plan: &dyn ExecutionPlan) -> (Option<u64>, u64) {
    let metrics = plan.metrics().map(|metrics| metrics.aggregate_by_name());
    let rows = metrics.as_ref().and_then(MetricsSet::output_rows).map(|rows| rows as u64);
    let spilled = metrics.as_ref().and_then(MetricsSet::spilled_bytes).unwrap_or_default() as u64;
    if plan.children().is_empty() {
        // Rows in memory are not counted by the engine; of all else, what says nothing has not begun.
        let is_counted = plan.name() != "DataSourceExec";
        return (rows.or(is_counted.then_some(0)), spilled);
    }
    let below = plan.children().into_iter().map(|child| measured(child.as_ref()));
    below.fold((Some(0), spilled), |(rows, spilled), (more, aside)| {
        (rows.zip(more).map(|(rows, more)| rows + more), spilled + aside)
    })
}
