//! Virtual groups: features that are computed when they are asked for.

mod at_once;
mod cache;
mod choice;
mod define;
mod each_row;
mod latest;
mod prepared;
mod reader;
mod running;
mod sweep;
mod tables;
mod winners;

pub use choice::Strategy;
pub use reader::SqlFeatures;
