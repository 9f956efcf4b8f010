//! Reading features by reference.

use arrow::array::{ArrayRef, RecordBatch};
use varvite_dataset::Dataset;
use varvite_schema::{FeatureGroupSchema, FeatureRef, SourceSchema};
use varvite_time::Instant;

use super::FeatureStore;
use crate::pit;
use crate::{
    Batches, EntityRows, Explanation, GroupHistory, HistoricalFeatures, HistoricalOptions, JoinPlan, LeakReport,
    RegistryState, Result, VirtualRequest,
};

/// What stands before the name of a service among references.
const SERVICE: &str = "service:";

impl FeatureStore {
    /// The features of each entity row, as they were known at its time: one row for each entity row, in their order (S01).
    ///
    /// References are `group.feature`, `group@v2.feature`, `group.*`, `group as alias.feature`, or `service:name` for
    /// all that a feature service lists.
    ///
    /// # Errors
    /// [`Error::Schema`](crate::Error::Schema) for unknown references; [`Error::MissingKeyColumn`](crate::Error::MissingKeyColumn),
    /// [`Error::KeyTypeMismatch`](crate::Error::KeyTypeMismatch), [`Error::AmbiguousFeatureName`](crate::Error::AmbiguousFeatureName),
    /// [`Error::InvalidOption`](crate::Error::InvalidOption); a damaged file.
    pub fn get_historical_features<R: AsRef<str>>(
        &self,
        entities: &EntityRows,
        references: impl IntoIterator<Item = R>,
        options: &HistoricalOptions,
    ) -> Result<HistoricalFeatures> {
        self.read(entities, references, options, None)
    }

    /// The features of some entities as of one time, without one as of now. Rows dated after now are never served (S11).
    ///
    /// Each row of `entity_ids` is one entity; order and repeats are kept (S12).
    ///
    /// # Errors
    /// As [`get_historical_features`](Self::get_historical_features).
    pub fn get_features<R: AsRef<str>>(
        &self,
        references: impl IntoIterator<Item = R>,
        entity_ids: &[RecordBatch],
        point_in_time: Option<Instant>,
    ) -> Result<HistoricalFeatures> {
        self.get_features_with(references, entity_ids.to_vec(), point_in_time, &HistoricalOptions::default())
    }

    /// The same, told how columns are called, which columns hold keys, and how rows win.
    ///
    /// # Errors
    /// As [`get_historical_features`](Self::get_historical_features).
    pub fn get_features_with<R: AsRef<str>>(
        &self,
        references: impl IntoIterator<Item = R>,
        entity_ids: impl Into<Batches>,
        point_in_time: Option<Instant>,
        options: &HistoricalOptions,
    ) -> Result<HistoricalFeatures> {
        let now = self.now();
        let entities = EntityRows::at(entity_ids, point_in_time.unwrap_or(now))?;
        self.read(&entities, references, options, Some(now))
    }

    /// What [`get_historical_features`](Self::get_historical_features) would read.
    ///
    /// # Errors
    /// As it for what is wrong with references and columns. No rows are read.
    pub fn plan_historical<R: AsRef<str>>(
        &self,
        entities: &EntityRows,
        references: impl IntoIterator<Item = R>,
        options: &HistoricalOptions,
    ) -> Result<JoinPlan> {
        let state = self.inner.registry.state()?;
        let references = parse(&state, references)?;
        pit::plan(state.definitions(), &entities.schema(), &references, options)
    }

    /// Where each value of [`get_historical_features`](Self::get_historical_features) comes from, or why there is none.
    ///
    /// # Errors
    /// The same.
    pub fn explain<R: AsRef<str>>(
        &self,
        entities: &EntityRows,
        references: impl IntoIterator<Item = R>,
        options: &HistoricalOptions,
    ) -> Result<Explanation> {
        let plan = self.plan_historical(entities, references, options)?;
        pit::explain(&plan, entities, options, None, self)
    }

    /// Compares the feature columns of a table that was made elsewhere with what was known, and tells which of its values
    /// come from the future of their rows. `table` has the entities' columns, and features under the names that
    /// [`get_historical_features`](Self::get_historical_features) gives them.
    ///
    /// # Errors
    /// The same; [`Error::InvalidEntities`](crate::Error::InvalidEntities) if the table has none of the features.
    pub fn leak_check<R: AsRef<str>>(
        &self,
        table: &EntityRows,
        references: impl IntoIterator<Item = R>,
        options: &HistoricalOptions,
    ) -> Result<LeakReport> {
        let state = self.inner.registry.state()?;
        let references = parse(&state, references)?;
        let entities = pit::without_features(state.definitions(), table, &references, options)?;
        let plan = pit::plan(state.definitions(), &entities.schema(), &references, options)?;
        let known = pit::execute(&plan, &entities, options, None, self)?;
        pit::compare(&plan, table, &entities, &known, options, self)
    }

    /// Rows dated after `not_after` are not served, whatever time an entity row has.
    pub(crate) fn read<R: AsRef<str>>(
        &self,
        entities: &EntityRows,
        references: impl IntoIterator<Item = R>,
        options: &HistoricalOptions,
        not_after: Option<Instant>,
    ) -> Result<HistoricalFeatures> {
        let plan = self.plan_historical(entities, references, options)?;
        pit::execute(&plan, entities, options, not_after, self)
    }
}

impl pit::Histories for FeatureStore {
    fn group(&self, group: &FeatureGroupSchema) -> Result<GroupHistory> {
        self.history_of(group)
    }

    fn source(&self, source: &SourceSchema) -> Result<Dataset> {
        Self::source(self, source.name())
    }

    fn read_virtual(&self, request: &VirtualRequest<'_>) -> Result<Vec<ArrayRef>> {
        self.reader(&request.group.id())?.read(request, self)
    }

    fn explain_virtual(&self, request: &VirtualRequest<'_>) -> Result<String> {
        self.reader(&request.group.id())?.explain(request, self)
    }
}

/// References, and those of the services among them.
pub(super) fn parse<R: AsRef<str>>(
    state: &RegistryState,
    texts: impl IntoIterator<Item = R>,
) -> Result<Vec<FeatureRef>> {
    let mut references = Vec::new();
    for text in texts {
        match text.as_ref().strip_prefix(SERVICE) {
            None => references.push(text.as_ref().parse()?),
            Some(service) => {
                let (name, version) = super::parse_group(service)?;
                references.extend(state.service(name, version)?.features().iter().cloned());
            }
        }
    }
    Ok(references)
}
