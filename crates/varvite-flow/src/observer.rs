//! Observers: told what happens in a run.

use crate::check::CheckOutcome;

/// Is told what happens in a run. Each method may be left out.
pub trait Observer: Send + Sync {
    /// A request was planned: one line a segment.
    fn planned(&self, _plan: &[String]) {}
    /// A node has finished: after its call, or for all rows.
    fn node_finished(&self, _node: &str) {}
    /// A pass over rows has finished.
    fn pass_finished(&self, _num_rows: usize) {}
    /// A check found something.
    fn check_failed(&self, _outcome: &CheckOutcome) {}
}
