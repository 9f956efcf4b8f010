//! Dataflows: plain functions that form a graph.

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
mod memory;
mod module;
mod node;
mod observer;
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

pub use build::Builder;
pub use check::{Check, CheckOutcome, Severity};
pub use config::{Config, When};
pub use context::{Batch, Fitted, Online, Stream, assert_agreement};
pub use error::{Error, Kind, Phase, Problem, Result};
pub use flow_type::{FlowType, Item, Shape};
pub use fold::{Accumulator, Count, FoldType, Folded, MinMax, Moments, Part, Sum};
pub use function::{
    Function, Parameter, PlainFunction, RowOutcome, StepFunction, StepOutcome, StepParameter, WholeOutcome,
};
pub use graph::{Dataflow, Input};
pub use memory::NodeState;
pub use module::{Module, Mount};
pub use node::{Binding, Node, Param};
pub use observer::Observer;
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
        StructKind, Wish, checks, field, folds, made, node, whole,
    };
}
