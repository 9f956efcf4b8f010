//! Names, storage, files, processes and callers that mean no good: old rows or new ones, an error that says where, never a
//! panic, never other rows.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod cancelled;
mod crowd;
mod damage;
mod failing;
mod first_writers;
mod names;
mod processes;
mod removed;
mod world;
