//! Opening what a field takes as it is, without batches: on a blocking thread, tried again where that may help, within its time.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::fill::Filler;
use super::options::FetchOptions;
use super::read::failed;
use super::scan::{joined, wait_again};
use crate::stop::StopOnDrop;
use crate::{Error, FieldPlan, Result};

/// A filler whose field has all parts, after so many retries.
pub(super) struct Opened {
    pub(super) filler: Filler,
    pub(super) retries: u64,
}

/// What an attempt came to.
struct Attempt {
    filler: Filler,
    /// The part that failed, and why.
    failed: Option<(usize, Error)>,
}

/// Opens all parts of a field. One that is tried again is tried as often as a scan; those before it stay open.
pub(super) async fn run_opening(
    mut filler: Filler,
    plan: Arc<FieldPlan>,
    options: Arc<FetchOptions>,
    random: impl Fn() -> u64 + Send,
) -> Result<Opened> {
    let (mut next, mut attempt, mut retries) = (0, 0, 0);
    loop {
        attempt += 1;
        let tried = attempt_opening(filler, &plan, next, options.scan_timeout).await?;
        let Some((at, error)) = tried.failed else { return Ok(Opened { filler: tried.filler, retries }) };
        filler = tried.filler;
        if at > next {
            (next, attempt) = (at, 1);
        }
        wait_again(&plan, attempt, &options.retries, &random, error).await?;
        retries += 1;
    }
}

async fn attempt_opening(
    mut filler: Filler,
    plan: &Arc<FieldPlan>,
    next: usize,
    limit: Option<Duration>,
) -> Result<Attempt> {
    // Dropped with this future, whatever becomes of it: then the thread opens no further.
    let stop = StopOnDrop::default();
    let (plan_of_thread, stop_of_thread) = (Arc::clone(plan), stop.0.clone());
    let span = tracing::debug_span!("open", field = plan.want.field, next);
    let opened = spawn_blocking(move || {
        let _entered = span.enter();
        for (at, part) in plan_of_thread.parts.iter().enumerate().skip(next) {
            let opened = stop_of_thread.check().and_then(|()| filler.open(part, &stop_of_thread));
            if let Err(error) = opened {
                let failed = Some((at, placed(&plan_of_thread, at, error)));
                return Ok(Attempt { filler, failed });
            }
        }
        Ok(Attempt { filler, failed: None })
    });
    let Some(limit) = limit else { return joined(opened.await) };
    if let Ok(opened) = tokio::time::timeout(limit, opened).await {
        return joined(opened);
    }
    let what = format!("opening {} files", plan.num_files);
    Err(placed(plan, next, Error::TimedOut { what, limit }))
}

/// An error of a part, with its first file.
fn placed(plan: &FieldPlan, at: usize, error: Error) -> Error {
    let part = &plan.parts[at];
    match plan.scans.iter().find(|scan| Arc::ptr_eq(&scan.part, part)) {
        Some(first) => failed(&plan.want, first, &format!("files from {} on", first.first_file()), error),
        None => error,
    }
}
