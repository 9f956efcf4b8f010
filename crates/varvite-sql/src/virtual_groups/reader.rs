//! [`SqlFeatures`]: what computes virtual groups for a feature store.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::ArrayRef;
use varvite_feature::{FeatureStore, SourceTable, VirtualDefinition, VirtualReader, VirtualRequest};
use varvite_schema::VirtualSchema;
use varvite_time::Instant;

use super::cache::{self, ResultCache};
use super::copy::{Copies, Decision, Facts, Seconds, Strategy, Timings, decide};
use super::prepared::Prepared;
use super::{define, each_row, explain, hybrid};
use crate::{Error, Limits, QueryExecutor, Result, Tables};

/// Computes the virtual groups of a feature store on an engine, or reads them from their copies.
#[derive(Debug)]
pub struct SqlFeatures {
    executor: Arc<dyn QueryExecutor>,
    tables: Tables,
    limits: Limits,
    cache: Option<ResultCache>,
    strategy: Strategy,
    max_staleness: Option<Duration>,
    timings: Timings,
}

impl SqlFeatures {
    /// On this engine.
    pub fn new(executor: Arc<dyn QueryExecutor>) -> Self {
        Self {
            executor,
            tables: Tables::new(),
            limits: Limits::default(),
            cache: None,
            strategy: Strategy::default(),
            max_staleness: None,
            timings: Timings::default(),
        }
    }

    /// Adds tables: a source whose name is among them is read there.
    pub fn with_tables(mut self, tables: &Tables) -> Self {
        self.tables = self.tables.merged(tables);
        self
    }

    /// Bounds each run of a query.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps answers, up to so many bytes, as long as the tables that they come from are in the same version.
    pub fn with_cache(mut self, bytes: u64) -> Self {
        self.cache = Some(ResultCache::new(bytes));
        self
    }

    /// Chooses between computing and reading [copies](Self::materialize). Default: computing.
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Lets copies answer that are so much older than the time that is asked for, though their sources have changed since.
    pub fn with_max_staleness(mut self, age: Duration) -> Self {
        self.max_staleness = Some(age);
        self
    }

    pub(super) fn executor(&self) -> &dyn QueryExecutor {
        &*self.executor
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn timings(&self) -> &Timings {
        &self.timings
    }

    pub(super) fn prepare(&self, sql: &str, sources: &[SourceTable], store: &FeatureStore) -> Result<Prepared> {
        Prepared::new(sql, sources, &self.tables, store, self.executor())
    }

    pub(super) fn prepare_all(
        &self,
        group: &VirtualSchema,
        sources: &[SourceTable],
        store: &FeatureStore,
    ) -> Result<Vec<Prepared>> {
        group.queries().into_iter().map(|(sql, _)| self.prepare(sql, sources, store)).collect()
    }

    /// How a group is read as of a time, and why.
    pub(super) fn decide(
        &self,
        group: &VirtualSchema,
        copies: &Copies,
        queries: &[Prepared],
        at: Instant,
    ) -> Result<Decision> {
        let Seconds { computed, copied } = self.timings.of(&group.id());
        Ok(decide(&Facts {
            strategy: self.strategy,
            at,
            copy: copies.standing(self, group, queries, at)?,
            max_staleness: self.max_staleness,
            virtual_seconds: computed,
            copy_seconds: copied,
        }))
    }

    /// The values of the features, from copies where that is decided.
    fn answer(&self, request: &VirtualRequest<'_>, store: &FeatureStore) -> Result<Vec<ArrayRef>> {
        if self.strategy == Strategy::Virtual || request.options.known_as_of {
            self.compute(request, store)
        } else {
            hybrid::answer(self, request, store)
        }
    }

    /// The values of the features, computed.
    pub(super) fn compute(&self, request: &VirtualRequest<'_>, store: &FeatureStore) -> Result<Vec<ArrayRef>> {
        let mut found: Vec<Option<ArrayRef>> = vec![None; request.features.len()];
        for (sql, given) in request.group.queries() {
            let is_given = |at: &usize| given.contains(&request.features[*at].as_str());
            let places: Vec<usize> = (0..request.features.len()).filter(is_given).collect();
            let wanted: Vec<String> = places.iter().map(|at| request.features[*at].clone()).collect();
            if wanted.is_empty() {
                continue;
            }
            for (at, array) in places.into_iter().zip(self.run(request, sql, &wanted, store)?) {
                found[at] = Some(array);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The features that one query gives, or those that were kept.
    fn run(
        &self,
        request: &VirtualRequest<'_>,
        sql: &str,
        features: &[String],
        store: &FeatureStore,
    ) -> Result<Vec<ArrayRef>> {
        let prepared = self.prepare(sql, request.sources, store)?;
        let Some((cache, version)) = self.cache.as_ref().zip(prepared.version()) else {
            return each_row::answer(self, &prepared, request, features);
        };
        let key = cache::key(request, sql, features, &version)?;
        if let Some(kept) = cache.get(&key) {
            return Ok(kept.to_vec());
        }
        let found = each_row::answer(self, &prepared, request, features)?;
        cache.insert(key, &found);
        Ok(found)
    }
}

impl VirtualReader for SqlFeatures {
    fn define(
        &self,
        group: &VirtualSchema,
        sources: &[SourceTable],
        store: &FeatureStore,
    ) -> varvite_feature::Result<VirtualDefinition> {
        define::define(self, group, sources, store).map_err(|error| of_query(group, error))
    }

    fn read(&self, request: &VirtualRequest<'_>, store: &FeatureStore) -> varvite_feature::Result<Vec<ArrayRef>> {
        self.answer(request, store).map_err(|error| of_query(request.group, error))
    }

    fn explain(&self, request: &VirtualRequest<'_>, store: &FeatureStore) -> varvite_feature::Result<String> {
        explain::explain(self, request, store).map_err(|error| of_query(request.group, error))
    }
}

/// What is wrong with a query is told as such; what failed while it ran, as a failure.
fn of_query(group: &VirtualSchema, error: Error) -> varvite_feature::Error {
    match error {
        Error::Feature(error) => *error,
        error if error.is_of_the_query() => {
            varvite_feature::Error::QueryInvalid { group: group.id(), reason: error.to_string() }
        }
        error => varvite_feature::Error::SourceFailed { group: group.id(), source: Box::new(error) },
    }
}
