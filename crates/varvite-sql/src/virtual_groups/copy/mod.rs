//! Copies of virtual groups: what a group was as of some times, written down.
//!
//! A copy is read where it gives the answer that computing would give. `ledger.rs` keeps which copies there are and what they
//! were made from, `standing.rs` tells what has happened to that since, `choice.rs` decides, `make.rs` and `rows.rs` write and
//! read.

mod choice;
mod ledger;
mod make;
mod rows;
mod standing;
mod timings;

pub use choice::Strategy;
pub(super) use choice::{Decision, Facts, decide};
pub use make::Materialized;
pub(super) use rows::Copies;
pub(super) use timings::{Seconds, Timings};
