//! Checks by type: what a check asks for is a bound, so that one that does not fit does not compile.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::check::Check;
use crate::plain::{self, Plain};
use crate::row::Element;
use crate::value::Value;
use crate::wrappers::Whole;

/// What `range` fits.
#[diagnostic::on_unimplemented(
    message = "the check `range` does not fit a node that makes `{Self}`",
    note = "it fits numbers"
)]
pub trait Numbers {}

/// What `finite` fits.
#[diagnostic::on_unimplemented(
    message = "the check `finite` does not fit a node that makes `{Self}`",
    note = "it fits `f64` and `f32`"
)]
pub trait Floats {}

/// What `length` and `pattern` fit.
#[diagnostic::on_unimplemented(
    message = "the checks `length` and `pattern` do not fit a node that makes `{Self}`",
    note = "they fit `String`"
)]
pub trait Text {}

/// What `mean` and `deviation` fit.
#[diagnostic::on_unimplemented(
    message = "the checks `mean` and `deviation` do not fit a node that makes `{Self}`",
    note = "they fit numbers of rows"
)]
pub trait NumbersOfRows {}

/// What `null_fraction`, `monotonic` and `unique` fit.
#[diagnostic::on_unimplemented(
    message = "the checks `null_fraction`, `monotonic` and `unique` do not fit a node that makes `{Self}`",
    note = "they fit values of rows"
)]
pub trait OfRows {}

/// What `one_of` fits.
#[diagnostic::on_unimplemented(
    message = "the check `one_of` does not fit a node that makes `{Self}`",
    note = "it fits numbers, `bool`, `String` and chrono types"
)]
pub trait Listed {
    /// How a value is written.
    type Literal: Into<Value>;
}

/// What `with` fits, and what the function takes.
#[diagnostic::on_unimplemented(message = "the check `with` does not fit a node that makes `{Self}`")]
pub trait Seen {
    /// What the function takes.
    type Arg<'a>;
    #[doc(hidden)]
    fn passes(value: &Value, f: impl Fn(Self::Arg<'_>) -> bool) -> bool;
}

macro_rules! fit {
    ($bound:ident: $($ty:ty),*) => {$(
        impl $bound for $ty {}
        impl $bound for Whole<$ty> {}
        impl $bound for Whole<Option<$ty>> {}
    )*};
}

fit!(Numbers: f64, f32, i64, i32, u32);
fit!(Floats: f64, f32);
fit!(Text: String);

macro_rules! of_rows {
    ($bound:ident: $($ty:ty),*) => {$(
        impl $bound for $ty {}
    )*};
}

of_rows!(NumbersOfRows: f64, f32, i64, i32, u32);
impl<T: Element> OfRows for T {}

macro_rules! listed {
    ($($ty:ty => $literal:ty),* $(,)?) => {$(
        impl Listed for $ty {
            type Literal = $literal;
        }

        impl Listed for Whole<$ty> {
            type Literal = $literal;
        }
    )*};
}

listed! {
    f64 => f64, f32 => f32, i64 => i64, i32 => i32, u32 => u32, bool => bool, String => &'static str,
    NaiveDate => NaiveDate, NaiveDateTime => NaiveDateTime, DateTime<Utc> => DateTime<Utc>,
}

macro_rules! seen {
    ($($ty:ty),*) => {$(
        impl Seen for $ty {
            type Arg<'a> = $ty;

            fn passes(value: &Value, f: impl Fn($ty) -> bool) -> bool {
                <$ty>::from_value(value).is_some_and(f)
            }
        }
    )*};
}

seen!(f64, f32, i64, i32, u32, bool, NaiveDate, NaiveDateTime, DateTime<Utc>);

impl Seen for String {
    type Arg<'a> = &'a str;

    fn passes(value: &Value, f: impl Fn(&str) -> bool) -> bool {
        value.as_str().is_some_and(f)
    }
}

impl<T: Plain> Seen for Whole<T> {
    type Arg<'a> = &'a T;

    fn passes(value: &Value, f: impl Fn(&T) -> bool) -> bool {
        plain::take::<T>(value).is_some_and(|value| f(&value))
    }
}

/// Numbers lie within a range.
pub fn range<M: Numbers>(range: RangeInclusive<f64>) -> Check {
    Check::range(range)
}

/// Values are among these.
pub fn one_of<M: Listed>(values: Vec<M::Literal>) -> Check {
    Check::one_of(values)
}

/// Floats are neither infinite nor not a number.
pub fn finite<M: Floats>() -> Check {
    Check::finite()
}

/// Texts have as many characters.
pub fn length<M: Text>(range: RangeInclusive<usize>) -> Check {
    Check::length(range)
}

/// Texts match a regular expression.
pub fn pattern<M: Text>(pattern: &str) -> Check {
    Check::pattern(pattern)
}

/// A function says yes to each value.
pub fn with<M: Seen + 'static>(name: &str, f: impl Fn(M::Arg<'_>) -> bool + Send + Sync + 'static) -> Check {
    Check::with(name, move |value| M::passes(value, &f))
}

/// At most this fraction of the rows is null.
pub fn null_fraction<M: OfRows>(at_most: f64) -> Check {
    Check::null_fraction(at_most)
}

/// Values do not descend.
pub fn monotonic<M: OfRows>() -> Check {
    Check::monotonic()
}

/// No value comes twice.
pub fn unique<M: OfRows>() -> Check {
    Check::unique()
}

/// The mean lies within a range.
pub fn mean<M: NumbersOfRows>(range: RangeInclusive<f64>) -> Check {
    Check::mean(range)
}

/// The standard deviation lies within a range.
pub fn deviation<M: NumbersOfRows>(range: RangeInclusive<f64>) -> Check {
    Check::deviation(range)
}
