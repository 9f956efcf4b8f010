//! [`Operation`]: what one caller does to the dataset, as it is drawn.
//!
//! A new verb of the engine gets a variant here, a line in [`operations`], an arm in `caller.rs` that calls it, and,
//! if it commits, a [`Deed`] with its meaning in `state.rs`.

use proptest::prelude::*;
use varvite_dataset::Mode;

use crate::model::Row;
use crate::sequence::{OneWrite, write};

/// One thing that a caller does.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Writes rows.
    Write {
        /// What and how; an append begins behind the newest row that the caller sees.
        write: OneWrite,
        /// Whether the rows lie about the newest row that the caller sees, and not about 0.
        near_end: bool,
        /// Whether the write has a name, so that a repetition is not applied again.
        named: bool,
    },
    /// Sets or removes an entry of the metadata, and writes no rows.
    Entry(Option<String>),
    /// Makes the last write again, as who did not get an answer would.
    Again,
    /// Opens the dataset anew.
    Reopen,
    /// Moves on to the newest version.
    Refresh,
    /// Reads the rows in `start..end`, behind up to `n_prev` rows before them.
    Read {
        /// Start of the range.
        start: i64,
        /// End of the range, which is not in it.
        end: i64,
        /// How many rows before the range.
        n_prev: usize,
    },
    /// Reads everything.
    ReadAll,
    /// Removes the dataset.
    Remove,
}

/// Operations of a caller that writes, and now and then reads. `removes`: how often, in 100, it removes the dataset.
pub fn operations(removes: u32) -> impl Strategy<Value = Operation> {
    prop_oneof![
        (65 - removes) => (write(), any::<bool>(), any::<bool>()).prop_map(|(write, near_end, named)| {
            Operation::Write { write, near_end, named }
        }),
        8 => prop::option::of("[ab]?").prop_map(Operation::Entry),
        8 => Just(Operation::Again),
        8 => Just(Operation::Reopen),
        3 => Just(Operation::Refresh),
        8 => reads(),
        removes => Just(Operation::Remove),
    ]
}

/// Operations of a caller that only reads.
pub fn reads() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => Just(Operation::ReadAll),
        2 => (-1..26_i64, -1..40_i64, 0..6_usize)
            .prop_map(|(start, end, n_prev)| Operation::Read { start, end, n_prev }),
        1 => Just(Operation::Refresh),
        1 => Just(Operation::Reopen),
    ]
}

/// What an operation was meant to change, once it was known: what the model repeats if it was committed.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Write(Written),
    Remove,
    /// Nothing.
    Look,
}

/// A change of the entry of the metadata, if there is one: to a value, or away.
pub(super) type Entry = Option<Option<String>>;

/// The meaning of a write.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) mode: Mode,
    pub(super) rows: Vec<Row>,
    pub(super) entry: Entry,
    pub(super) app: Option<(String, u64)>,
}
