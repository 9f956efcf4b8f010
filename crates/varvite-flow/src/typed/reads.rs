//! What a parameter reads, by its type: what its source must make, and what may be given in its place.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::outcome::Made;
use super::wish::{AnyWish, CellWish, ColumnWish, NullWish, OneWish, RowField, RowWish, Wish};
use crate::flow_type::Item;
use crate::fold::{Accumulator, Folded};
use crate::plain::{self, Plain};
use crate::value::Value;
use crate::window::Window;
use crate::wrappers::{All, Column, Whole};

/// A type that a parameter of `#[dataflow]` may have; lifetimes are `'static` here.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a node",
    note = "a value of rows can (`f64`, `f32`, `i64`, `i32`, `u32`, `bool`, `String`, `&str`, a chrono type, or an `Option` of one), \
            `Whole<T>`, `&T`, `Folded<A>`, `Window<A>`, `Column<T>` or `All<T>`",
    note = "a function of values that are not of rows is `#[node(value)]`"
)]
pub trait Reads {
    /// What a source that makes `M` must make.
    type Wants<M: Made>;
    /// What may be given in its place while the graph is written: a literal, or a default.
    type Given;
    /// What an input must be that it reads.
    type Wish: Wish;
    /// The values that it folds; nothing if it folds none.
    const FOLDS: Option<Item> = None;
    #[doc(hidden)]
    fn value(given: Self::Given) -> Value;
}

/// What nothing can be given for.
#[derive(Debug, Clone, Copy)]
pub enum NotGiven {}

macro_rules! reads {
    ($([$($generic:tt)*] $param:ty => $wants:ty, $wish:ty, |$given:ident: $given_type:ty| $value:expr;)*) => {$(
        impl<$($generic)*> Reads for $param {
            type Wants<M: Made> = $wants;
            type Given = $given_type;
            type Wish = $wish;

            fn value($given: $given_type) -> Value {
                $value
            }
        }
    )*};
}

macro_rules! elements {
    ($($ty:ty),*) => {
        reads! {$(
            [] $ty => $ty, RowWish<$ty>, |given: $ty| given.into();
            [] Option<$ty> => $ty, NullWish<$ty>, |given: Option<$ty>| given.into();
        )*}
    };
}

elements!(f64, f32, i64, i32, u32, bool, String, NaiveDate, NaiveDateTime, DateTime<Utc>);

reads! {
    [] &'static str => String, RowWish<String>, |given: &'static str| given.into();
    [] Option<&'static str> => String, NullWish<String>, |given: Option<&'static str>| given.into();
    [T: Plain] Whole<T> => Whole<T>, OneWish<T>, |given: T| plain::of(given);
    [T: Plain] &'static T => Whole<T>, OneWish<T>, |given: T| plain::of(given);
    [T: RowField] Column<T> => T, ColumnWish<T>, |given: Column<T>| Value::Column(given.as_array().clone());
    [T: Plain] All<T> => Whole<T>, OneWish<All<T>>, |given: All<T>| list(given);
}

impl<A: Accumulator> Reads for Folded<A> {
    type Wants<M: Made> = M::Rows;
    type Given = NotGiven;
    type Wish = AnyWish;
    const FOLDS: Option<Item> = Some(A::ITEM);

    fn value(given: NotGiven) -> Value {
        match given {}
    }
}

impl<A: Accumulator> Reads for Window<A> {
    type Wants<M: Made> = M::Rows;
    type Given = NotGiven;
    type Wish = CellWish;
    const FOLDS: Option<Item> = Some(A::ITEM);

    fn value(given: NotGiven) -> Value {
        match given {}
    }
}

/// What reads the times and the keys of a window.
#[derive(Debug, Clone, Copy)]
pub enum Cell {}

impl Reads for Cell {
    type Wants<M: Made> = M::Rows;
    type Given = NotGiven;
    type Wish = CellWish;

    fn value(given: NotGiven) -> Value {
        match given {}
    }
}

fn list<T: Plain>(all: All<T>) -> Value {
    all.0.into_iter().map(plain::of).collect::<Vec<_>>().into()
}

/// Whether an accumulator takes in values of an item type, while compiling.
#[doc(hidden)]
pub const fn folds(wanted: Option<Item>, made: Option<Item>) -> bool {
    let (Some(wanted), Some(made)) = (wanted, made) else { return true };
    matches!(
        (wanted, made),
        (Item::Any, _)
            | (_, Item::Any)
            | (Item::F64, Item::F64)
            | (Item::F32, Item::F32)
            | (Item::I64, Item::I64)
            | (Item::I32, Item::I32)
            | (Item::U32, Item::U32)
            | (Item::Bool, Item::Bool)
            | (Item::Str, Item::Str)
            | (Item::Date, Item::Date)
            | (Item::DateTime, Item::DateTime)
            | (Item::Timestamp, Item::Timestamp)
    )
}
