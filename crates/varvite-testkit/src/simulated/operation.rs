//! [`Operation`]: what one caller does to the dataset, as it is drawn.
//!
//! A new verb of the engine gets a variant here and a line in [`operations`], an arm in `caller.rs` that calls it, and,
//! if it changes rows, a [`Verb`] with its meaning in `state.rs`.

use proptest::prelude::*;

use crate::sequence::{OneWrite, write};
use crate::shape::Columns;

/// One thing that a caller does.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Changes rows, in one commit.
    Change {
        /// How.
        verb: Verb,
        /// With which rows and options.
        write: OneWrite,
        /// Which columns the rows have, if the dataset evolves.
        columns: Columns,
        /// Whether rows and ranges lie about the newest row that the caller sees, and not about 0.
        near_end: bool,
        /// Whether the change has a name, so that a repetition is not applied again.
        named: bool,
    },
    /// Sets or removes an entry of the metadata, and writes no rows.
    Entry(Option<String>),
    /// Makes the last change again, as who did not get an answer would.
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
    /// Reads an older version.
    ReadOlder(Which),
    /// Names the version that is so far behind the one that the caller sees.
    Tag(Name, u64),
    /// Takes a name away.
    Untag(Name),
    /// Lets only so many versions stay readable, and removes what no other needs; records too, if so asked.
    Vacuum(u64, bool),
    /// Removes the dataset.
    Remove,
}

/// A name of versions.
pub type Name = &'static str;

/// Which older version.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// So many before the one that the caller sees.
    Before(u64),
    /// The newest so many milliseconds before the one that the caller sees, by the clocks.
    AsOf(i64),
    /// The one with a name.
    Tagged(Name),
}

/// How a change changes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Rows find their place.
    Merge,
    /// Rows come behind the newest one that the caller sees.
    Append,
    /// Rows replace everything.
    Overwrite,
    /// Rows replace those in `start..end`.
    Replace(i64, i64),
    /// Rows in `start..end` go.
    DeleteRange(i64, i64),
    /// Rows go that agree with those given in time and key or value.
    DeleteKeys(Keys),
    /// Row groups are written anew: those off target, or all.
    Compact(bool),
}

/// What tells which rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// The ordered column.
    Time,
    /// The ordered column and the value.
    TimeAndValue,
}

fn verbs() -> impl Strategy<Value = Verb> {
    let range = || (-1..26_i64, 0..14_i64).prop_map(|(start, len)| (start, start + len));
    prop_oneof![
        14 => Just(Verb::Merge),
        5 => Just(Verb::Append),
        2 => Just(Verb::Overwrite),
        3 => range().prop_map(|(start, end)| Verb::Replace(start, end)),
        2 => range().prop_map(|(start, end)| Verb::DeleteRange(start, end)),
        2 => prop_oneof![Just(Keys::Time), Just(Keys::TimeAndValue)].prop_map(Verb::DeleteKeys),
        2 => any::<bool>().prop_map(Verb::Compact),
    ]
}

fn changes() -> impl Strategy<Value = Operation> {
    let columns = (any::<bool>(), prop::bool::weighted(0.3)).prop_map(|(wide, other)| Columns { wide, other });
    (verbs(), write(), columns, any::<bool>(), any::<bool>())
        .prop_map(|(verb, write, columns, near_end, named)| Operation::Change { verb, write, columns, near_end, named })
}

const NAMES: [Name; 2] = ["first", "second"];

/// Operations of a caller that writes, and now and then reads.
pub fn operations() -> impl Strategy<Value = Operation> {
    let name = || prop::sample::select(&NAMES[..]);
    prop_oneof![
        70 => changes(),
        8 => prop::option::of("[ab]?").prop_map(Operation::Entry),
        8 => Just(Operation::Again),
        8 => Just(Operation::Reopen),
        3 => Just(Operation::Refresh),
        8 => reads(),
        3 => (name(), 0..4_u64).prop_map(|(name, back)| Operation::Tag(name, back)),
        1 => name().prop_map(Operation::Untag),
        4 => (1..6_u64, any::<bool>()).prop_map(|(versions, expire)| Operation::Vacuum(versions, expire)),
        2 => Just(Operation::Remove),
    ]
}

/// Operations of a caller that only reads.
pub fn reads() -> impl Strategy<Value = Operation> {
    let name = prop::sample::select(&NAMES[..]);
    let older = prop_oneof![
        2 => (0..6_u64).prop_map(Which::Before),
        1 => (0..300_i64).prop_map(Which::AsOf),
        1 => name.prop_map(Which::Tagged),
    ];
    prop_oneof![
        2 => Just(Operation::ReadAll),
        2 => (-1..26_i64, -1..40_i64, 0..6_usize)
            .prop_map(|(start, end, n_prev)| Operation::Read { start, end, n_prev }),
        1 => older.prop_map(Operation::ReadOlder),
        1 => Just(Operation::Refresh),
        1 => Just(Operation::Reopen),
    ]
}
