//! [`Shared`]: one fetched value for all who name the same place.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::{AssetCollection, Catalog, FetchOptions, Fetched, Result};

/// One fetched value, shared by all who name the same place. Whether that place is a static, a field or a local is up to
/// whoever makes it; there is no other state.
///
/// The first who asks fetches, the others wait for it. If the first fails or goes away, the next one fetches. Values that
/// were handed out stay as they are, whatever becomes of the place.
///
/// ```no_run
/// use varvite_asset::{AssetCollection, Catalog, Shared};
///
/// # async fn example<Report: AssetCollection>(catalog: &Catalog) -> varvite_asset::Result<()> {
/// let shared: Shared<Report> = Shared::new(); // or `static REPORT: Shared<Report> = Shared::new();`
/// let report = shared.get(catalog).await?;
/// let newer = shared.refresh(catalog).await?;
/// # Ok(())
/// # }
/// ```
pub struct Shared<C: AssetCollection> {
    kept: RwLock<Kept<C>>,
    /// Held by the one who fetches. It is of no runtime.
    flight: tokio::sync::Mutex<()>,
}

struct Kept<C: AssetCollection> {
    value: Option<Value<C>>,
    /// How often it was cleared: what was begun before does not come back.
    cleared: u64,
}

struct Value<C: AssetCollection> {
    fetched: Arc<Fetched<C>>,
    /// What a refresh asks for.
    request: C::Request,
    options: FetchOptions,
}

impl<C: AssetCollection> Shared<C> {
    /// A place without a value.
    pub const fn new() -> Self {
        Self { kept: RwLock::new(Kept { value: None, cleared: 0 }), flight: tokio::sync::Mutex::const_new(()) }
    }

    /// The value; it is fetched if there is none.
    ///
    /// # Errors
    /// As [`Catalog::fetch`]. The place stays without a value.
    pub async fn get(&self, catalog: &Catalog) -> Result<Arc<Fetched<C>>> {
        self.get_with(catalog, C::request(), &FetchOptions::default()).await
    }

    /// The value; if there is none, it is fetched as `request` and `options` say.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_with(
        &self,
        catalog: &Catalog,
        request: C::Request,
        options: &FetchOptions,
    ) -> Result<Arc<Fetched<C>>> {
        if let Some(there) = self.peek() {
            return Ok(there);
        }
        let _flight = self.flight.lock().await;
        match self.peek() {
            Some(there) => Ok(there),
            None => self.fetch(catalog, request, options, self.cleared()).await,
        }
    }

    /// The value as it is now in the catalog, fetched as it was before. What was read before is fetched again only if its
    /// files or its range are others by now; then, with a [cache](Catalog::with_cache), files that stayed are not read
    /// again. Meanwhile others get the old value.
    ///
    /// # Errors
    /// As [`get`](Self::get). The old value stays.
    pub async fn refresh(&self, catalog: &Catalog) -> Result<Arc<Fetched<C>>> {
        let _flight = self.flight.lock().await;
        let cleared = self.cleared();
        let before = {
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            let parts = |value: &Value<C>| (Arc::clone(&value.fetched), value.request.clone(), value.options.clone());
            kept.value.as_ref().map(parts)
        };
        let Some((fetched, request, options)) = before else {
            return self.fetch(catalog, C::request(), &FetchOptions::default(), cleared).await;
        };
        let plan = catalog.plan_again::<C>(&request, &options).await?;
        if plan.reads_the_same(fetched.plan()) {
            return Ok(fetched);
        }
        self.fetch(catalog, request, &options, cleared).await
    }

    /// Leaves the place without a value. Values that were handed out stay.
    pub fn clear(&self) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.value = None;
        kept.cleared += 1;
    }

    /// The value, if there is one.
    pub fn peek(&self) -> Option<Arc<Fetched<C>>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.value.as_ref().map(|value| Arc::clone(&value.fetched))
    }

    /// How often the place was cleared: what was begun before the last time is not kept.
    fn cleared(&self) -> u64 {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).cleared
    }

    async fn fetch(
        &self,
        catalog: &Catalog,
        request: C::Request,
        options: &FetchOptions,
        cleared: u64,
    ) -> Result<Arc<Fetched<C>>> {
        let fetched = Arc::new(catalog.fetch_with::<C>(request.clone(), options).await?);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.cleared == cleared {
            kept.value = Some(Value { fetched: Arc::clone(&fetched), request, options: options.clone() });
        }
        Ok(fetched)
    }
}

impl<C: AssetCollection> Default for Shared<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: AssetCollection> fmt::Debug for Shared<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.peek().is_some() { "Shared(fetched)" } else { "Shared(not fetched)" })
    }
}
