//! Features: described once, written safely, read as they were known at a point in time, served when they are newest.
//!
//! A [`FeatureStore`] is a folder. Its [`Registry`] knows the definitions; each group and version is an ordered dataset;
//! historical reads join them to a table of entities without ever showing what was not known yet.

mod columns;
pub mod entity;
mod error;
mod expression;
mod feature_source;
mod health;
mod history;
mod key;
#[cfg(feature = "online")]
pub mod online;
pub mod pipeline;
mod pit;
mod registry;
mod stats;
mod store;
mod times;
mod virtual_group;
mod window;
mod write;

pub use error::{Error, Result};
pub use expression::{CompiledExpression, Expression};
pub use feature_source::FeatureSource;
pub use health::{Health, HealthCheck, HealthReport};
pub use history::{GroupHistory, HistoryScan};
pub use key::{GroupKey, SourceKey};
pub use pit::{
    Batches, DEFAULT_KEPT_BYTES, Difference, EntityRows, ExplainedQuery, ExplainedValue, Explanation, GroupPlan,
    HistoricalFeatures, HistoricalOptions, HistoricalReport, InputFrom, JoinPlan, LeakColumn, LeakReport, NullPolicy,
    OnDemandPlan, Reason, SourceTable, VirtualPlan, WindowPlan,
};
pub use registry::{
    Applied, Direction, LineageKind, LineageNode, Query, Reach, Registry, RegistryChange, RegistryState, RevisionInfo,
};
pub use stats::{CommitStatistics, FeatureDrift, FeatureStatistics, StatisticsDrift};
pub use store::FeatureStore;
pub use varvite_schema::ErrorKind;
pub use virtual_group::{AsOf, VirtualDefinition, VirtualReader, VirtualRequest};
pub use write::{FeatureWriteReport, Refusal, RefusalKind, ValidationReport, WriteMode};
