//! What the tests of varvite share: naive models, generators, and the runner of conformance cases.
//!
//! The models are the definitions, written for reading: a dataset is a sorted `Vec`. The runner drives the public
//! API as a user would and knows nothing of particular cases.

pub mod conformance;
#[cfg(unix)]
pub mod damage;
#[cfg(unix)]
pub mod forge;
pub mod model;
pub mod protocol;
pub mod sequence;
pub mod shape;
pub mod simulated;
#[cfg(unix)]
pub mod states;
pub mod workload;
