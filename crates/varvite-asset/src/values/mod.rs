//! Values of columns, whoever stores them: checks and filters judge slices and bits, those of Arrow as those of Polars.

mod accept;
mod arrow;
mod bits;
mod chunk;
pub(crate) mod number;

pub(crate) use accept::{Range, Set, order};
pub(crate) use arrow::{plain, with_chunk};
pub(crate) use bits::Bits;
pub(crate) use chunk::{Chunk, Values};
pub(crate) use number::Numbers;
