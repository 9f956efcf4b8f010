//! Jobs that stop anywhere and go on exactly once.

mod bins;
mod failures;
mod flows;
mod keys;
mod killed;
mod late;
mod races;
mod refusals;
mod resume;
mod several_inputs;
mod states;
mod world;
