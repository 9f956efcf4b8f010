//! What a node does: one call on single values, and, for functions of rows, one pass over a chunk.

mod stateful;

use std::marker::PhantomData;
use std::sync::Arc;

use crate::flow_type::FlowType;
use crate::function::{Args, Failure, Feed, Function, PlainFunction, RowOutcome, WholeOutcome};
use crate::memory::AnyState;
use crate::plain::{self, Plain};
use crate::row::lane::typed_mut;
use crate::row::{AnyLane, Element, Validity};
use crate::value::Value;

pub(crate) use stateful::{dynamic_step, row_step, step, whole_step};

/// The message of a field that is not there.
pub(crate) const ABSENT: &str = "the part is absent";

/// What a node does.
pub(crate) trait Kernel: Send + Sync {
    fn call(&self, args: Args<'_>) -> Result<Value, Failure>;

    /// Computes a chunk; only functions of rows are asked.
    fn pass(
        &self,
        _feeds: &[Feed<'_>],
        _len: usize,
        _scratch: &mut Validity,
        _lane: &mut dyn AnyLane,
    ) -> Result<(), Failure> {
        Err(Failure::unexpected("is no function of rows"))
    }

    /// The state that it begins with, if it has one. A call begins with that; a step goes on.
    fn begin(&self) -> Option<Box<dyn AnyState>> {
        None
    }

    fn step(&self, _state: &mut dyn AnyState, args: Args<'_>) -> Result<Value, Failure> {
        self.call(args)
    }

    /// A state that was stored; nothing if it has none.
    fn load(&self, _state: &str) -> Result<Option<Box<dyn AnyState>>, String> {
        Ok(None)
    }
}

type Marker<M> = PhantomData<fn() -> M>;

struct Row<F, M, const N: usize>(F, Marker<M>);
struct Whole<F, M, const N: usize>(F, Marker<M>);
struct PlainKernel<F, M, const N: usize>(F, Marker<M>);
struct Dynamic<F>(F);
struct Field<F>(F);
struct DynamicRow<F> {
    sees_null: Vec<bool>,
    f: F,
}

pub(crate) fn row<F, M: 'static, const N: usize>(f: F) -> Arc<dyn Kernel>
where
    F: Function<M, N>,
    F::Out: RowOutcome,
{
    Arc::new(Row::<F, M, N>(f, PhantomData))
}

pub(crate) fn whole<F, M: 'static, const N: usize>(f: F) -> Arc<dyn Kernel>
where
    F: Function<M, N>,
    F::Out: WholeOutcome,
{
    Arc::new(Whole::<F, M, N>(f, PhantomData))
}

pub(crate) fn plain<F: PlainFunction<M, N>, M: 'static, const N: usize>(f: F) -> Arc<dyn Kernel> {
    Arc::new(PlainKernel::<F, M, N>(f, PhantomData))
}

pub(crate) fn dynamic<F>(f: F) -> Arc<dyn Kernel>
where
    F: Fn(&[&Value]) -> Result<Value, String> + Send + Sync + 'static,
{
    Arc::new(Dynamic(f))
}

/// A part of a value, which is cloned if it is kept in another form than the function reads.
pub(crate) fn part<T: Plain, R: Plain>(take: impl Fn(&T) -> R + Send + Sync + 'static) -> Arc<dyn Kernel> {
    dynamic(move |values| match plain::borrowed::<T>(values[0]) {
        Some(whole) => Ok(plain::of(take(whole))),
        None => match plain::take::<T>(values[0]) {
            Some(whole) => Ok(plain::of(take(&whole))),
            None => Err(format!("wants {}, found {}", FlowType::of::<T>(), values[0].type_name())),
        },
    })
}

pub(crate) fn dynamic_row<F>(sees_null: Vec<bool>, f: F) -> Arc<dyn Kernel>
where
    F: Fn(&[&Value]) -> Result<Value, String> + Send + Sync + 'static,
{
    Arc::new(DynamicRow { sees_null, f })
}

pub(crate) fn field<F>(f: F) -> Arc<dyn Kernel>
where
    F: Fn(&Value) -> Option<Value> + Send + Sync + 'static,
{
    Arc::new(Field(f))
}

impl<F, M, const N: usize> Kernel for Row<F, M, N>
where
    F: Function<M, N>,
    F::Out: RowOutcome,
{
    fn call(&self, args: Args<'_>) -> Result<Value, Failure> {
        let Some(made) = self.0.call(args)? else { return Ok(Value::Null) };
        let made = made.into_option().map_err(Failure::said)?;
        Ok(made.map_or(Value::Null, Element::into_value))
    }

    fn pass(
        &self,
        feeds: &[Feed<'_>],
        len: usize,
        scratch: &mut Validity,
        lane: &mut dyn AnyLane,
    ) -> Result<(), Failure> {
        let Some(lane) = typed_mut(lane) else { return Err(Failure::unexpected("writes into a lane of another type")) };
        self.0.pass(feeds, len, scratch, lane)
    }
}

impl<F, M, const N: usize> Kernel for Whole<F, M, N>
where
    F: Function<M, N>,
    F::Out: WholeOutcome,
{
    fn call(&self, args: Args<'_>) -> Result<Value, Failure> {
        let Some(made) = self.0.call(args)? else { return Ok(Value::Null) };
        made.into_value().map_err(Failure::said)
    }
}

impl<F: PlainFunction<M, N>, M, const N: usize> Kernel for PlainKernel<F, M, N> {
    fn call(&self, args: Args<'_>) -> Result<Value, Failure> {
        self.0.call(args).map(plain::of)
    }
}

impl<F> Kernel for Dynamic<F>
where
    F: Fn(&[&Value]) -> Result<Value, String> + Send + Sync,
{
    fn call(&self, args: Args<'_>) -> Result<Value, Failure> {
        with_references(args, |values| (self.0)(values)).map_err(Failure::said)
    }
}

impl<F> Kernel for Field<F>
where
    F: Fn(&Value) -> Option<Value> + Send + Sync,
{
    fn call(&self, args: Args<'_>) -> Result<Value, Failure> {
        (self.0)(args.get(0)).ok_or_else(|| Failure::said(ABSENT))
    }
}

impl<F> Kernel for DynamicRow<F>
where
    F: Fn(&[&Value]) -> Result<Value, String> + Send + Sync,
{
    fn call(&self, args: Args<'_>) -> Result<Value, Failure> {
        with_references(args, |values| self.of_row(values)).map_err(Failure::said)
    }

    fn pass(
        &self,
        feeds: &[Feed<'_>],
        len: usize,
        _scratch: &mut Validity,
        lane: &mut dyn AnyLane,
    ) -> Result<(), Failure> {
        let mut failure = None;
        let fits = lane.load_each(len, &mut |row| {
            if failure.is_some() {
                return Value::Null;
            }
            let values: Vec<Value> = feeds
                .iter()
                .map(|feed| match feed {
                    Feed::Lane(lane) => lane.get(row),
                    Feed::One(value) | Feed::Windows(value, _) => (*value).clone(),
                })
                .collect();
            self.of_row(&values.iter().collect::<Vec<_>>()).unwrap_or_else(|message| {
                failure = Some(Failure { row: Some(row), ..Failure::said(message) });
                Value::Null
            })
        });
        match failure {
            Some(failure) => Err(failure),
            None if !fits => Err(Failure::unexpected("makes values of another type than it says")),
            None => Ok(()),
        }
    }
}

impl<F> DynamicRow<F>
where
    F: Fn(&[&Value]) -> Result<Value, String> + Send + Sync,
{
    fn of_row(&self, values: &[&Value]) -> Result<Value, String> {
        let hidden = values.iter().zip(&self.sees_null).any(|(value, sees_null)| value.is_null() && !sees_null);
        if hidden { Ok(Value::Null) } else { (self.f)(values) }
    }
}

/// Calls with references to the arguments, which stand on the stack unless they are many.
fn with_references<R>(args: Args<'_>, f: impl FnOnce(&[&Value]) -> R) -> R {
    const FEW: usize = 12;
    if args.len() > FEW {
        return f(&(0..args.len()).map(|at| args.get(at)).collect::<Vec<_>>());
    }
    let mut few = [&Value::Null; FEW];
    for (at, place) in few.iter_mut().enumerate().take(args.len()) {
        *place = args.get(at);
    }
    f(&few[..args.len()])
}
