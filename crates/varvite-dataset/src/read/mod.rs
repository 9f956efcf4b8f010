//! Reading: a scan is planned from metadata, then runs file by file.

mod ahead;
mod options;
mod plan;
#[cfg(feature = "polars")]
mod polars;
mod scan;

pub use options::ScanOptions;
pub use scan::Scan;
