//! Arithmetic of decimals, exact. Values are computed with 256 bits; what the type of the outcome does not hold is null.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType as Arrow, Decimal256Type, DecimalType, Int32Type, i256};
use arrow::error::ArrowError;

use super::binary;
use crate::expression::function::{Arithmetic, Whole};
use crate::expression::types::{decimal, digits};
use crate::expression::value::Kernel;

/// In which scales two decimals are computed, and what becomes of them.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::expression) struct Plan {
    pub(in crate::expression) scales: [u8; 2],
    pub(in crate::expression) result: Arrow,
}

/// Plans an operator on numbers with so many digits before and after the point, as SQL has it.
pub(in crate::expression) fn plan(operator: Arithmetic, a: (u8, u8), b: (u8, u8)) -> Result<Plan, String> {
    let scale = a.1.max(b.1);
    let (scales, before, after) = match operator {
        Arithmetic::Multiply => ([a.1, b.1], a.0 + b.0, a.1 + b.1),
        Arithmetic::Remainder => ([scale; 2], a.0.max(b.0), scale),
        _ => ([scale; 2], a.0.max(b.0) + 1, scale),
    };
    if after > 76 {
        return Err(format!("the product has {after} digits after the point, more than 76: cast one to fewer"));
    }
    Ok(Plan { scales, result: decimal(before.saturating_add(after), after) })
}

pub(in crate::expression) fn kernel(operator: Arithmetic, result: Arrow) -> Kernel {
    let compute: fn(i256, i256) -> Option<i256> = match operator {
        Arithmetic::Add => i256::checked_add,
        Arithmetic::Subtract => i256::checked_sub,
        Arithmetic::Multiply => i256::checked_mul,
        Arithmetic::Divide => i256::checked_div,
        Arithmetic::Remainder => i256::checked_rem,
    };
    Kernel::new(move |values, _| {
        finish(&binary::<Decimal256Type, Decimal256Type, Decimal256Type>(values, compute), &result)
    })
}

/// The type of a function of a decimal.
pub(in crate::expression) fn whole_type(function: Whole, given: &Arrow) -> Arrow {
    match function {
        Whole::Abs => given.clone(),
        Whole::Sign => Arrow::Int32,
        Whole::Floor | Whole::Ceil => decimal(digits(given).0.saturating_add(1), 0),
    }
}

pub(in crate::expression) fn whole(function: Whole, given: &Arrow, result: Arrow) -> Kernel {
    let unit = unit(given);
    match function {
        Whole::Sign => Kernel::unary(|array| {
            let sign = |x: i256| i32::try_from(x.signum().to_i128().unwrap_or(0)).unwrap_or(0);
            Ok(Arc::new(wide(array)?.unary::<_, Int32Type>(sign)))
        }),
        Whole::Abs => unary(result, i256::checked_abs),
        Whole::Floor => unary(result, move |x| {
            let whole = x.checked_div(unit)?;
            if x < whole.checked_mul(unit)? { whole.checked_sub(i256::ONE) } else { Some(whole) }
        }),
        Whole::Ceil => unary(result, move |x| {
            let whole = x.checked_div(unit)?;
            if x > whole.checked_mul(unit)? { whole.checked_add(i256::ONE) } else { Some(whole) }
        }),
    }
}

/// To whole numbers, halves away from zero.
pub(in crate::expression) fn round(given: &Arrow, result: Arrow) -> Kernel {
    let unit = unit(given);
    let half = unit.checked_div(i256::from_i128(2)).unwrap_or(i256::ZERO);
    unary(result, move |x| {
        let half = if x < i256::ZERO { half.checked_neg()? } else { half };
        x.checked_add(half)?.checked_div(unit)
    })
}

/// One, in the scale of a type.
fn unit(of: &Arrow) -> i256 {
    i256::from_i128(10).checked_pow(u32::from(digits(of).1)).unwrap_or(i256::ONE)
}

fn unary(result: Arrow, compute: impl Fn(i256) -> Option<i256> + Send + Sync + 'static) -> Kernel {
    Kernel::unary(move |array| finish(&wide(array)?.unary_opt(&compute), &result))
}

/// The numbers of decimals, whatever their type.
fn wide(array: &ArrayRef) -> Result<PrimitiveArray<Decimal256Type>, ArrowError> {
    let (Arrow::Decimal128(_, scale) | Arrow::Decimal256(_, scale)) = array.data_type() else {
        return Err(ArrowError::InvalidArgumentError(format!("{} is no decimal", array.data_type())));
    };
    Ok(cast(array, &Arrow::Decimal256(76, *scale))?.as_primitive::<Decimal256Type>().clone())
}

/// Numbers as decimals of a type; those with more digits are null.
fn finish(numbers: &PrimitiveArray<Decimal256Type>, result: &Arrow) -> Result<ArrayRef, ArrowError> {
    let (Arrow::Decimal128(precision, scale) | Arrow::Decimal256(precision, scale)) = result else {
        return Err(ArrowError::InvalidArgumentError(format!("{result} is no decimal")));
    };
    let fits = |x: i256| Decimal256Type::is_valid_decimal_precision(x, *precision).then_some(x);
    let numbers = numbers.unary_opt::<_, Decimal256Type>(fits).with_precision_and_scale(76, *scale)?;
    cast(&numbers, result)
}
