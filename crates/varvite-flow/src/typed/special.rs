//! What functions must return whose options say more of them than their types: a state, answers batch by batch.

use std::fmt::Display;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::outcome::NodeOutcome;
use crate::function::StatefulFunction;
use crate::memory::NodeState;
use crate::node::Node;
use crate::plain::Plain;
use crate::row::Element;
use crate::wrappers::{Column, Each, Whole};

/// What a function of `#[dataflow]` may return that has a state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a node with a state returns",
    note = "a value of rows can (a number, `bool`, `String`, a chrono type, or an `Option` of one), which makes it a loop \
            over rows, or `Whole<T>`, `Column<T>`, `Each<T>`, of which it is called once a batch; or a `Result` of one"
)]
pub trait StatefulOutcome: NodeOutcome {
    #[doc(hidden)]
    fn stateful<const N: usize, M: 'static, S: NodeState, F>(
        name: &str,
        params: [&str; N],
        init: fn() -> S,
        f: F,
    ) -> Node
    where
        F: StatefulFunction<S, M, N, Out = Self>;
}

macro_rules! outcomes {
    ($make:ident: $([$($generic:tt)*] $outcome:ty;)*) => {$(
        impl<$($generic)*> StatefulOutcome for $outcome {
            fn stateful<const N: usize, M: 'static, S: NodeState, F>(
                name: &str,
                params: [&str; N],
                init: fn() -> S,
                f: F,
            ) -> Node
            where
                F: StatefulFunction<S, M, N, Out = Self>,
            {
                Node::$make(name, params, init, f)
            }
        }
    )*};
}

macro_rules! elements {
    ($($ty:ty),*) => {$(
        outcomes! { stateful_row:
            [] $ty;
            [] Option<$ty>;
            [E: Display] Result<$ty, E>;
            [E: Display] Result<Option<$ty>, E>;
        }
    )*};
}

elements!(f64, f32, i64, i32, u32, bool, String, NaiveDate, NaiveDateTime, DateTime<Utc>);

outcomes! { stateful_whole:
    [T: Plain] Whole<T>;
    [T: Element] Column<T>;
    [T: Plain] Each<T>;
    [T: Plain, E: Display + 'static] Result<Whole<T>, E>;
    [T: Element, E: Display + 'static] Result<Column<T>, E>;
    [T: Plain, E: Display + 'static] Result<Each<T>, E>;
}

/// A node with a state, of the kind that the function's result says.
#[doc(hidden)]
pub fn stateful<const N: usize, M: 'static, S: NodeState, F>(
    name: &str,
    params: [&str; N],
    init: fn() -> S,
    f: F,
) -> Node
where
    F: StatefulFunction<S, M, N>,
    F::Out: StatefulOutcome,
{
    F::Out::stateful(name, params, init, f)
}

/// What a function of `#[dataflow]` returns that may look at other rows of its batch.
#[diagnostic::on_unimplemented(
    message = "`batchwise` says nothing of a function that returns `{Self}`",
    note = "it is for expressions (`ColExpr<T>`, with the feature `polars`), which may look at other rows"
)]
pub trait BatchwiseOutcome {
    #[doc(hidden)]
    fn batchwise(node: Node) -> Node;
}

/// Says that a node's answer of a batch is its answer.
#[doc(hidden)]
pub fn batchwise<O: BatchwiseOutcome>(node: Node) -> Node {
    O::batchwise(node)
}
