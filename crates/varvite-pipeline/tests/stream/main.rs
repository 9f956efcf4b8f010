//! Jobs that stop anywhere and go on exactly once.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, reason = "numbers of tests are small")]

mod asof;
mod bins;
mod failures;
mod flows;
mod keys;
mod killed;
mod late;
mod ordered_types;
mod plans;
mod races;
mod refusals;
mod resume;
mod segments;
mod several_inputs;
mod states;
mod windows;
mod world;
