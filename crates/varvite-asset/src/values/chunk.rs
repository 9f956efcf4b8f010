//! [`Chunk`]: a stretch of a column.

use super::{Bits, Numbers};

/// A stretch of a column.
#[derive(Clone, Copy)]
pub(crate) struct Chunk<'a> {
    /// How many values it has, with nulls.
    pub(crate) len: usize,
    /// Which ones are not null; all, without bits.
    pub(crate) valid: Option<Bits<'a>>,
    /// The values. Those of nulls are anything.
    pub(crate) values: Values<'a>,
}

/// Values of a chunk, by row.
#[derive(Clone, Copy)]
pub(crate) enum Values<'a> {
    /// Numbers, and what is stored as counts: dates, times, decimals.
    Numbers(Numbers<'a>),
    /// Text.
    Texts(&'a dyn Fn(usize) -> &'a str),
    /// Flags.
    Flags(&'a dyn Fn(usize) -> bool),
    /// Lengths of bytes and lists, whose values nobody asks for.
    Lengths(&'a dyn Fn(usize) -> usize),
    /// What has no values to judge: structs.
    Opaque,
}

impl Chunk<'_> {
    /// Whether a row is not null.
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        self.valid.is_none_or(|valid| valid.get(row))
    }
}
