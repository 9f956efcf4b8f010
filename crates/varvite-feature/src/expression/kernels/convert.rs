//! The same values in another type; null where the type does not hold them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType as Arrow, Date32Type, Float32Type, Float64Type, Int64Type};
use arrow::error::ArrowError;
use varvite_time::TimeUnit;

use crate::expression::types::{Class, class, decimal, digits};
use crate::expression::value::Kernel;
use crate::times::unit_of;

/// The type of times that are compared across units: nanoseconds, of which 38 digits hold those of every unit.
pub(in crate::expression) const INSTANT: Arrow = Arrow::Decimal128(38, 0);

/// A column in the type that definitions have for its values.
pub(in crate::expression) fn as_ours(column: &ArrayRef, wanted: &Arrow) -> Result<ArrayRef, ArrowError> {
    if column.data_type() == wanted { Ok(Arc::clone(column)) } else { cast(column, wanted) }
}

pub(in crate::expression) fn kernel(from: &Arrow, to: &Arrow) -> Kernel {
    let wanted = to.clone();
    match (class(from), class(to)) {
        (Class::Time, Class::Time) if matches!(to, Arrow::Timestamp(..)) => timestamps(from, to),
        (Class::Float, Class::Integer) => Kernel::unary(move |array| cast(&rounded(array), &wanted)),
        (Class::Decimal, Class::Integer) => {
            // Casts of decimals to integers cut off; those to fewer digits round.
            let whole = decimal(digits(from).0.saturating_add(1), 0);
            Kernel::unary(move |array| cast(&cast(array, &whole)?, &wanted))
        }
        _ => Kernel::unary(move |array| cast(array, &wanted)),
    }
}

fn rounded(array: &ArrayRef) -> ArrayRef {
    let doubles = match array.data_type() {
        Arrow::Float32 => array.as_primitive::<Float32Type>().unary::<_, Float64Type>(f64::from),
        _ => array.as_primitive::<Float64Type>().clone(),
    };
    Arc::new(doubles.unary::<_, Float64Type>(f64::round))
}

/// Times in another unit and zone: the same instants, or the last before them that the unit has.
fn timestamps(from: &Arrow, to: &Arrow) -> Kernel {
    let (unit, other) = (unit(from), unit(to));
    let wanted = to.clone();
    Kernel::unary(move |array| {
        let convert = |value: i64| match (unit, other) {
            (unit, other) if unit == other => Some(value),
            (unit, other) => i64::try_from(unit.to_ns(value).div_euclid(i128::from(other.nanoseconds()))).ok(),
        };
        let found: Int64Array = counted(array)?.unary_opt(convert);
        cast(&found, &wanted)
    })
}

/// Times as [`INSTANT`].
pub(in crate::expression) fn instants(from: &Arrow) -> Kernel {
    let unit = unit(from);
    Kernel::unary(move |array| {
        if array.data_type().is_null() {
            return cast(array, &INSTANT);
        }
        let found: Decimal128Array = counted(array)?.unary(|value| unit.to_ns(value));
        Ok(Arc::new(found.with_precision_and_scale(38, 0)?))
    })
}

fn unit(of: &Arrow) -> TimeUnit {
    unit_of(of).unwrap_or(TimeUnit::Nanosecond)
}

/// What times count.
pub(super) fn counted(array: &ArrayRef) -> Result<Int64Array, ArrowError> {
    if array.data_type() == &Arrow::Date32 {
        return Ok(array.as_primitive::<Date32Type>().unary::<_, Int64Type>(i64::from));
    }
    Ok(cast(array, &Arrow::Int64)?.as_primitive::<Int64Type>().clone())
}
