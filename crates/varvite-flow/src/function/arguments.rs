//! Where a function's arguments stand: in slots, one value each, or in lanes, a chunk each.

use crate::row::AnyLane;
use crate::value::Value;

/// The arguments of one call: places in the run's slots. Nothing is copied or allocated.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    slots: &'a [Value],
    at: &'a [u32],
}

impl<'a> Args<'a> {
    pub(crate) fn new(slots: &'a [Value], at: &'a [u32]) -> Self {
        Self { slots, at }
    }

    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> &'a Value {
        &self.slots[self.at[index] as usize]
    }
}

/// One argument of a pass over a chunk.
#[derive(Clone, Copy)]
pub enum Feed<'a> {
    /// The rows' values.
    #[doc(hidden)]
    Lane(&'a dyn AnyLane),
    /// One value for all rows.
    #[doc(hidden)]
    One(&'a Value),
    /// The windows of all rows of the run, and the first row of this chunk.
    #[doc(hidden)]
    Windows(&'a Value, usize),
}
