//! Fetching without a runtime: a small one is made for the call.

use tokio::runtime::{Builder, Handle};

use super::{FetchOptions, Fetched};
use crate::{AssetCollection, Catalog, Collection, Error, Filled, Result};

impl Catalog {
    /// Fetches a collection, and blocks until it is there.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch); [`Error::NoRuntime`] where a runtime is already running, which must not be blocked.
    pub fn fetch_blocking<C: AssetCollection>(&self, options: &FetchOptions) -> Result<Fetched<C>> {
        block_on(self.fetch::<C>(options))
    }

    /// Fetches a collection that differs from what the struct says, and blocks until it is there.
    ///
    /// # Errors
    /// As [`fetch_blocking`](Self::fetch_blocking).
    pub fn fetch_with_blocking<C: AssetCollection>(
        &self,
        request: C::Request,
        options: &FetchOptions,
    ) -> Result<Fetched<C>> {
        block_on(self.fetch_with::<C>(request, options))
    }

    /// Fetches fields that were put together at run time, and blocks until they are there.
    ///
    /// # Errors
    /// As [`fetch_blocking`](Self::fetch_blocking).
    pub fn fetch_collection_blocking(&self, wants: Collection, options: &FetchOptions) -> Result<Fetched<Filled>> {
        block_on(self.fetch_collection(wants, options))
    }
}

fn block_on<T>(fetch: impl Future<Output = Result<T>>) -> Result<T> {
    if Handle::try_current().is_ok() {
        return Err(Error::NoRuntime);
    }
    let runtime = Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|_| Error::NoRuntime)?;
    let outcome = runtime.block_on(fetch);
    // A scan that hangs is not waited for.
    runtime.shutdown_background();
    outcome
}
