//! Reads as of a point in time: for each entity row the newest row that was known, never one from its future.

mod bounds;
mod entities;
mod historical;
mod join;
mod options;
mod plan;
mod pool;
mod sweep;

pub use entities::{Batches, EntityRows};
pub use historical::{HistoricalFeatures, HistoricalReport};
pub use options::{HistoricalOptions, NullPolicy};
pub use plan::{GroupPlan, JoinPlan};
