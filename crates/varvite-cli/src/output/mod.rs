//! What commands print: tables, JSON, pictures, files, progress.

#[cfg(any(feature = "feature", feature = "asset"))]
pub(crate) mod destination;
pub(crate) mod file;
pub(crate) mod format;
#[cfg(any(feature = "feature", feature = "asset"))]
pub(crate) mod incoming;
pub(crate) mod picture;
pub(crate) mod progress;
pub(crate) mod rows;
pub(crate) mod stdout;
pub(crate) mod table;

pub(crate) use stdout::{print, print_json};
