//! Fetching: the wants of a collection are listed and planned at once, then run. The one asynchronous place; all else
//! blocks, on threads that may.

mod blocking;
mod drive;
mod fetched;
mod fill;
mod lake;
mod open;
mod options;
mod progress;
mod read;
mod scan;
mod summary;

use std::sync::Arc;

use tokio::runtime::Handle as RuntimeHandle;
use tokio::task::spawn_blocking;
use tracing::Instrument;

pub use fetched::Fetched;
pub(crate) use fill::placed;
pub use options::{DEFAULT_MAX_BYTES_IN_FLIGHT, DEFAULT_MAX_CONCURRENT, FetchOptions, Retries};
pub use progress::Progress;
pub(crate) use read::{FromFile, Reader, Scanned, chosen, nth_kept};
pub(crate) use scan::{joined, run_scan};
pub use summary::{FetchSummary, FieldSummary};

use crate::collection::{AnyValue, Field};
use crate::plan::plan_field;
use crate::stop::StopOnDrop;
use crate::{
    AssetCollection, Catalog, Collection, Error, FeatureModel, Fetch, FetchPlan, FieldPlan, Filled, Missing, Outcomes,
    Result, Want, plan_fetch,
};
use drive::Drive;

impl Catalog {
    /// Fetches a collection: all its fields at once, or none.
    ///
    /// Dropping the future ends the fetch: nothing more begins, and what runs stops at its next batch or entry. It runs on tokio,
    /// on any kind of runtime; with timeouts and retries it needs the runtime's timer.
    ///
    /// # Errors
    /// As [`plan_fetch`], and for what goes wrong on the way; [`Error::NoRuntime`] outside a runtime.
    pub async fn fetch<C: AssetCollection>(&self, options: &FetchOptions) -> Result<Fetched<C>> {
        self.fetch_with::<C>(C::request(), options).await
    }

