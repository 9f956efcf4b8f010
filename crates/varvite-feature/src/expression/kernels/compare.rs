//! Comparisons, and logic with three values.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Datum};
use arrow::compute::kernels::cmp;
use arrow::compute::{and_kleene, is_not_null as not_null, is_null as null, not as negated, or_kleene};
use arrow::error::ArrowError;

use crate::expression::function::Comparison;
use crate::expression::value::{Kernel, Value};

type Compare = fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError>;

pub(in crate::expression) fn comparison(comparison: Comparison) -> Kernel {
    let compare: Compare = match comparison {
        Comparison::Eq => cmp::eq,
        Comparison::NotEq => cmp::neq,
        Comparison::Less => cmp::lt,
        Comparison::LessEq => cmp::lt_eq,
        Comparison::Greater => cmp::gt,
        Comparison::GreaterEq => cmp::gt_eq,
        Comparison::Distinct => cmp::distinct,
        Comparison::NotDistinct => cmp::not_distinct,
    };
    Kernel::new(move |values, _| {
        if values[0].array.data_type().is_null() {
            return of_nulls(comparison, values[0].array.len().max(values[1].array.len()));
        }
        Ok(Arc::new(compare(&values[0], &values[1])?))
    })
}

/// Null compared with null, where nothing says of which type.
#[expect(clippy::unnecessary_wraps, reason = "the outcome of a kernel")]
fn of_nulls(comparison: Comparison, rows: usize) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(match comparison {
        Comparison::Distinct => BooleanArray::from(vec![false; rows]),
        Comparison::NotDistinct => BooleanArray::from(vec![true; rows]),
        _ => BooleanArray::new_null(rows),
    }))
}

/// Whether values are equal; null if either is.
pub(super) fn equal(a: &Value, b: &Value, rows: usize) -> Result<BooleanArray, ArrowError> {
    if a.array.data_type().is_null() {
        return Ok(BooleanArray::new_null(rows));
    }
    let found = cmp::eq(a, b)?;
    // Two scalars give one value.
    Ok(if found.len() == rows { found } else { repeated(&found, rows) })
}

fn repeated(one: &BooleanArray, rows: usize) -> BooleanArray {
    if one.is_null(0) { BooleanArray::new_null(rows) } else { BooleanArray::from(vec![one.value(0); rows]) }
}

pub(in crate::expression) fn and() -> Kernel {
    logic(and_kleene)
}

pub(in crate::expression) fn or() -> Kernel {
    logic(or_kleene)
}

fn logic(combine: fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, ArrowError>) -> Kernel {
    Kernel::new(move |values, rows| {
        let (a, b) = (values[0].expand(rows)?, values[1].expand(rows)?);
        Ok(Arc::new(combine(a.as_boolean(), b.as_boolean())?))
    })
}

pub(in crate::expression) fn not() -> Kernel {
    Kernel::unary(|array| Ok(Arc::new(negated(array.as_boolean())?)))
}

pub(in crate::expression) fn is(wanted: bool) -> Kernel {
    Kernel::unary(move |array| {
        let is = array.as_boolean().iter().map(|value| value == Some(wanted)).collect::<Vec<bool>>();
        Ok(Arc::new(BooleanArray::from(is)))
    })
}

pub(in crate::expression) fn is_null() -> Kernel {
    Kernel::unary(|array| Ok(Arc::new(null(array)?)))
}

pub(in crate::expression) fn is_not_null() -> Kernel {
    Kernel::unary(|array| Ok(Arc::new(not_null(array)?)))
}

pub(in crate::expression) fn between() -> Kernel {
    Kernel::new(|values, rows| {
        if values[0].array.data_type().is_null() {
            return Ok(Arc::new(BooleanArray::new_null(rows)));
        }
        let wide = |found: BooleanArray| if found.len() == rows { found } else { repeated(&found, rows) };
        let above = wide(cmp::gt_eq(&values[0], &values[1])?);
        let below = wide(cmp::lt_eq(&values[0], &values[2])?);
        Ok(Arc::new(and_kleene(&above, &below)?))
    })
}

/// Null where no value is equal and one of them is null.
pub(in crate::expression) fn is_in() -> Kernel {
    Kernel::new(|values, rows| {
        let mut found = BooleanArray::from(vec![false; rows]);
        for other in &values[1..] {
            found = or_kleene(&found, &equal(&values[0], other, rows)?)?;
        }
        Ok(Arc::new(found))
    })
}
