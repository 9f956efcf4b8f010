//! Functions with a state, of four kinds: what they have in common is how the state begins, goes on and is read again.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};

use super::{Kernel, with_references};
use crate::flow_type::{FlowType, Shape};
use crate::function::{Args, Failure, Feed, RowOutcome, StatefulFunction, StepFunction, StepOutcome, WholeOutcome};
use crate::memory::{AnyState, Held, NodeState};
use crate::row::lane::{conform, lane, repeated};
use crate::row::{AnyLane, CHUNK_ROWS, Element, Lane, Validity};
use crate::value::Value;

type Step<S> = dyn Fn(&mut S, Args<'_>) -> Result<Value, Failure> + Send + Sync;

struct Stateful<S> {
    init: Box<dyn Fn() -> S + Send + Sync>,
    step: Box<Step<S>>,
}

impl<S: NodeState> Stateful<S> {
    fn kernel(
        init: impl Fn() -> S + Send + Sync + 'static,
        step: impl Fn(&mut S, Args<'_>) -> Result<Value, Failure> + Send + Sync + 'static,
    ) -> Arc<dyn Kernel> {
        Arc::new(Self { init: Box::new(init), step: Box::new(step) })
    }
}

impl<S: NodeState> Kernel for Stateful<S> {
    fn call(&self, args: Args<'_>) -> Result<Value, Failure> {
        (self.step)(&mut (self.init)(), args)
    }

    fn begin(&self) -> Option<Box<dyn AnyState>> {
        Some(Box::new(Held((self.init)())))
    }

    fn step(&self, state: &mut dyn AnyState, args: Args<'_>) -> Result<Value, Failure> {
        let Some(state) = (state as &mut dyn Any).downcast_mut::<Held<S>>() else {
            return Err(Failure::unexpected("was given the state of another node"));
        };
        (self.step)(&mut state.0, args)
    }

    fn load(&self, state: &str) -> Result<Option<Box<dyn AnyState>>, String> {
        Ok(Some(Box::new(Held::<S>::load(state)?)))
    }
}

/// Called once a run or a batch, with values.
pub(crate) fn step<F, S: NodeState, M: 'static, const N: usize>(
    init: impl Fn() -> S + Send + Sync + 'static,
    f: F,
) -> Arc<dyn Kernel>
where
    F: StepFunction<S, M, N>,
{
    Stateful::kernel(init, move |state, args| f.step(state, args)?.into_value().map_err(Failure::said))
}

/// The same, with types that are known at run time.
pub(crate) fn dynamic_step<F, S: NodeState>(init: impl Fn() -> S + Send + Sync + 'static, f: F) -> Arc<dyn Kernel>
where
    F: Fn(&mut S, &[&Value]) -> Result<Value, String> + Send + Sync + 'static,
{
    Stateful::kernel(init, move |state, args| with_references(args, |values| f(state, values)).map_err(Failure::said))
}

/// Called once a run or a batch, with values of the data set.
pub(crate) fn whole_step<F, S: NodeState, M: 'static, const N: usize>(
    init: impl Fn() -> S + Send + Sync + 'static,
    f: F,
) -> Arc<dyn Kernel>
where
    F: StatefulFunction<S, M, N>,
    F::Out: WholeOutcome,
{
    Stateful::kernel(init, move |state, args| match f.call(state, args)? {
        Some(made) => made.into_value().map_err(Failure::said),
        None => Ok(Value::Null),
    })
}

/// Called for each row, in the order of rows.
pub(crate) fn row_step<F, S: NodeState, M: 'static, const N: usize>(
    init: impl Fn() -> S + Send + Sync + 'static,
    f: F,
) -> Arc<dyn Kernel>
where
    F: StatefulFunction<S, M, N>,
    F::Out: RowOutcome,
{
    Stateful::kernel(init, move |state, args| {
        let len = num_rows(args).ok_or_else(|| Failure::said("none of its parameters has rows"))?;
        let mut arguments = Vec::with_capacity(N);
        for (at, flow_type) in F::types().iter().enumerate() {
            arguments.push(Argument::of(args.get(at), flow_type, len)?);
        }
        over_rows(&f, state, &mut arguments, len)
    })
}

fn num_rows(args: Args<'_>) -> Option<usize> {
    (0..args.len()).find_map(|at| if let Value::Column(column) = args.get(at) { Some(column.len()) } else { None })
}

/// What a loop over rows reads as one parameter.
enum Argument<'a> {
    /// A column, and the chunk of it that is read.
    Rows(ArrayRef, Box<dyn AnyLane>),
    One(&'a Value),
}

impl<'a> Argument<'a> {
    fn of(value: &'a Value, flow_type: &FlowType, len: usize) -> Result<Self, Failure> {
        if flow_type.shape != Shape::Row {
            return Ok(Self::One(value));
        }
        let column = match value {
            Value::Column(column) => conform(column, flow_type.item),
            // A default, or one value that was bound to the parameter.
            one => repeated(one, flow_type.item, len),
        };
        match (column, lane(flow_type.item)) {
            (Some(column), Some(lane)) if column.len() == len => Ok(Self::Rows(column, lane)),
            _ => Err(Failure::unexpected(format!("wants {flow_type}, found {value:?}"))),
        }
    }

    fn load(&mut self, start: usize, len: usize) -> Result<Feed<'_>, Failure> {
        match self {
            Self::One(value) => Ok(Feed::One(value)),
            Self::Rows(column, lane) => {
                if lane.load(column, start, len) {
                    return Ok(Feed::Lane(&**lane));
                }
                Err(Failure::unexpected(format!("cannot read a column of {}", column.data_type())))
            }
        }
    }
}

fn over_rows<F, S, M, const N: usize>(
    f: &F,
    state: &mut S,
    arguments: &mut [Argument<'_>],
    len: usize,
) -> Result<Value, Failure>
where
    F: StatefulFunction<S, M, N>,
    F::Out: RowOutcome,
{
    type ElementOf<O> = <O as RowOutcome>::Element;
    let mut scratch = Validity::default();
    let mut made = Lane::<ElementOf<F::Out>>::new();
    let mut builder = <ElementOf<F::Out> as Element>::Builder::default();
    for start in (0..len).step_by(CHUNK_ROWS) {
        let rows = CHUNK_ROWS.min(len - start);
        let feeds: Vec<Feed<'_>> =
            arguments.iter_mut().map(|argument| argument.load(start, rows)).collect::<Result<_, _>>()?;
        f.pass(state, &feeds, rows, &mut scratch, &mut made)
            .map_err(|failure| Failure { row: failure.row.map(|row| start + row), ..failure })?;
        <ElementOf<F::Out> as Element>::append(&mut builder, &made.values, &made.validity, made.len);
    }
    Ok(Value::Column(<ElementOf<F::Out> as Element>::finish(builder)))
}
