//! Functions as nodes: closures and `fn` items of up to twelve parameters.

mod arguments;
mod call;
mod outcome;
mod parameter;
mod stateful;
mod step;

pub(crate) use arguments::{Args, Feed};
pub use call::{Function, PlainFunction};
pub use outcome::{RowOutcome, WholeOutcome};
pub use parameter::Parameter;
pub use stateful::StatefulFunction;
pub use step::{StepFunction, StepOutcome, StepParameter};

/// Why a function gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it said.
    pub(crate) message: String,
    /// The row of the chunk, if it is one of a row.
    pub(crate) row: Option<usize>,
    /// Whether the value was of another type than the function reads.
    pub(crate) unexpected: bool,
    /// Whether it panicked; the row is not known then.
    pub(crate) panicked: bool,
}

impl Failure {
    pub(crate) fn said(message: impl Into<String>) -> Self {
        Self { message: message.into(), row: None, unexpected: false, panicked: false }
    }

    pub(crate) fn unexpected(message: impl Into<String>) -> Self {
        Self { message: message.into(), row: None, unexpected: true, panicked: false }
    }
}

/// Calls what users wrote: a panic is a failure like any other, and goes no further.
#[inline]
pub(crate) fn caught<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    // Nothing that the call has changed is looked at after a panic: chunks are written anew, states are copies.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        Err(Failure { panicked: true, ..Failure::said(format!("it panicked: {text}")) })
    })
}
