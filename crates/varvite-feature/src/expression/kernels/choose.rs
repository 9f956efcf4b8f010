//! Values chosen among several.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::kernels::cmp;
use arrow::compute::kernels::zip::zip;
use arrow::compute::{is_not_null, nullif as null_where};
use arrow::error::ArrowError;

use super::compare::equal;
use crate::expression::value::{Kernel, Value};

/// Arguments are the operand if there is one, the conditions up to `end`, and the results with the one of no condition at
/// the end.
pub(in crate::expression) fn case(has_operand: bool, end: usize) -> Kernel {
    Kernel::new(move |values, rows| {
        let (conditions, results) = values.split_at(end);
        let (operand, conditions) = conditions.split_at(usize::from(has_operand));
        let Some((otherwise, results)) = results.split_last() else {
            return Err(ArrowError::InvalidArgumentError("a case without results".to_owned()));
        };
        let mut found = otherwise.clone();
        // The first condition that holds decides, so it is looked at last.
        for (condition, result) in conditions.iter().zip(results).rev() {
            let holds = match operand.first() {
                Some(operand) => equal(operand, condition, rows)?,
                None => condition.expand(rows)?.as_boolean().clone(),
            };
            found = Value { array: chosen(&holds, result, &found)?, is_scalar: false };
        }
        found.expand(rows)
    })
}

/// The first value that is not null.
pub(in crate::expression) fn coalesce() -> Kernel {
    Kernel::new(|values, rows| {
        let Some((last, others)) = values.split_last() else {
            return Err(ArrowError::InvalidArgumentError("coalesce of nothing".to_owned()));
        };
        let mut found = last.clone();
        for value in others.iter().rev() {
            let there = is_not_null(&value.expand(rows)?)?;
            found = Value { array: chosen(&there, value, &found)?, is_scalar: false };
        }
        found.expand(rows)
    })
}

/// The first two arguments are compared, the third is the first as it was given.
pub(in crate::expression) fn nullif() -> Kernel {
    Kernel::new(|values, rows| {
        let equal = equal(&values[0], &values[1], rows)?;
        null_where(&values[2].expand(rows)?, &equal)
    })
}

/// The least or the greatest value that is not null.
pub(in crate::expression) fn extreme(least: bool) -> Kernel {
    Kernel::new(move |values, rows| {
        let mut found = values[0].expand(rows)?;
        for value in &values[1..] {
            let other = value.expand(rows)?;
            if found.data_type().is_null() {
                continue;
            }
            let better = if least { cmp::lt_eq(&found, &other)? } else { cmp::gt_eq(&found, &other)? };
            let keep = |row: usize| if better.is_valid(row) { better.value(row) } else { found.is_valid(row) };
            let keep = BooleanArray::from((0..rows).map(keep).collect::<Vec<bool>>());
            found = zip(&keep, &found, &other)?;
        }
        Ok(found)
    })
}

fn chosen(mask: &BooleanArray, yes: &Value, no: &Value) -> Result<ArrayRef, ArrowError> {
    if yes.array.data_type().is_null() {
        return Ok(Arc::new(arrow::array::NullArray::new(mask.len())));
    }
    zip(mask, yes, no)
}
