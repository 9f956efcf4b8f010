//! The feature store as its users meet it: written, read, explained and checked.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod explained;
mod failures;
mod groups;
mod health;
mod leaks;
mod pipelines;
mod processes;
mod refusals;
mod statistics;
mod times;
mod types;
mod world;
mod writes;
