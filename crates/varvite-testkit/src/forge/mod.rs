//! Forgery: files that say anything, with hashes that fit.
//!
//! Whoever can write the folder can do this. Rows may then be any; but nothing makes a reader panic, hang, or take more
//! memory than it says. This is written from `docs/format.md`, not with the engine's code.

pub mod log;
pub mod mutate;
pub mod parquet;
pub mod thrift;

mod campaign;

pub use campaign::{Forgery, run};
