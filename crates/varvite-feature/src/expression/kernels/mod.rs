//! What computes the parts of an expression: whole columns at a time, each kernel for one type.

pub(super) mod choose;
pub(super) mod compare;
pub(super) mod convert;
pub(super) mod decimal;
pub(super) mod math;
pub(super) mod text;
pub(super) mod time;

use arrow::array::{Array, ArrowPrimitiveType, AsArray, PrimitiveArray};

use super::value::Value;

/// Two columns or scalars, value by value; null where either is, or where `compute` has none.
fn binary<A: ArrowPrimitiveType, B: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    values: &[Value],
    compute: impl Fn(A::Native, B::Native) -> Option<O::Native>,
) -> PrimitiveArray<O> {
    let (a, b) = (values[0].array.as_primitive::<A>(), values[1].array.as_primitive::<B>());
    match (values[0].is_scalar, values[1].is_scalar) {
        (_, true) if b.is_null(0) => PrimitiveArray::new_null(a.len()),
        (_, true) => {
            let y = b.value(0);
            a.unary_opt(|x| compute(x, y))
        }
        (true, false) if a.is_null(0) => PrimitiveArray::new_null(b.len()),
        (true, false) => {
            let x = a.value(0);
            b.unary_opt(|y| compute(x, y))
        }
        (false, false) => a.iter().zip(b).map(|(x, y)| compute(x?, y?)).collect(),
    }
}
