//! Rows on their way into a group: compared with its definition, stamped, committed.

mod checks;
pub(crate) mod conform;
mod execute;
mod mode;
mod outcome;
mod range;
mod report;
mod upsert;

pub use mode::WriteMode;
pub use outcome::FeatureWriteReport;
pub use report::{Refusal, RefusalKind, ValidationReport};
