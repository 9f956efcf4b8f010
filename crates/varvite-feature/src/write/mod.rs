//! Rows on their way into a group: compared with its definition, stamped, committed.

mod report;

pub use report::{Refusal, RefusalKind, ValidationReport};
