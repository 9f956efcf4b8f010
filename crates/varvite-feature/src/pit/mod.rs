//! Reads as of a point in time: for each entity row the newest row that was known, never one from its future.

mod bounds;
mod entities;
mod explain;
mod historical;
mod join;
mod leak;
mod options;
mod plan;
mod pool;
mod single;
mod sweep;

pub use entities::{Batches, EntityRows};
pub(crate) use explain::explain;
pub use explain::{ExplainedValue, Explanation, Reason};
pub(crate) use historical::execute;
pub use historical::{HistoricalFeatures, HistoricalReport};
pub(crate) use leak::compare;
pub use leak::{Difference, LeakColumn, LeakReport};
pub use options::{DEFAULT_KEPT_BYTES, HistoricalOptions, NullPolicy};
pub use plan::{GroupPlan, JoinPlan};
pub(crate) use plan::{plan, without_features};
