//! [`End`]: the first or the last value of a bin, of any type.

use arrow::array::{Array, ArrayRef};

use super::standing::{Choice, Chooser, Pick};
use crate::Result;

/// Which end of a bin stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    First,
    Last,
}

impl Choice for End {
    fn chooser<'a>(&'a self, column: &'a ArrayRef, _held: Option<&ArrayRef>) -> Result<Chooser<'a>> {
        let nulls = column.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        Ok(Box::new(move |pick, mut rows| {
            let valid = |row: &usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row));
            match self {
                Self::First if pick != Pick::None => pick,
                Self::First => rows.find(valid).map_or(pick, Pick::Row),
                Self::Last => rows.rev().find(valid).map_or(pick, Pick::Row),
            }
        }))
    }
}
