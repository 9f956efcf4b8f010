//! Values of rows: columns are cut into chunks, and each node computes a chunk at once.

mod copy;
pub(crate) mod element;
pub(crate) mod lane;
mod text;
pub(crate) mod validity;

pub use element::Element;
pub(crate) use lane::{AnyLane, Lane, Sink};
pub(crate) use validity::Validity;

/// Rows that a pass computes at once: intermediates of this many rows stay in cache.
pub const CHUNK_ROWS: usize = 4096;
