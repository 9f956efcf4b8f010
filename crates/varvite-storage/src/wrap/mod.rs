//! Wrappers over any storage, for tests and measurements: they count, fail or delay calls and change nothing else.

mod counting;
mod delaying;
mod failing;
mod operation;

pub use counting::{CountingStorage, Counts};
pub use delaying::DelayingStorage;
pub use failing::{FailingStorage, Failure};
pub use operation::Operation;
