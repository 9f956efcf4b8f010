//! Reading: a scan is planned from metadata, then runs file by file.

mod ahead;
mod options;
mod plan;
#[cfg(feature = "polars")]
mod polars;
mod scan;

pub use options::ScanOptions;
#[cfg(feature = "polars")]
pub use polars::to_frame;
pub use scan::Scan;
