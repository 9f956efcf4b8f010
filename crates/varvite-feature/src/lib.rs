//! Features: described once, written safely, read as they were known at a point in time, served when they are newest.
//!
//! A feature store is a folder. Its registry knows the definitions; each group and version is an ordered dataset;
//! historical reads join them to a table of entities without ever showing what was not known yet.

mod error;
mod key;
mod write;

pub use error::{Error, Result};
pub use key::{GroupKey, SourceKey};
pub use varvite_schema::ErrorKind;
pub use write::{Refusal, RefusalKind, ValidationReport};
