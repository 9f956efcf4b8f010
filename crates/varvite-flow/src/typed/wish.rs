//! What an input must be: each reader has a wish, and several are joined while compiling.

use std::marker::PhantomData;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::output::{AnyRows, Output};
use crate::plain::{self, Plain};
use crate::row::Element;
use crate::value::Value;
use crate::wrappers::Whole;

/// What readers want of an input.
pub trait Wish {
    /// The type of its field in `Inputs`.
    type Field: Clone;
    /// What a request for the input gives.
    type Out: Output;
    /// The value of a field; `None` if it is not needed.
    fn value(field: &Self::Field) -> Option<Value>;
}

/// The wish of two readers of one input.
#[diagnostic::on_unimplemented(
    message = "two functions read one input as different types",
    label = "read as {Other} here, and as {Self} before",
    note = "an input has one type: `f64` and `Option<f64>` go together, others do not"
)]
pub trait Join<Other> {
    /// What both can read.
    type Both: Wish;
}

/// A row's value.
pub struct RowWish<T>(PhantomData<T>);
/// A row's value, or null.
pub struct NullWish<T>(PhantomData<T>);
/// A whole column.
pub struct ColumnWish<T>(PhantomData<T>);
/// A column of any type.
pub struct AnyWish;
/// One value for the data set.
pub struct OneWish<T>(PhantomData<T>);

/// The field of an input that single rows do not need: it is read as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NotNeeded;

/// How a value of rows is given in `Inputs`.
pub trait RowField: Element + Output {
    /// Text is shared, so that it is not copied with each row.
    type Field: Clone + Into<Value>;
}

macro_rules! row_fields {
    ($($ty:ty => $field:ty),* $(,)?) => {$(
        impl RowField for $ty {
            type Field = $field;
        }
    )*};
}

row_fields! {
    f64 => f64, f32 => f32, i64 => i64, i32 => i32, u32 => u32, bool => bool, String => Arc<str>,
    NaiveDate => NaiveDate, NaiveDateTime => NaiveDateTime, DateTime<Utc> => DateTime<Utc>,
}

macro_rules! wishes {
    ($([$($generic:tt)*] $wish:ty => $field:ty, $out:ty, |$value:ident| $made:expr;)*) => {$(
        impl<$($generic)*> Wish for $wish {
            type Field = $field;
            type Out = $out;

            fn value($value: &$field) -> Option<Value> {
                $made
            }
        }
    )*};
}

wishes! {
    [T: RowField] RowWish<T> => T::Field, T, |field| Some(field.clone().into());
    [T: RowField] NullWish<T> => Option<T::Field>, T, |field| Some(field.clone().into());
    [T: RowField] ColumnWish<T> => NotNeeded, T, |_field| None;
    [] AnyWish => NotNeeded, AnyRows, |_field| None;
    [T: Plain] OneWish<T> => T, Whole<T>, |field| Some(plain::of(field.clone()));
}

macro_rules! joins {
    ($([$($generic:tt)*] $one:ty, $two:ty => $both:ty;)*) => {$(
        impl<$($generic)*> Join<$two> for $one {
            type Both = $both;
        }
    )*};
}

joins! {
    [T: RowField] RowWish<T>, RowWish<T> => RowWish<T>;
    [T: RowField] RowWish<T>, NullWish<T> => NullWish<T>;
    [T: RowField] RowWish<T>, ColumnWish<T> => RowWish<T>;
    [T: RowField] RowWish<T>, AnyWish => RowWish<T>;
    [T: RowField] NullWish<T>, RowWish<T> => NullWish<T>;
    [T: RowField] NullWish<T>, NullWish<T> => NullWish<T>;
    [T: RowField] NullWish<T>, ColumnWish<T> => NullWish<T>;
    [T: RowField] NullWish<T>, AnyWish => NullWish<T>;
    [T: RowField] ColumnWish<T>, RowWish<T> => RowWish<T>;
    [T: RowField] ColumnWish<T>, NullWish<T> => NullWish<T>;
    [T: RowField] ColumnWish<T>, ColumnWish<T> => ColumnWish<T>;
    [T: RowField] ColumnWish<T>, AnyWish => ColumnWish<T>;
    [T: RowField] AnyWish, RowWish<T> => RowWish<T>;
    [T: RowField] AnyWish, NullWish<T> => NullWish<T>;
    [T: RowField] AnyWish, ColumnWish<T> => ColumnWish<T>;
    [] AnyWish, AnyWish => AnyWish;
    [T: Plain] OneWish<T>, OneWish<T> => OneWish<T>;
}
