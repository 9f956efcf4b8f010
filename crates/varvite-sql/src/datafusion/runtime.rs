//! [`Runtime`]: the threads of the engine, apart from those of callers.

use std::future::Future;
use std::sync::mpsc::sync_channel;

use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;

use super::ENGINE;
use crate::{Error, Result};

/// Stack of a thread: plans of deep queries are walked by recursion.
const STACK: usize = 1 << 24;

/// Threads that run futures; callers wait for them without being part of any runtime.
#[derive(Debug)]
pub(super) struct Runtime(Option<tokio::runtime::Runtime>, Handle);

impl Runtime {
    pub(super) fn try_new() -> Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.thread_name("varvite-sql").thread_stack_size(STACK).enable_time();
        let runtime = builder.build().map_err(|source| Error::Engine { engine: ENGINE, source: Box::new(source) })?;
        let handle = runtime.handle().clone();
        Ok(Self(Some(runtime), handle))
    }

    /// Runs a future on a thread of the engine, and waits for it: also within a caller's own runtime.
    pub(super) fn wait<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Result<T> {
        let (sender, receiver) = sync_channel(1);
        self.1.spawn(async move {
            // Nobody may wait any more.
            let _ = sender.send(future.await);
        });
        receiver.recv().map_err(|_| Error::Engine { engine: ENGINE, source: "it panicked: this is a defect".into() })
    }

    /// Runs a future on this thread, which is none of a runtime.
    pub(super) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.1.block_on(future)
    }

    /// Runs a future beside.
    pub(super) fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.1.spawn(future)
    }
}

impl Drop for Runtime {
    /// Does not wait: a runtime that is dropped within another one would panic otherwise.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
