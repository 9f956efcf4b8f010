//! Functions as nodes: closures and `fn` items of up to twelve parameters.

mod arguments;
mod call;
mod outcome;
mod parameter;

pub(crate) use arguments::{Args, Feed};
pub use call::{Function, PlainFunction};
pub use outcome::{RowOutcome, WholeOutcome};
pub use parameter::Parameter;

/// Why a function gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it said.
    pub(crate) message: String,
    /// The row of the chunk.
    pub(crate) row: usize,
    /// Whether the value was of another type than the function reads.
    pub(crate) unexpected: bool,
}

impl Failure {
    pub(crate) fn said(message: impl Into<String>) -> Self {
        Self { message: message.into(), row: 0, unexpected: false }
    }

    pub(crate) fn unexpected(message: impl Into<String>) -> Self {
        Self { message: message.into(), row: 0, unexpected: true }
    }
}
