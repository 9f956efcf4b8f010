//! Dataflows: plain functions that form a graph, and one graph for data sets, batches and single rows.
//!
//! A node is a function with a name. Its parameters' names are the nodes it reads, or inputs where nobody defines them.
//! What the types of a signature say decides how it is computed:
//!
//! | Parameter | On a data set | In a stream | Of one row |
//! | --- | --- | --- | --- |
//! | `f64`, `&str`, `Option<i64>`, … | row by row, in passes over chunks | the same | the call itself |
//! | [`Whole<T>`] | computed once | from the fit | from the fit |
//! | [`Folded<A>`] | folded in the pass before | from the fit, or running along | from the fit |
//! | [`Window<A>`] | one scan in the order of time | state that is stored | that state, or given |
//! | [`Column<T>`] | the whole column | refused, unless its node is replaced or has a state | refused, unless replaced |
//! | [`Each<T>`], [`All<T>`] | fanned out and collected, in parallel | the same | refused |
//!
//! Only what a request needs runs, each node once. A request that cannot be served where it is made is refused before
//! anything runs, with all that is wrong ([`Error::problems`]).
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampMicrosecondArray};
//! use varvite_flow::{Dataflow, Folded, Module, Moments, Node, Sum, Value, Whole, Window, WindowSpec};
//!
//! let module = Module::new()
//!     .node(Node::whole("mean", ["spend"], |spend: Folded<Moments>| Whole(spend.mean())))
//!     .node(Node::row("above", ["spend", "mean"], |spend: f64, mean: Whole<f64>| spend - *mean))
//!     .node(
//!         Node::row("lately", ["spend"], |spend: Window<Sum>| spend.sum())
//!             .with_window("spend", WindowSpec::new("time", Duration::from_secs(10))),
//!     );
//! let flow = Dataflow::builder().with(module).build()?;
//!
//! let rows = |rows: &[(i64, f64)]| -> Result<RecordBatch, Box<dyn std::error::Error>> {
//!     let time = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.0 * 1_000_000));
//!     let spend = Float64Array::from_iter_values(rows.iter().map(|row| row.1));
//!     let columns: [(&str, ArrayRef); 2] = [("time", Arc::new(time.with_timezone("UTC"))), ("spend", Arc::new(spend))];
//!     Ok(RecordBatch::try_from_iter(columns)?)
//! };
//!
//! // A data set, and what is to be known of it later.
//! let past = rows(&[(0, 1.0), (4, 2.0), (12, 6.0)])?;
//! let made = flow.run().frame(&past).get_named(&["above", "lately"])?;
//! assert_eq!(made.column::<f64>("lately").unwrap().to_vec(), [Some(1.0), Some(3.0), Some(8.0)]);
//! let fitted = flow.fit_named(&[past], &["above", "lately"])?;
//!
//! // Batches: the mean is that of the fit, the window goes on, and the state is stored.
//! let mut stream = flow.stream_named(&fitted, &["above", "lately"])?;
//! stream.push(&rows(&[(20, 4.0)])?)?;
//! let made = stream.push(&rows(&[(21, 5.0)])?)?;
//! assert_eq!(made.column::<f64>("lately").unwrap().to_vec(), [Some(9.0)]);
//! let state = stream.state()?;
//!
//! // One row, with what the stream has left.
//! let mut online = flow.online_named(&state, &["above"])?;
//! assert_eq!(online.call(&[Value::F64(5.0)])?, [Value::F64(2.0)]);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! [`assert_agreement`] tests of any graph that the three agree to the bit. Nodes whose state goes from batch to batch
//! are made by [`Node::stateful_row`], a loop over rows, and [`Node::stateful`]; with the feature `ops`, as-of merges and
//! bins are such nodes, too (`Node::asof`, `Node::segments`). Checks are made by [`Node::with_check`]; to look at a graph
//! begin with [`Dataflow::view`]. With the feature `macros` (on unless told otherwise), a module of functions is a graph,
//! and requests have types.
#![cfg_attr(feature = "polars", doc = include_str!("lazy/guide.md"))]

mod build;
mod check;
mod config;
mod context;
mod error;
mod flow_type;
mod fold;
mod function;
mod graph;
mod kernel;
#[cfg(feature = "polars")]
mod lazy;
mod memory;
mod module;
mod node;
mod observer;
#[cfg(feature = "ops")]
mod operators;
mod plain;
mod plan;
mod row;
mod run;
mod typed;
mod value;
mod view;
mod window;
mod wrappers;

pub use arrow;
pub use chrono;
#[cfg(feature = "polars")]
pub use polars;
#[cfg(feature = "ops")]
pub use varvite_ops as ops;

pub use build::Builder;
pub use check::{Check, CheckOutcome, Severity};
pub use config::{Config, When};
pub use context::{Batch, Fitted, Online, Stream, assert_agreement};
pub use error::{Error, Kind, Phase, Problem, Result};
pub use flow_type::{FlowType, Item, Shape};
pub use fold::{Accumulator, Count, FoldType, Folded, MinMax, Moments, Part, Sum};
pub use function::{
    Function, Parameter, PlainFunction, RowOutcome, StatefulFunction, StepFunction, StepOutcome, StepParameter,
    WholeOutcome,
};
pub use graph::{Dataflow, Input};
#[cfg(feature = "polars")]
pub use lazy::{AnyColumns, ColExpr, ExprOutcome, Frame, FrameModel, columns_of};
pub use memory::NodeState;
pub use module::{Module, Mount};
pub use node::{Binding, Node, Param};
pub use observer::{Observer, Progress, Traced};
pub use plain::Plain;
pub use row::{CHUNK_ROWS, Element};
pub use run::{Outputs, PartialOutputs, Report, Run};
pub use typed::{
    AnyRows, Fields, Inputs, Named, NamedNode, NodeOutcome, NotNeeded, Output, Reads, Replaces, Request, TypedOnline,
    TypedStream,
};
pub use value::{Opaque, Value};
pub use view::{Edge, View};
pub use window::{LateRows, Window, WindowSpec};
pub use wrappers::{All, Column, Each, Whole};

#[cfg(feature = "macros")]
pub use varvite_macros::{FlowFields as Fields, flow_dataflow as dataflow};

/// For generated code only; not covered by semantic versioning.
#[doc(hidden)]
pub mod __private {
    pub use crate::function::WholeOutcome;
    pub use crate::typed::{
        Cell, DataSet, Fields, Inputs, Join, Made, Named, NamedNode, NodeOutcome, NotGiven, OnlyFields, Reads, Rows,
        StatefulOutcome, StructKind, Wish, batchwise, checks, field, folds, made, node, stateful, whole,
    };
}
