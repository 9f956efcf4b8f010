//! Virtual groups: features that are computed when they are asked for.

mod at_once;
mod cache;
mod copy;
mod define;
mod each_row;
mod explain;
mod hybrid;
mod one_pass;
mod pieces;
mod prepared;
mod reader;
mod tables;
mod times;
mod winners;

pub use copy::{Materialized, Strategy};
pub use reader::SqlFeatures;
