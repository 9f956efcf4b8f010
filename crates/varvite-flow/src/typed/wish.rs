//! What an input must be: each reader has a wish, and several are joined while compiling.

use std::marker::PhantomData;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::outcome::Made;
use super::output::{AnyRows, Output};
use crate::plain::{self, Plain};
use crate::row::Element;
use crate::value::Value;
use crate::wrappers::Whole;

/// What readers want of an input.
pub trait Wish {
    /// The type of its field in `Inputs`.
    type Field: Clone;
    /// What readers see.
    type Made: Made;
    /// What a request for the input gives.
    type Out: Output;
    /// The value of a field; `None` if it is not needed.
    fn value(field: &Self::Field) -> Option<Value>;
}

/// The wish of two readers of one input. Total, and the first one tells the type: that both want the same is compared
/// where it can be said better.
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
/// A row's value of any type: of a window, its times and its keys.
pub struct CellWish;
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
    ($([$($generic:tt)*] $wish:ty => $field:ty, $made:ty, $out:ty, |$value:ident| $of:expr;)*) => {$(
        impl<$($generic)*> Wish for $wish {
            type Field = $field;
            type Made = $made;
            type Out = $out;

            fn value($value: &$field) -> Option<Value> {
                $of
            }
        }
    )*};
}

wishes! {
    [T: RowField] RowWish<T> => T::Field, T, T, |field| Some(field.clone().into());
    [T: RowField] NullWish<T> => Option<T::Field>, T, T, |field| Some(field.clone().into());
    [T: RowField] ColumnWish<T> => NotNeeded, T, T, |_field| None;
    [] AnyWish => NotNeeded, AnyRows, AnyRows, |_field| None;
    [] CellWish => Value, AnyRows, AnyRows, |field| Some(field.clone());
    [T: Plain] OneWish<T> => T, Whole<T>, Whole<T>, |field| Some(plain::of(field.clone()));
}

macro_rules! joins {
    (@ [$($generic:tt)*] $one:ty, $two:ty, $both:ty) => {
        impl<$($generic)*> Join<$two> for $one {
            type Both = $both;
        }
    };
    (@@ $generics:tt $one:ty: $($two:ty => $both:ty),*) => { $(joins!(@ $generics $one, $two, $both);)* };
    ($($generics:tt $one:ty: $($two:ty => $both:ty),*;)*) => { $(joins!(@@ $generics $one: $($two => $both),*);)* };
}

joins! {
    [T: RowField, U] RowWish<T>: RowWish<U> => Self, NullWish<U> => NullWish<T>, ColumnWish<U> => Self, OneWish<U> => Self;
    [T: RowField, U] NullWish<T>: RowWish<U> => Self, NullWish<U> => Self, ColumnWish<U> => Self, OneWish<U> => Self;
    [T: RowField, U] ColumnWish<T>:
        RowWish<U> => RowWish<T>, NullWish<U> => NullWish<T>, ColumnWish<U> => Self, OneWish<U> => Self;
    [T: Plain, U] OneWish<T>: RowWish<U> => Self, NullWish<U> => Self, ColumnWish<U> => Self, OneWish<U> => Self;
    [T: RowField] RowWish<T>: AnyWish => Self, CellWish => Self;
    [T: RowField] NullWish<T>: AnyWish => Self, CellWish => Self;
    [T: RowField] ColumnWish<T>: AnyWish => Self, CellWish => NullWish<T>;
    [T: Plain] OneWish<T>: AnyWish => Self, CellWish => Self;
    [U: RowField] AnyWish: RowWish<U> => RowWish<U>, NullWish<U> => NullWish<U>, ColumnWish<U> => ColumnWish<U>;
    [U: RowField] CellWish: RowWish<U> => RowWish<U>, NullWish<U> => NullWish<U>, ColumnWish<U> => NullWish<U>;
    [U: Plain] AnyWish: OneWish<U> => OneWish<U>;
    [U: Plain] CellWish: OneWish<U> => OneWish<U>;
    [] AnyWish: AnyWish => AnyWish, CellWish => CellWish;
    [] CellWish: AnyWish => CellWish, CellWish => CellWish;
}
