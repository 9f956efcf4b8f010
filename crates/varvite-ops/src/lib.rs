//! Stateful operators over ordered Arrow batches, in memory.
//!
//! | operator | what |
//! | --- | --- |
//! | [`AsofMerge`] | the latest rows before each target, with a window of earlier ones |
//! | [`SegmentedAggregation`] | rows cut into bins by period, number or label, and values of each; running values in between |
//! | [`touched_bins`], [`patch`] | after late data, the bins that change, and only they |
//! | [`Buffer`] | batches by key, up to a number of bytes |
//!
//! Rows come in portions of any size: chunks of a walk over datasets (`varvite_store::Store::iter_intersections`), batches of a
//! stream, or all at once. Results are the same, bit by bit. An operator's state is plain data for serde; it is
//! versioned, holds the options, and is refused by an operator with others. So it can be saved with the output
//! that it belongs to.
//!
//! A call that fails leaves its operator as it was.
//!
//! # What is deliberately absent
//! - IO, threads and clocks: the caller hands rows in and takes results out.
//! - Sorting: rows that are out of order are an error that names the first of them.
//! - Zeros for what is missing: it is null, unless values to fill in were given.
//! - Keys: an operator works on one series; have one operator a series.

mod asof;
mod buffer;
mod error;
mod keys;
mod rows;
mod segment;

pub use arrow;
pub use varvite_time as time;

pub use asof::{AsofFrame, AsofMerge, AsofOptions, AsofState, EarlierRows, Matching, Tolerance};
pub use buffer::Buffer;
pub use error::{Error, Result};
pub use segment::{
    Aggregate, Bins, EmptyBins, Function, PeriodBins, RowLabel, SegmentOptions, SegmentState, SegmentedAggregation,
    Segments, Side, Snapshots, Touched, patch, touched_bins,
};
