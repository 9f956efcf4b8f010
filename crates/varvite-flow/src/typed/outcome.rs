//! What a function returns, by its type: whether it is a node of rows or of the data set, and what readers see of it.

use std::fmt::Display;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::fields::{DataSet, Rows, StructKind};
use super::output::{AnyRows, Output};
use crate::flow_type::Item;
use crate::function::{Function, RowOutcome, WholeOutcome};
use crate::node::Node;
use crate::plain::Plain;
use crate::row::Element;
use crate::wrappers::{Column, Each, Whole};

/// What a node makes, as its readers see it: `f64` is a value of rows, `Whole<f64>` one of the data set.
pub trait Made: Sized + 'static {
    /// The same, for who wants rows.
    type Rows;
    /// The type of rows' values.
    const ITEM: Option<Item>;
}

impl<T: Element> Made for T {
    type Rows = T;
    const ITEM: Option<Item> = Some(T::ITEM);
}

impl<T: Plain> Made for Whole<T> {
    type Rows = Column<T>;
    const ITEM: Option<Item> = None;
}

impl Made for AnyRows {
    type Rows = Self;
    const ITEM: Option<Item> = None;
}

/// What a function of `#[dataflow]` may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a node returns",
    note = "a value of rows can (`f64`, `f32`, `i64`, `i32`, `u32`, `bool`, `String`, a chrono type, or an `Option` of one), `Whole<T>`, \
            `Column<T>`, `Each<T>`, or a `Result` of one of these",
    note = "a function of values that are not of rows is `#[node(value)]`; a struct whose fields are nodes has \
            `#[derive(Fields)]` and stands in the same module"
)]
pub trait NodeOutcome: Sized {
    /// Whether it is of rows or of the data set.
    type Kind: StructKind;
    /// What readers see.
    type Made: Made;
    /// What a request gives.
    type Out: Output;
    #[doc(hidden)]
    fn node<const N: usize, M: 'static, F>(name: &str, params: [&str; N], f: F) -> Node
    where
        F: Function<M, N, Out = Self>;
    /// Adds a node that takes this out of a value of the data set.
    #[doc(hidden)]
    fn field<S: Plain>(node: Node, name: &str, take: fn(&S) -> Self) -> Node;
}

macro_rules! of_rows {
    ($([$($generic:tt)*] $outcome:ty => $ty:ty;)*) => {$(
        impl<$($generic)*> NodeOutcome for $outcome {
            type Kind = Rows;
            type Made = $ty;
            type Out = $ty;

            fn node<const N: usize, M: 'static, F>(name: &str, params: [&str; N], f: F) -> Node
            where
                F: Function<M, N, Out = Self>,
            {
                row(name, params, f)
            }

            fn field<S: Plain>(node: Node, _name: &str, _take: fn(&S) -> Self) -> Node {
                node
            }
        }
    )*};
}

macro_rules! elements {
    ($($ty:ty),*) => {$(
        of_rows! {
            [] $ty => $ty;
            [] Option<$ty> => $ty;
            [E: Display] Result<$ty, E> => $ty;
            [E: Display] Result<Option<$ty>, E> => $ty;
        }
    )*};
}

elements!(f64, f32, i64, i32, u32, bool, String, NaiveDate, NaiveDateTime, DateTime<Utc>);

macro_rules! of_data_set {
    ($([$($generic:tt)*] $outcome:ty => $made:ty, $out:ty;)*) => {$(
        impl<$($generic)*> NodeOutcome for $outcome {
            type Kind = DataSet;
            type Made = $made;
            type Out = $out;

            fn node<const N: usize, M: 'static, F>(name: &str, params: [&str; N], f: F) -> Node
            where
                F: Function<M, N, Out = Self>,
            {
                whole(name, params, f)
            }

            fn field<S: Plain>(node: Node, name: &str, take: fn(&S) -> Self) -> Node {
                let taken = move |value: &crate::Value| take(value.downcast_ref::<S>()?).into_value().ok();
                node.dynamic_field(name, <Self as WholeOutcome>::flow_type(), taken)
            }
        }
    )*};
}

of_data_set! {
    [T: Plain] Whole<T> => Whole<T>, Whole<T>;
    [T: Element] Column<T> => T, T;
    [T: Plain] Each<T> => Whole<T>, Each<T>;
    [T: Plain, E: Display + 'static] Result<Whole<T>, E> => Whole<T>, Whole<T>;
    [T: Element, E: Display + 'static] Result<Column<T>, E> => T, T;
    [T: Plain, E: Display + 'static] Result<Each<T>, E> => Whole<T>, Each<T>;
}

fn row<const N: usize, M: 'static, F>(name: &str, params: [&str; N], f: F) -> Node
where
    F: Function<M, N>,
    F::Out: RowOutcome,
{
    Node::row(name, params, f)
}

/// A node whose function is called once.
#[doc(hidden)]
pub fn whole<const N: usize, M: 'static, F>(name: &str, params: [&str; N], f: F) -> Node
where
    F: Function<M, N>,
    F::Out: WholeOutcome,
{
    Node::whole(name, params, f)
}

/// A node of the kind that the function's result says.
#[doc(hidden)]
pub fn node<const N: usize, M: 'static, F>(name: &str, params: [&str; N], f: F) -> Node
where
    F: Function<M, N>,
    F::Out: NodeOutcome,
{
    <F::Out as NodeOutcome>::node(name, params, f)
}

/// Adds a node that takes a part out of a struct.
#[doc(hidden)]
pub fn field<S: Plain, T: NodeOutcome>(node: Node, name: &str, take: fn(&S) -> T) -> Node {
    T::field(node, name, take)
}

/// Stands for what a node makes where types alone are of interest. Never called.
#[doc(hidden)]
pub fn made<M: Made>() -> M {
    unreachable!("only its type is of interest")
}
