//! Nodes whose functions make expressions and frames.

use std::marker::PhantomData;
use std::sync::Arc;

use polars::prelude::Expr;

use super::expression::{ColExpr, ExprOutcome, Expression};
use super::frame::{Frame, frame_item};
use crate::flow_type::FlowType;
use crate::function::{Args, Failure, Function, WholeOutcome};
use crate::kernel::Kernel;
use crate::node::{Engine, Node, named};
use crate::row::Element;
use crate::value::Value;

struct Express<F, M, const N: usize>(F, PhantomData<fn() -> M>);

impl<F, M, const N: usize> Kernel for Express<F, M, N>
where
    F: Function<M, N>,
    F::Out: ExprOutcome,
{
    fn call(&self, args: Args<'_>) -> Result<Value, Failure> {
        let made: Expr = match self.0.call(args)? {
            Some(made) => made.into_expr().map_err(Failure::said)?,
            None => F::Out::null(),
        };
        Ok(Value::other(Expression(made)))
    }
}

impl Node {
    /// A function of expressions: `|age: ColExpr<f64>, mean: Whole<f64>| age - mean`.
    ///
    /// It is called once a run, and says what Polars computes; the lazy plan that it is part of is collected once for all
    /// nodes beside it. A function that takes a [`Frame`] is of the rows of that frame, and may read its columns.
    pub fn expr<const N: usize, M: 'static, F>(name: impl Into<String>, params: [&str; N], f: F) -> Self
    where
        F: Function<M, N>,
        F::Out: ExprOutcome,
    {
        let params = named(params, F::types());
        let frame = params.iter().position(|(_, of)| of.item == frame_item());
        let out = FlowType::row(F::Out::ITEM);
        let node = Self::new(name, params, out, Arc::new(Express::<F, M, N>(f, PhantomData)));
        Self { engine: Engine::Expression { frame, is_batchwise: false }, ..node }
    }

    /// A function of frames: `|people: Frame, orders: Frame| -> Frame { .. }`. It is called once a run, and reads nothing.
    pub fn frame<const N: usize, M: 'static, F>(name: impl Into<String>, params: [&str; N], f: F) -> Self
    where
        F: Function<M, N>,
        F::Out: WholeOutcome,
    {
        Self::whole(name, params, f)
    }

    /// Adds a node that is a column of the frame that this one makes.
    pub(crate) fn column_of_frame<T: Element>(mut self, name: String, column: String) -> Self {
        let frame = self.name.clone();
        let take = move |frame: Frame| -> ColExpr<T> { frame.column(&column) };
        self.fields.push(Self::expr(name, [frame.as_str()], take));
        self
    }

    /// Says that an expression which looks at other rows may look at those of its batch, in streams, and at none, for
    /// single rows: what it makes then differs from what it makes of the whole data set. Of other nodes it says nothing.
    pub fn batchwise(mut self) -> Self {
        if let Engine::Expression { is_batchwise, .. } = &mut self.engine {
            *is_batchwise = true;
        }
        self
    }
}
