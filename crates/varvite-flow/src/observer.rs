//! Observers: told what happens in a run. Two come with the crate: progress, and tracing.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::check::CheckOutcome;

/// Is told what happens in a run. Each method may be left out. Called from one thread at a time.
pub trait Observer: Send + Sync {
    /// A request was planned: a line or more a segment.
    fn planned(&self, _plan: &[String]) {}
    /// A run begins, of so many nodes.
    fn begun(&self, _num_nodes: usize) {}
    /// A segment begins: what it does, in words.
    fn segment_started(&self, _segment: &str) {}
    /// A node has finished: after its call, or for all rows.
    fn node_finished(&self, _node: &str) {}
    /// A pass over rows has finished.
    fn pass_finished(&self, _num_rows: usize) {}
    /// Whether the plans of an engine are to be told, which takes time to write them down.
    fn wants_plans(&self) -> bool {
        false
    }
    /// A lazy plan is about to be collected: as its engine has optimized it.
    fn collects(&self, _plan: &str) {}
    /// A check found something.
    fn check_failed(&self, _outcome: &CheckOutcome) {}
}

/// Tells how many nodes of a run are done, and of how many.
pub struct Progress<F> {
    tell: F,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl<F: Fn(usize, usize) + Send + Sync> Progress<F> {
    /// Calls `tell` with the number of nodes that are done and of those there are: at the beginning of a run, and after
    /// each node. What is not told are nodes inside a fan-out.
    pub fn new(tell: F) -> Self {
        Self { tell, done: AtomicUsize::new(0), total: AtomicUsize::new(0) }
    }
}

impl<F: Fn(usize, usize) + Send + Sync> Observer for Progress<F> {
    fn begun(&self, num_nodes: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(num_nodes, Ordering::Relaxed);
        (self.tell)(0, num_nodes);
    }

    fn node_finished(&self, _node: &str) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.tell)(done, self.total.load(Ordering::Relaxed));
    }
}

/// Writes events of the crate `tracing`: segments at `debug`, nodes at `trace`, checks that found something at `warn`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traced;

impl Observer for Traced {
    fn begun(&self, num_nodes: usize) {
        tracing::debug!(num_nodes, "dataflow begun");
    }

    fn segment_started(&self, segment: &str) {
        tracing::debug!(segment, "segment started");
    }

    fn node_finished(&self, node: &str) {
        tracing::trace!(node, "node finished");
    }

    fn pass_finished(&self, num_rows: usize) {
        tracing::debug!(num_rows, "pass finished");
    }

    fn check_failed(&self, outcome: &CheckOutcome) {
        let CheckOutcome { node, check, num_rows, num_failed, message, .. } = outcome;
        tracing::warn!(node, check, num_rows, num_failed, message, "check failed");
    }
}
