//! [`Canceller`]: the one word that ends a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Ends a run. Clones end the same one.
#[derive(Debug, Clone, Default)]
pub struct Canceller(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_cancelled: AtomicBool,
    told: Notify,
}

impl Canceller {
    /// Ends the run: its next batch is [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::SeqCst);
        self.0.told.notify_waiters();
    }

    /// Whether the run was ended.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::SeqCst)
    }

    /// Waits until the run is ended: for engines that wait for several things at once.
    pub async fn cancelled(&self) {
        let told = self.0.told.notified();
        tokio::pin!(told);
        // Registered before looking, so that a word between the two is not missed.
        told.as_mut().enable();
        if !self.is_cancelled() {
            told.await;
        }
    }
}
