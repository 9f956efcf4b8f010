//! [`Tally`]: what a run has read of our tables, and what went wrong on the way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use datafusion::common::DataFusionError;

use crate::Error;

/// Counted by those who read, looked at by the run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    row_groups: AtomicUsize,
    /// Row groups that there are in the tables that are read.
    all: AtomicUsize,
    /// The engine shares errors and wraps them: the first of ours is kept as it is.
    failure: Mutex<Option<Error>>,
}

impl Tally {
    pub(super) fn add_row_groups(&self, opened: usize) {
        self.row_groups.fetch_add(opened, Ordering::Relaxed);
    }

    /// Notes that so many row groups are there to be read.
    pub(super) fn add_all(&self, row_groups: usize) {
        self.all.fetch_add(row_groups, Ordering::Relaxed);
    }

    /// Row groups that were opened, of those that there are.
    pub(super) fn row_groups(&self) -> (u64, u64) {
        (self.row_groups.load(Ordering::Relaxed) as u64, self.all.load(Ordering::Relaxed) as u64)
    }

    /// Keeps an error of ours, and gives one that the engine may carry about.
    pub(super) fn fail(&self, error: Error) -> DataFusionError {
        let text = error.to_string();
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        DataFusionError::Execution(text)
    }

    /// The error that ended the run, if it was one of ours.
    pub(super) fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
