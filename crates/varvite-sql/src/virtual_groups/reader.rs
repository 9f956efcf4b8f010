//! [`SqlFeatures`]: what computes virtual groups for a feature store.

use std::sync::Arc;

use arrow::array::ArrayRef;
use varvite_feature::{FeatureStore, SourceTable, VirtualDefinition, VirtualReader, VirtualRequest};
use varvite_schema::VirtualSchema;

use super::cache::{self, ResultCache};
use super::prepared::Prepared;
use super::{define, each_row};
use crate::{Error, Limits, QueryExecutor, Result, Tables};

/// Computes the virtual groups of a feature store on an engine.
#[derive(Debug)]
pub struct SqlFeatures {
    executor: Arc<dyn QueryExecutor>,
    tables: Tables,
    limits: Limits,
    cache: Option<ResultCache>,
}

impl SqlFeatures {
    /// On this engine.
    pub fn new(executor: Arc<dyn QueryExecutor>) -> Self {
        Self { executor, tables: Tables::new(), limits: Limits::default(), cache: None }
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

    pub(super) fn executor(&self) -> &dyn QueryExecutor {
        &*self.executor
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn prepare(&self, sql: &str, sources: &[SourceTable], store: &FeatureStore) -> Result<Prepared> {
        Prepared::new(sql, sources, &self.tables, store, self.executor())
    }

    /// The features that one query gives.
    fn answer(
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
        let mut found: Vec<Option<ArrayRef>> = vec![None; request.features.len()];
        for (sql, given) in request.group.queries() {
            let places: Vec<usize> =
                (0..request.features.len()).filter(|at| given.contains(&request.features[*at].as_str())).collect();
            let wanted: Vec<String> = places.iter().map(|at| request.features[*at].clone()).collect();
            if wanted.is_empty() {
                continue;
            }
            let arrays = self.answer(request, sql, &wanted, store).map_err(|error| of_query(request.group, error))?;
            for (at, array) in places.into_iter().zip(arrays) {
                found[at] = Some(array);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    fn explain(&self, request: &VirtualRequest<'_>, store: &FeatureStore) -> varvite_feature::Result<String> {
        let mut lines = Vec::new();
        for (sql, _) in request.group.queries() {
            let prepared = self.prepare(sql, request.sources, store).map_err(|error| of_query(request.group, error))?;
            lines.push(each_row::explain(self, &prepared, request).map_err(|error| of_query(request.group, error))?);
        }
        Ok(lines.join("\n"))
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
