//! Polars in a graph (feature `polars`): nodes that are expressions, and nodes that are lazy frames.

mod collect;
mod convert;
mod draw;
mod expression;
mod frame;
mod judge;
mod lineage;
mod node;
mod preflight;
mod typed;

pub(crate) use collect::{row, run};
pub use expression::{ColExpr, ExprOutcome};
pub(crate) use frame::frame_item;
pub use frame::{AnyColumns, Frame, FrameModel, columns_of};
pub(crate) use lineage::{direct, is_expression};
pub(crate) use preflight::check;
