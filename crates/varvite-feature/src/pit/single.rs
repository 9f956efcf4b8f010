//! Historical reads of one group, without a registry.

use arrow::array::ArrayRef;
use varvite_dataset::Dataset;
use varvite_schema::{Definitions, FeatureGroupSchema, FeatureRef, SourceSchema};

use super::entities::EntityRows;
use super::explain::{Explanation, explain};
use super::historical::{HistoricalFeatures, Histories, execute};
use super::options::HistoricalOptions;
use super::plan::{JoinPlan, plan};
use crate::{Error, GroupHistory, Result, VirtualRequest};

/// The one group that there is.
struct Alone<'a>(&'a GroupHistory);

impl Histories for Alone<'_> {
    fn group(&self, _: &FeatureGroupSchema) -> Result<GroupHistory> {
        // What others refresh meanwhile is none of this read's business.
        Ok(self.0.detached())
    }

    fn source(&self, source: &SourceSchema) -> Result<Dataset> {
        Err(Error::SourceNotFound { source_name: source.name().to_owned(), known: "none".to_owned() })
    }

    fn read_virtual(&self, request: &VirtualRequest<'_>) -> Result<Vec<ArrayRef>> {
        Err(Error::NoQueryEngine { group: request.group.id() })
    }

    fn explain_virtual(&self, request: &VirtualRequest<'_>) -> Result<String> {
        Err(Error::NoQueryEngine { group: request.group.id() })
    }
}

impl GroupHistory {
    /// The features `names` of each entity row, as they were known at its time.
    ///
    /// # Errors
    /// An unknown feature, an entity table that lacks a key or has it in another type, a damaged file.
    pub fn get_historical_features(
        &self,
        entities: &EntityRows,
        names: &[&str],
        options: &HistoricalOptions,
    ) -> Result<HistoricalFeatures> {
        execute(&self.plan(entities, names, options)?, entities, options, None, &Alone(self))
    }

    /// Where each value of [`get_historical_features`](Self::get_historical_features) comes from.
    ///
    /// # Errors
    /// The same.
    pub fn explain(&self, entities: &EntityRows, names: &[&str], options: &HistoricalOptions) -> Result<Explanation> {
        explain(&self.plan(entities, names, options)?, entities, options, None, &Alone(self))
    }

    fn plan(&self, entities: &EntityRows, names: &[&str], options: &HistoricalOptions) -> Result<JoinPlan> {
        let group = &self.group;
        let definitions = Definitions::try_new(vec![group.clone()], Vec::new())?;
        let references: Vec<FeatureRef> = names
            .iter()
            .map(|name| match *name {
                "*" => FeatureRef::try_all(group.name()),
                name => FeatureRef::try_new(group.name(), name),
            })
            .collect::<Result<_, _>>()?;
        plan(&definitions, &entities.schema(), &references, options)
    }
}
