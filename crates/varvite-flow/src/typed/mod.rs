//! Graphs with types: what `#[dataflow]` generates rests on this, and requests by type instead of by name.

pub mod checks;
mod fields;
mod names;
mod online;
mod outcome;
mod output;
mod reads;
mod request;
mod run;
mod special;
mod stream;
mod wire;
mod wish;

pub use fields::{DataSet, Fields, OnlyFields, Rows, StructKind};
pub use names::{Inputs, Named, NamedNode};
pub use online::TypedOnline;
pub use outcome::{Made, NodeOutcome, field, made, node, whole};
pub use output::{AnyRows, Output, Replaces};
pub use reads::{Cell, NotGiven, Reads, folds};
pub use request::Request;
#[cfg(feature = "polars")]
pub(crate) use special::BatchwiseOutcome;
pub use special::{StatefulOutcome, batchwise, stateful};
pub use stream::TypedStream;
pub use wish::{Join, NotNeeded, Wish};
#[cfg(feature = "polars")]
pub(crate) use wish::{NullWish, OneWish, RowField};
