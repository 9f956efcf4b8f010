//! The dataflows that are measured, and what they come to by plain code.

mod case;
mod shape;

pub use case::{FlowCase, FlowFact};
pub use shape::{INPUT, Shape, WIDTH};
