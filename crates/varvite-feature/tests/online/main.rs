//! Online values: the newest row of each key, whatever became of its history.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod evolution;
mod group_writes;
mod incremental;
mod killed;
mod lookups;
mod opened;
mod random;
mod ties;
mod types;
mod world;
