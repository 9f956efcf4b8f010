//! Reads as of a point in time: for each entity row the newest row that was known, never one from its future.

mod bounds;
mod derived;
mod entities;
mod explain;
mod historical;
mod join;
mod leak;
mod options;
mod plan;
mod pool;
mod single;
mod source_table;
mod sweep;

pub(crate) use bounds::{Bounds, Window};
pub(crate) use derived::{names, refuse_elsewhere, source_schema};
pub(crate) use entities::names as columns_of;
pub use entities::{Batches, EntityRows};
pub(crate) use explain::explain;
pub use explain::{ExplainedQuery, ExplainedValue, Explanation, Reason};
pub use historical::{HistoricalFeatures, HistoricalReport};
pub(crate) use historical::{Histories, execute};
pub(crate) use leak::compare;
pub use leak::{Difference, LeakColumn, LeakReport};
pub use options::{DEFAULT_KEPT_BYTES, HistoricalOptions, NullPolicy};
pub use plan::{GroupPlan, InputFrom, JoinPlan, OnDemandPlan, VirtualPlan, WindowPlan};
pub(crate) use plan::{plan, without_features};
pub use source_table::SourceTable;
pub(crate) use sweep::{SpinePart, local};
