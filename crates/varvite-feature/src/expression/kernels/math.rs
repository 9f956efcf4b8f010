//! Arithmetic and functions of integers and doubles.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::kernels::numeric::neg_wrapping;
use arrow::datatypes::{DataType as Arrow, Float32Type, Float64Type, Int32Type, Int64Type};

use super::binary;
use crate::expression::function::{Arithmetic, Math, Whole};
use crate::expression::value::Kernel;

/// Null where the outcome is no 64-bit integer.
pub(in crate::expression) fn integers(operator: Arithmetic) -> Kernel {
    let compute: fn(i64, i64) -> Option<i64> = match operator {
        Arithmetic::Add => i64::checked_add,
        Arithmetic::Subtract => i64::checked_sub,
        Arithmetic::Multiply => i64::checked_mul,
        Arithmetic::Divide => i64::checked_div,
        // Of the least integer and -1 the remainder is 0, though the quotient overflows.
        Arithmetic::Remainder => |x, y| (y != 0).then(|| x.wrapping_rem(y)),
    };
    Kernel::new(move |values, _| Ok(Arc::new(binary::<Int64Type, Int64Type, Int64Type>(values, compute))))
}

/// Null where the divisor is zero.
pub(in crate::expression) fn doubles(operator: Arithmetic) -> Kernel {
    macro_rules! each {
        ($compute:expr) => {
            Kernel::new(|values, _| Ok(Arc::new(binary::<Float64Type, Float64Type, Float64Type>(values, $compute))))
        };
    }
    match operator {
        Arithmetic::Add => each!(|x, y| Some(x + y)),
        Arithmetic::Subtract => each!(|x, y| Some(x - y)),
        Arithmetic::Multiply => each!(|x, y| Some(x * y)),
        Arithmetic::Divide => each!(|x, y| (y != 0.0).then(|| x / y)),
        Arithmetic::Remainder => each!(|x, y| (y != 0.0).then(|| x % y)),
    }
}

pub(in crate::expression) fn negate_integers() -> Kernel {
    integer(i64::checked_neg)
}

pub(in crate::expression) fn negate_doubles() -> Kernel {
    double(|x| Some(-x))
}

/// Of decimals, which have as many digits on either side of zero.
pub(in crate::expression) fn negate() -> Kernel {
    Kernel::unary(|array| neg_wrapping(array))
}

pub(in crate::expression) fn function(function: Math) -> Kernel {
    match function {
        Math::Sqrt => double(|x| (x.is_nan() || x >= 0.0).then(|| x.sqrt())),
        Math::Ln => double(|x| (x.is_nan() || x > 0.0).then(|| x.ln())),
        Math::Log10 => double(|x| (x.is_nan() || x > 0.0).then(|| x.log10())),
        Math::Exp => double(|x| Some(x.exp())),
    }
}

/// Null for a power of zero below zero, which divides by zero, and for a root of what has none.
pub(in crate::expression) fn power() -> Kernel {
    let compute = |x: f64, y: f64| {
        let found = x.powf(y);
        let is_division = x == 0.0 && y < 0.0;
        (!is_division && (!found.is_nan() || x.is_nan() || y.is_nan())).then_some(found)
    };
    Kernel::new(move |values, _| Ok(Arc::new(binary::<Float64Type, Float64Type, Float64Type>(values, compute))))
}

pub(in crate::expression) fn whole_integers(function: Whole) -> Kernel {
    match function {
        Whole::Abs => integer(i64::checked_abs),
        Whole::Floor | Whole::Ceil => integer(Some),
        Whole::Sign => Kernel::unary(|array| {
            let sign = |x: i64| i32::try_from(x.signum()).unwrap_or(0);
            Ok(Arc::new(array.as_primitive::<Int64Type>().unary::<_, Int32Type>(sign)))
        }),
    }
}

pub(in crate::expression) fn whole_doubles(function: Whole) -> Kernel {
    match function {
        Whole::Abs => double(|x| Some(x.abs())),
        Whole::Floor => double(|x| Some(x.floor())),
        Whole::Ceil | Whole::Sign => double(|x| Some(x.ceil())),
    }
}

/// Null for NaN, which has no sign.
pub(in crate::expression) fn sign_of_doubles() -> Kernel {
    let sign = |x: f64| (!x.is_nan()).then(|| i32::from(x > 0.0) - i32::from(x < 0.0));
    Kernel::unary(move |array| Ok(Arc::new(array.as_primitive::<Float64Type>().unary_opt::<_, Int32Type>(sign))))
}

/// Halves go away from zero.
pub(in crate::expression) fn round_doubles() -> Kernel {
    Kernel::new(|values, _| {
        Ok(Arc::new(binary::<Float64Type, Int64Type, Float64Type>(values, |x, n| Some(rounded(x, n)))))
    })
}

fn rounded(x: f64, places: i64) -> f64 {
    // Beyond these a double has no digits.
    let places = i32::try_from(places.clamp(-330, 330)).unwrap_or(0);
    let factor = 10_f64.powi(places.abs());
    if places < 0 {
        return if factor.is_infinite() { 0.0_f64.copysign(x) } else { (x / factor).round() * factor };
    }
    let scaled = x * factor;
    if scaled.is_finite() { scaled.round() / factor } else { x }
}

pub(in crate::expression) fn round_integers() -> Kernel {
    Kernel::new(|values, _| Ok(Arc::new(binary::<Int64Type, Int64Type, Int64Type>(values, rounded_integer))))
}

fn rounded_integer(x: i64, places: i64) -> Option<i64> {
    if places >= 0 {
        return Some(x);
    }
    let Some(factor) = u32::try_from(places.unsigned_abs()).ok().and_then(|places| 10_i128.checked_pow(places)) else {
        return Some(0);
    };
    let x = i128::from(x);
    let half = if x < 0 { -(factor / 2) } else { factor / 2 };
    i64::try_from((x + half) / factor * factor).ok()
}

/// Gives floats that count as equal the same bits: one zero, one NaN.
pub(in crate::expression) fn one_zero(of: &Arrow) -> Kernel {
    if *of == Arrow::Float32 {
        let one = |x: f32| if x.is_nan() { f32::NAN } else { x + 0.0 };
        return Kernel::unary(move |array| {
            Ok(Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(one)))
        });
    }
    let one = |x: f64| if x.is_nan() { f64::NAN } else { x + 0.0 };
    Kernel::unary(move |array| Ok(Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(one))))
}

fn integer(compute: fn(i64) -> Option<i64>) -> Kernel {
    Kernel::unary(move |array| Ok(Arc::new(array.as_primitive::<Int64Type>().unary_opt::<_, Int64Type>(compute))))
}

fn double(compute: fn(f64) -> Option<f64>) -> Kernel {
    Kernel::unary(move |array| Ok(Arc::new(array.as_primitive::<Float64Type>().unary_opt::<_, Float64Type>(compute))))
}
