//! Virtual groups through a query engine that a store is given (S17).
#![allow(clippy::unwrap_used, reason = "tests")]

mod define;
mod engine;
mod read;
mod refusals;
mod world;
