//! Where fetches are awaited.

use std::future::Future;

use crate::error::{Error, Result};

/// Waits for a future. Scans run on threads of their own: one is enough for waiting.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|source| Error::Runtime { source })?;
    Ok(runtime.block_on(future))
}
