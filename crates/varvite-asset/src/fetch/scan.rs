//! One scan of a plan: on a blocking thread, tried again where that may help, within its time.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, spawn_blocking};

use super::options::{FetchOptions, Retries};
use super::read::{Reader, Scanned, failed};
use crate::stop::StopOnDrop;
use crate::{Error, FieldPlan, Result};

/// Reads the scan `at` of a field. Its batches are handed out when all are there: a scan that is tried again gives no row
/// twice.
pub(crate) async fn run_scan(
    reader: Reader,
    plan: Arc<FieldPlan>,
    at: usize,
    options: Arc<FetchOptions>,
) -> Result<Scanned> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match attempt_scan(&reader, &plan, at, options.scan_timeout).await {
            Err(error) => wait_again(&plan, attempt, &options.retries, || reader.storage.random(), error).await?,
            Ok(scanned) => return Ok(Scanned { retries: u64::from(attempt - 1), ..scanned }),
        }
    }
}

/// Waits before a field's next attempt; the error if there is none.
pub(super) async fn wait_again(
    plan: &FieldPlan,
    attempt: u32,
    retries: &Retries,
    random: impl Fn() -> u64,
    error: Error,
) -> Result<()> {
    if !error.is_transient() || attempt >= retries.attempts {
        return Err(error);
    }
    let delay = retries.delay(attempt, random());
    tracing::warn!(field = plan.want.field, attempt, ?delay, %error, "a scan is tried again");
    tokio::time::sleep(delay).await;
    Ok(())
}

async fn attempt_scan(reader: &Reader, plan: &Arc<FieldPlan>, at: usize, limit: Option<Duration>) -> Result<Scanned> {
    // Dropped with this future, whatever becomes of it: then the thread stops at its next batch.
    let stop = StopOnDrop::default();
    let (reader, plan_of_thread, stop_of_thread) = (reader.clone(), Arc::clone(plan), stop.0.clone());
    let span = tracing::debug_span!("scan", field = plan.want.field, at);
    let read = spawn_blocking(move || {
        stop_of_thread.check()?;
        let _entered = span.enter();
        reader.read(&plan_of_thread.want, &plan_of_thread.scans[at], &stop_of_thread)
    });
    let Some(limit) = limit else { return joined(read.await) };
    if let Ok(read) = tokio::time::timeout(limit, read).await {
        return joined(read);
    }
    let scan = &plan.scans[at];
    let what = format!("a scan of {} files", scan.row_groups.len());
    Err(failed(&plan.want, scan, &scan.first_file(), Error::TimedOut { what, limit }))
}

/// What a thread came to. A panic goes on in whoever waits.
pub(crate) fn joined<T>(outcome: Result<Result<T>, JoinError>) -> Result<T> {
    match outcome {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down.
        Err(_) => Err(Error::Cancelled),
    }
}
