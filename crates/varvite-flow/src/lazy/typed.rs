//! What `#[dataflow]` knows of functions by their types: expressions are of rows, frames are of the data set.

use std::fmt::Display;

use super::expression::ColExpr;
use super::frame::{AnyColumns, Frame, FrameModel};
use crate::function::{Function, WholeOutcome};
use crate::node::Node;
use crate::plain::Plain;
use crate::row::Element;
use crate::typed::{
    BatchwiseOutcome, DataSet, Made, NodeOutcome, NotGiven, NullWish, OneWish, Reads, Replaces, RowField, Rows,
};
use crate::value::Value;
use crate::wrappers::Whole;

impl<T: RowField> Reads for ColExpr<T> {
    type Wants<M: Made> = T;
    type Given = T;
    type Wish = NullWish<T>;

    fn value(given: T) -> Value {
        Element::into_value(given)
    }
}

impl<F: FrameModel> Reads for Frame<F> {
    type Wants<M: Made> = Whole<Frame<AnyColumns>>;
    type Given = NotGiven;
    type Wish = OneWish<Frame<AnyColumns>>;

    fn value(given: NotGiven) -> Value {
        match given {}
    }
}

macro_rules! expressions {
    ($([$($generic:tt)*] $outcome:ty;)*) => {$(
        impl<T: RowField, $($generic)*> NodeOutcome for $outcome {
            type Kind = Rows;
            type Made = T;
            type Out = T;

            fn node<const N: usize, M: 'static, F>(name: &str, params: [&str; N], f: F) -> Node
            where
                F: Function<M, N, Out = Self>,
            {
                Node::expr(name, params, f)
            }

            fn field<S: Plain>(node: Node, _name: &str, _take: fn(&S) -> Self) -> Node {
                node
            }
        }

        impl<T: RowField, $($generic)*> BatchwiseOutcome for $outcome {
            fn batchwise(node: Node) -> Node {
                node.batchwise()
            }
        }
    )*};
}

expressions! {
    [] ColExpr<T>;
    [E: Display] Result<ColExpr<T>, E>;
}

macro_rules! frames {
    ($([$($generic:tt)*] $outcome:ty;)*) => {$(
        impl<P: FrameModel, $($generic)*> NodeOutcome for $outcome {
            type Kind = DataSet;
            type Made = Whole<Frame<AnyColumns>>;
            type Out = Whole<Frame<AnyColumns>>;

            fn node<const N: usize, M: 'static, F>(name: &str, params: [&str; N], f: F) -> Node
            where
                F: Function<M, N, Out = Self>,
            {
                Node::whole(name, params, f)
            }

            fn field<S: Plain>(node: Node, name: &str, take: fn(&S) -> Self) -> Node {
                let taken = move |value: &Value| WholeOutcome::into_value(take(value.downcast_ref::<S>()?)).ok();
                node.dynamic_field(name, <Self as WholeOutcome>::flow_type(), taken)
            }
        }
    )*};
}

frames! {
    [] Frame<P>;
    [E: Display + 'static] Result<Frame<P>, E>;
}

impl<M: FrameModel> Replaces<Whole<Frame<AnyColumns>>> for Frame<M> {
    fn into_value(self) -> Value {
        self.into()
    }
}
