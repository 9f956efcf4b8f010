//! [`Finding`]: which rows of a chunk break a check.

use crate::values::Chunk;

/// How many rows are named.
const NAMED: usize = 3;
/// So many values are judged before it is looked which of them are wrong: compilers make that fast.
const BLOCK: usize = 1024;

/// Which rows of a chunk break a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    /// How many.
    pub(crate) count: u64,
    /// The first of them.
    pub(crate) rows: Vec<usize>,
    /// What a function says about the first.
    pub(crate) reason: Option<String>,
}

impl Finding {
    pub(crate) fn add(&mut self, row: usize) {
        self.count += 1;
        if self.rows.len() < NAMED {
            self.rows.push(row);
        }
    }

    /// The numbers of a chunk that are not `good`.
    pub(super) fn of_numbers<T: Copy>(slice: &[T], chunk: &Chunk<'_>, good: impl Fn(T) -> bool) -> Self {
        let mut found = Self::default();
        for (at, block) in slice.chunks(BLOCK).enumerate() {
            if block.iter().fold(true, |all, value| all & good(*value)) {
                continue;
            }
            for (row, value) in block.iter().enumerate() {
                let row = at * BLOCK + row;
                if !good(*value) && chunk.is_valid(row) {
                    found.add(row);
                }
            }
        }
        found
    }

    /// The rows of a chunk that are not null, and not `good`.
    pub(super) fn of_rows(chunk: &Chunk<'_>, mut good: impl FnMut(usize) -> bool) -> Self {
        let mut found = Self::default();
        for row in (0..chunk.len).filter(|row| chunk.is_valid(*row)) {
            if !good(row) {
                found.add(row);
            }
        }
        found
    }
}
