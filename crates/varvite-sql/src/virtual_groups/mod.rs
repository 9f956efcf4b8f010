//! Virtual groups: features that are computed when they are asked for.

mod at_once;
mod cache;
mod choice;
mod define;
mod each_row;
mod one_pass;
mod prepared;
mod reader;
mod tables;
mod times;
mod winners;

pub use choice::Strategy;
pub use reader::SqlFeatures;
