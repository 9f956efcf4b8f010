//! Parts of times.

use std::sync::Arc;

use arrow::compute::date_part;
use arrow::datatypes::{DataType as Arrow, Float64Type};
use varvite_time::TimeUnit;

use super::convert::counted;
use crate::expression::function::Part;
use crate::expression::value::Kernel;
use crate::times::unit_of;

/// A part of times of this type, in the zone of the type.
pub(in crate::expression) fn part(part: Part, of: &Arrow) -> Kernel {
    let unit = unit_of(of).unwrap_or(TimeUnit::Nanosecond);
    match part {
        Part::Calendar(_, part) => Kernel::unary(move |array| date_part(array, part)),
        Part::Epoch => Kernel::unary(move |array| {
            Ok(Arc::new(counted(array)?.unary::<_, Float64Type>(|value| seconds(value, unit))))
        }),
    }
}

/// The nearest double.
#[expect(clippy::cast_precision_loss, reason = "a double is what is asked for")]
fn seconds(value: i64, unit: TimeUnit) -> f64 {
    let per_second = 1_000_000_000 / unit.nanoseconds().min(1_000_000_000);
    let seconds_each = (unit.nanoseconds() / 1_000_000_000).max(1);
    let (whole, rest) = (value / per_second, value % per_second);
    (whole * seconds_each) as f64 + rest as f64 / per_second as f64
}
