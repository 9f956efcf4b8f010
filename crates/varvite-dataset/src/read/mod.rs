//! Reading: a scan is planned from metadata, then runs file by file.

mod options;
mod plan;
mod scan;

pub use options::{DEFAULT_BATCH_SIZE, ScanOptions};
pub use scan::Scan;
