//! What a fetch does, decided from metadata alone: plain values, no reading.

mod field;
mod scan;

pub use field::{FieldPlan, Intervals};
pub use scan::{Part, PartSource, PlannedScan};

use varvite_time::Instant;

/// What a fetch does.
#[derive(Debug, Clone)]
pub struct FetchPlan {
    /// The one moment that all spans were resolved by.
    pub now: Instant,
    /// The fields, in the order of the collection.
    pub fields: Vec<FieldPlan>,
}
