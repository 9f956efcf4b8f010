//! [`Extreme`]: the smallest or the largest value of what has an order but is no number: strings, booleans, decimals.

use arrow::array::{Array, ArrayRef, make_comparator, new_empty_array};
use arrow::compute::SortOptions;
use arrow::datatypes::DataType;

use super::Accumulator;
use super::standing::{Choice, Chooser, Pick, Standing};
use crate::{Error, Result};

/// The smallest or the largest value of a bin stands for it. Of equal ones, the first.
#[derive(Debug, Clone)]
pub(super) struct Extreme {
    largest: bool,
}

impl Extreme {
    /// `None` if values have no order.
    pub(super) fn boxed(largest: bool, data_type: &DataType) -> Option<Box<dyn Accumulator>> {
        let none = new_empty_array(data_type);
        let _ = make_comparator(&none, &none, SortOptions::default()).ok()?;
        Some(Standing::boxed(Self { largest }, data_type))
    }
}

impl Choice for Extreme {
    fn chooser<'a>(&'a self, column: &'a ArrayRef, held: Option<&ArrayRef>) -> Result<Chooser<'a>> {
        let compare = |left: &ArrayRef| {
            make_comparator(left, column, SortOptions::default()).map_err(Error::arrow("compare values"))
        };
        let (within, with_held) = (compare(column)?, held.map(compare).transpose()?);
        let nulls = column.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let is_better = move |pick: Pick, row: usize| {
            let order = match (pick, &with_held) {
                (Pick::Row(best), _) => within(best, row),
                (Pick::Held, Some(with_held)) => with_held(0, row),
                _ => return true,
            };
            if self.largest { order.is_lt() } else { order.is_gt() }
        };
        Ok(Box::new(move |pick, rows| {
            let valid = rows.filter(|&row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)));
            valid.fold(pick, |pick, row| if is_better(pick, row) { Pick::Row(row) } else { pick })
        }))
    }
}