    /// Fetches a collection that differs from what the struct says.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_with<C: AssetCollection>(
        &self,
        request: C::Request,
        options: &FetchOptions,
    ) -> Result<Fetched<C>> {
        let collection = declared::<C>(&request)?;
        drop(request);
        let fetched = self.fetch_collection(collection, options).await?;
        Ok(fetched.map(|mut filled| C::assemble(&mut filled)))
    }

    /// Fetches the rows of one model.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_rows<M: FeatureModel>(
        &self,
        fetch: impl Into<Fetch>,
        options: &FetchOptions,
    ) -> Result<Fetched<Vec<M>>> {
        let mut collection = Collection::new();
        let rows = collection.rows::<M>("rows", fetch)?;
        let fetched = self.fetch_collection(collection, options).await?;
        Ok(fetched.map(|mut filled| filled.take(rows).unwrap_or_default()))
    }

    /// Fetches fields that were put together at run time: all, or none.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch); [`Error::Several`] if all fields are to be tried.
    pub async fn fetch_collection(&self, wants: Collection, options: &FetchOptions) -> Result<Fetched<Filled>> {
        let id = wants.id();
        let (values, plan, summary) = self.run(wants, options).await?;
        let (mut filled, mut errors) = (Vec::with_capacity(values.len()), Vec::new());
        for value in values {
            match value {
                Ok(value) => filled.push(Some(value)),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(Error::Several(errors));
        }
        Ok(Fetched::new(Filled::new(id, filled), plan, summary))
    }

    /// Fetches fields that were put together at run time, each whatever becomes of the others.
    ///
    /// # Errors
    /// For what no field can do without, such as a list of the assets.
    pub async fn fetch_outcomes(&self, wants: Collection, options: &FetchOptions) -> Result<Fetched<Outcomes>> {
        let (id, names) = (wants.id(), wants.wants().map(|want| want.field.clone()).collect());
        let (values, plan, summary) = self.run(wants, &options.clone().collect_all(true)).await?;
        Ok(Fetched::new(Outcomes::new(id, names, values), plan, summary))
    }

    /// Tells what a fetch of a collection would read. Blocks.
    ///
    /// # Errors
    /// As [`plan_fetch`].
    pub fn plan<C: AssetCollection>(&self, request: &C::Request, options: &FetchOptions) -> Result<FetchPlan> {
        self.plan_collection(&declared::<C>(request)?, options)
    }

    /// Tells what a fetch would read. Blocks.
    ///
    /// # Errors
    /// As [`plan_fetch`].
    pub fn plan_collection(&self, wants: &Collection, options: &FetchOptions) -> Result<FetchPlan> {
        let now = options.now.unwrap_or_else(|| self.now());
        let wants: Vec<Want> = wants.wants().cloned().collect();
        plan_fetch(&wants, now, &self.listing_at(&wants, now)?)
    }

    async fn run(
        &self,
        wants: Collection,
        options: &FetchOptions,
    ) -> Result<(Vec<Result<AnyValue>>, FetchPlan, FetchSummary)> {
        if RuntimeHandle::try_current().is_err() {
            return Err(Error::NoRuntime);
        }
        let fields = wants.into_fields();
        let span = tracing::info_span!("fetch", fields = fields.len());
        let options = Arc::new(options.clone());
        let fetch = self.run_fields(fields, Arc::clone(&options)).instrument(span);
        match options.timeout {
            None => fetch.await,
            Some(limit) => tokio::time::timeout(limit, fetch)
                .await
                .unwrap_or_else(|_| Err(Error::TimedOut { what: "the fetch".to_owned(), limit })),
        }
    }

    async fn run_fields(
        &self,
        mut fields: Vec<Field>,
        options: Arc<FetchOptions>,
    ) -> Result<(Vec<Result<AnyValue>>, FetchPlan, FetchSummary)> {
        for field in &mut fields {
            field.want.checks &= options.checks;
        }
        let wants: Vec<Want> = fields.iter().map(|field| field.want.clone()).collect();
        let (plan, plans) = self.planned(wants, &options).await?;
        let mut values: Vec<Option<Result<AnyValue>>> = Vec::with_capacity(fields.len());
        let mut planned = Vec::with_capacity(fields.len());
        for (field, plan) in fields.into_iter().zip(plans) {
            match plan {
                Ok(plan) => {
                    planned.push((field, plan));
                    values.push(None);
                }
                Err(error) => values.push(Some(Err(error))),
            }
        }
        let outcomes = Drive::new(self.reader(), options, planned).run().await?;
        let mut summary = FetchSummary { now: plan.now, fields: Vec::with_capacity(outcomes.len()) };
        let mut ran = Vec::with_capacity(outcomes.len());
        for (value, field) in outcomes {
            summary.fields.push(field);
            ran.push(value);
        }
        let mut ran = ran.into_iter();
        let values = values.into_iter().filter_map(|value| value.or_else(|| ran.next())).collect();
        Ok((values, plan, summary))
    }

    /// Lists and plans, on a thread that may block.
    pub(crate) async fn planned(
        &self,
        wants: Vec<Want>,
        options: &FetchOptions,
    ) -> Result<(FetchPlan, Vec<Result<Arc<FieldPlan>>>)> {
        let now = options.now.unwrap_or_else(|| self.now());
        let wants = Arc::new(wants);
        let mut attempt = 0;
        let plans = loop {
            attempt += 1;
            let (catalog, wants) = (self.clone(), Arc::clone(&wants));
            // Dropped with this future: then the thread lists no further.
            let stop = StopOnDrop::default();
            let stop_of_thread = stop.0.clone();
            let plan = spawn_blocking(move || {
                let listing = catalog.listing_unless(&stop_of_thread, &wants, now)?;
                Ok(wants.iter().map(|want| plan_field(want, now, &listing)).collect::<Vec<_>>())
            });
            match scan::joined(plan.await) {
                Err(error) if error.is_transient() && attempt < options.retries.attempts => {
                    let delay = options.retries.delay(attempt, self.storage().random());
                    tracing::warn!(attempt, ?delay, %error, "assets are listed again");
                    tokio::time::sleep(delay).await;
                }
                plans => break plans?,
            }
        };
        let mut fields = Vec::with_capacity(plans.len());
        for plan in plans {
            match plan {
                Err(error) if !options.collect_all => return Err(error),
                plan => fields.push(plan.map(Arc::new)),
            }
        }
        let good: Vec<_> = fields.iter().filter_map(|plan| plan.as_ref().ok()).map(Arc::clone).collect();
        for plan in &good {
            warn_of_missing(plan);
        }
        Ok((FetchPlan { now, fields: good }, fields))
    }

    /// What a fetch of a collection would read now.
    pub(crate) async fn plan_again<C: AssetCollection>(
        &self,
        request: &C::Request,
        options: &FetchOptions,
    ) -> Result<FetchPlan> {
        if RuntimeHandle::try_current().is_err() {
            return Err(Error::NoRuntime);
        }
        let wants = declared::<C>(request)?.wants().cloned().collect();
        Ok(self.planned(wants, &options.clone().collect_all(false)).await?.0)
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader { storage: Arc::clone(self.storage()), cache: self.cache().cloned() }
    }
}

fn declared<C: AssetCollection>(request: &C::Request) -> Result<Collection> {
    let mut collection = Collection::new();
    C::declare(request, &mut collection, "")?;
    Ok(collection)
}

fn warn_of_missing(plan: &FieldPlan) {
    if plan.want.missing == Missing::Warn && plan.is_missing_any() {
        tracing::warn!("{}", plan.missing());
    }
}
