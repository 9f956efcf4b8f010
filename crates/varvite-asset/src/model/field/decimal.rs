//! [`Decimal`]: decimal numbers of fixed precision and scale.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Decimal128Type, DecimalType};

use super::{DecodeError, Family, FieldType, stored};
use crate::model::point::Point;

/// A decimal number of at most `P` digits, `S` of them after the point.
///
/// ```
/// use varvite_asset::Decimal;
/// let price: Decimal<9, 2> = "12.5".parse()?;
/// assert_eq!(price.to_string(), "12.50");
/// assert_eq!(price.unscaled(), 1250);
/// assert!("12.505".parse::<Decimal<9, 2>>().is_err(), "nothing is rounded");
/// # Ok::<(), varvite_asset::NotDecimal>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal<const P: u8, const S: i8>(i128);

/// Text or a number that is no such decimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no decimal of {precision} digits, {scale} of them after the point")]
pub struct NotDecimal {
    text: String,
    precision: u8,
    scale: i8,
}

impl<const P: u8, const S: i8> Decimal<P, S> {
    const CHECKED: () = {
        assert!(P >= 1 && P <= 38, "a decimal has 1 to 38 digits");
        assert!(S >= 0 && S <= P.cast_signed(), "a decimal has no more digits after the point than it has");
    };

    /// The number of so many units of its last digit; `None` if those are more than `P` digits.
    pub fn from_unscaled(units: i128) -> Option<Self> {
        let () = Self::CHECKED;
        (units.unsigned_abs() < 10_u128.pow(u32::from(P))).then_some(Self(units))
    }

    /// How many units of its last digit it is.
    pub const fn unscaled(self) -> i128 {
        self.0
    }
}

impl<const P: u8, const S: i8> fmt::Display for Decimal<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&Decimal128Type::format_decimal(self.0, P, S))
    }
}

impl<const P: u8, const S: i8> FromStr for Decimal<P, S> {
    type Err = NotDecimal;

    fn from_str(text: &str) -> Result<Self, NotDecimal> {
        let point = Point::of_decimal(text, S).filter(|point| point.exact);
        let number = point.and_then(|point| Self::from_unscaled(point.floor));
        number.ok_or_else(|| NotDecimal { text: text.to_owned(), precision: P, scale: S })
    }
}

impl<const P: u8, const S: i8> FieldType for Decimal<P, S> {
    type Value = Self;
    type Reader = ScalarBuffer<i128>;
    const FAMILY: Family = {
        let () = Self::CHECKED;
        Family::Decimal
    };

    fn data_type() -> DataType {
        DataType::Decimal128(P, S)
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        let column = stored::stored_as(column, &Self::data_type(), is_narrower::<P, S>)?;
        stored::no_nulls(&column, asked)?;
        Ok(column.as_primitive::<Decimal128Type>().values().clone())
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        Ok(Self(reader[row]))
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        let numbers: Decimal128Array = values.map(|value| value.map(|decimal| decimal.0)).collect();
        let numbers = numbers.with_precision_and_scale(P, S);
        numbers.map(|numbers| Arc::new(numbers) as ArrayRef).map_err(|error| DecodeError::new(0, error.to_string()))
    }
}

/// Whether each value of a stored decimal has its place: as many digits on both sides of the point.
fn is_narrower<const P: u8, const S: i8>(stored: &DataType) -> bool {
    let (DataType::Decimal32(precision, scale)
    | DataType::Decimal64(precision, scale)
    | DataType::Decimal128(precision, scale)) = stored
    else {
        return false;
    };
    let whole = |precision: u8, scale: i8| i16::from(precision) - i16::from(scale);
    *scale <= S && whole(*precision, *scale) <= whole(P, S)
}
