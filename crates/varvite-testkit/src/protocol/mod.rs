//! A model of how processes share a dataset: writers, vacuum, log expiry, removal and readers, call by call.
//!
//! Each process makes its calls to the disk one at a time, in any order with those of others. That covers processes
//! that are stopped for any time; they may be killed as well. The calls are those of `varvite-dataset/src/log` and
//! `write`, on a disk of small values: files have names, but no bytes. What the disk loses at a power cut is not modelled
//! here.

mod disk;
mod explore;
mod flaw;
mod process;
mod removal;
mod truth;
mod vacuum;
mod world;
mod writer;

pub use explore::{Found, System, explore, sweep};
pub use flaw::{Flaw, Flaws};
pub use process::{Role, Step};
pub use world::World;
