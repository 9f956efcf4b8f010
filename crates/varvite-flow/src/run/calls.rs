//! Calls nodes once: one after the other, or side by side where that is worth while.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use arrow::array::{Array, ArrayRef};
use rayon::prelude::*;

use super::execute::{State, failed};
use crate::check::{Check, Tally};
use crate::error::{Problem, Result};
use crate::flow_type::{Item, Shape};
use crate::function::{Args, Failure, caught};
use crate::graph::Graph;
use crate::memory::AnyState;
use crate::node::Node;
use crate::plan::{Calls, Op, Step};
use crate::row::CHUNK_ROWS;
use crate::row::lane::{conform, item_of, lane, values_of};
use crate::value::Value;

/// Below this, a node is done sooner than another thread would begin it.
const SHORT: Duration = Duration::from_micros(20);

/// Calls all nodes. Waves of nodes that do not read each other run side by side, as long as that is worth while; what
/// comes of it is put in its place in their order, so that the answer is the same.
pub(super) fn run(graph: &Graph, calls: &Calls, state: &mut State) -> Result<()> {
    if calls.waves.is_empty() {
        return calls.steps.iter().try_for_each(|step| one(graph, calls, step, state));
    }
    let mut begin = 0;
    for &end in &calls.waves {
        let steps = &calls.steps[begin..end as usize];
        begin = end as usize;
        if let [step] = steps {
            one(graph, calls, step, state)?;
            continue;
        }
        let started = Instant::now();
        if graph.is_short.load(Ordering::Relaxed) {
            steps.iter().try_for_each(|step| one(graph, calls, step, state))?;
        } else {
            wave(graph, calls, steps, state)?;
        }
        let is_short = started.elapsed() < SHORT * u32::try_from(steps.len()).unwrap_or(u32::MAX);
        graph.is_short.store(is_short, Ordering::Relaxed);
    }
    Ok(())
}

fn wave(graph: &Graph, calls: &Calls, steps: &[Step], state: &mut State) -> Result<()> {
    let shared = &*state;
    let made: Vec<Made> =
        steps.par_iter().with_max_len(1).map(|step| compute(graph, step, calls.args_of(step), shared)).collect();
    for (step, made) in steps.iter().zip(made) {
        settle(graph, calls, step, made, state)?;
    }
    Ok(())
}

fn one(graph: &Graph, calls: &Calls, step: &Step, state: &mut State) -> Result<()> {
    let made = compute(graph, step, calls.args_of(step), state);
    settle(graph, calls, step, made, state)
}

/// What came of a call.
enum Made {
    Value(Value),
    /// With the state that its node goes on with.
    Step(Value, Box<dyn AnyState>),
    Failed(Failure),
    /// Something that it reads is lost.
    Lost(Arc<Problem>),
}

#[inline]
fn compute(graph: &Graph, step: &Step, args: &[u32], state: &State) -> Made {
    if let Some(problem) = state.first_lost(args) {
        return Made::Lost(problem);
    }
    let made = match step.op {
        Op::Node(node) if graph.node(node).is_stateful && state.goes_on => return go_on(graph, node, args, state),
        op => call(graph, op, args, &state.slots),
    };
    made.map_or_else(Made::Failed, Made::Value)
}

/// Calls a node with a state, on a copy of it: the state is taken over once the whole batch has worked.
fn go_on(graph: &Graph, node: u32, args: &[u32], state: &State) -> Made {
    let kernel = &graph.node(node).kernel;
    let Some(mut own) = state.memory.state(node).or_else(|| kernel.begin()) else {
        return Made::Failed(Failure::unexpected("has no state"));
    };
    match caught(|| kernel.step(&mut *own, Args::new(&state.slots, args))) {
        Ok(value) => Made::Step(value, own),
        Err(failure) => Made::Failed(failure),
    }
}

/// Puts what came of a call in its place.
fn settle(graph: &Graph, calls: &Calls, step: &Step, made: Made, state: &mut State) -> Result<()> {
    let made = match (made, step.op) {
        (Made::Lost(problem), _) => Err(problem),
        (Made::Failed(failure), Op::Node(node)) => Err(problem(graph, node, &failure, calls.args_of(step), state)),
        (Made::Failed(_), _) => Ok(Value::Null),
        (Made::Value(value), Op::Node(node)) => take(graph, node, value, calls.args_of(step), state),
        (Made::Step(value, own), Op::Node(node)) => {
            state.memory.note_state(node, own);
            take(graph, node, value, calls.args_of(step), state)
        }
        (Made::Value(value) | Made::Step(value, _), _) => Ok(value),
    };
    match made {
        Ok(value) => state.slots[step.out as usize] = value,
        Err(problem) => state.lose(step.out, problem)?,
    }
    for &slot in calls.drops_of(step) {
        state.slots[slot as usize] = Value::Null;
    }
    Ok(())
}

/// The value of a node, once it is checked.
fn take(graph: &Graph, node: u32, value: Value, args: &[u32], state: &mut State) -> Result<Value, Arc<Problem>> {
    // Most nodes are not even looked at here: a graph of scalars spends its time on getting at them.
    if !graph.judged[node as usize] && state.observer.is_none() {
        return Ok(value);
    }
    let own = graph.node(node);
    let value = fits(own, value, &mut state.num_rows).map_err(|failure| problem(graph, node, &failure, args, state))?;
    if let Some(observer) = &state.observer {
        observer.node_finished(&own.name);
    }
    check(own, &value, state).map_or(Ok(value), Err)
}

fn problem(graph: &Graph, node: u32, failure: &Failure, args: &[u32], state: &State) -> Arc<Problem> {
    let problem = failed(graph, node, failure, failure.row.map(|row| row as u64));
    Arc::new(Problem { values: seen(graph, node, args, &state.slots, failure.row), ..problem })
}

/// A column has as many rows as all others.
fn fits(node: &Node, value: Value, num_rows: &mut Option<usize>) -> Result<Value, Failure> {
    match &value {
        Value::Column(column) if node.out.shape == Shape::Column => {
            let num_rows = *num_rows.get_or_insert(column.len());
            if column.len() != num_rows {
                return Err(Failure::said(format!("it made {} rows of {num_rows}", column.len())));
            }
            // Functions whose types are known at run time may make another type than they say.
            let Some(item) = item(node, column) else { return Ok(value) };
            conform(column, item).map(Value::Column).ok_or_else(|| {
                Failure::unexpected(format!("says that it makes {}, and made {}", node.out, column.data_type()))
            })
        }
        _ => Ok(value),
    }
}

/// The type of the values of a column that a node made.
fn item(node: &Node, column: &ArrayRef) -> Option<Item> {
    if node.out.item == Item::Any { item_of(column) } else { Some(node.out.item) }
}

/// Calls one node. Alone, so that fan-outs and compiled rows share it.
#[inline]
pub(crate) fn call(graph: &Graph, op: Op, args: &[u32], slots: &[Value]) -> Result<Value, Failure> {
    match op {
        Op::Node(node) => caught(|| graph.node(node).kernel.call(Args::new(slots, args))),
        Op::Window(_) => Err(Failure::unexpected("reads a window, and there are no rows")),
        Op::Gather => Ok(args.iter().map(|&slot| slots[slot as usize].clone()).collect::<Vec<_>>().into()),
    }
}

pub(crate) fn check(node: &Node, value: &Value, state: &mut State) -> Option<Arc<Problem>> {
    let (mut first, goes_on) = (None, state.goes_on);
    for check in node.checks.iter().filter(|check| check.is_asked_of_rows(goes_on)) {
        let problem = match caught(|| Ok(tally(node, check, value))) {
            Ok(None) => None,
            Ok(Some(tally)) => state.judge(node, check, tally),
            Err(failure) => Some(Arc::new(check.failed(&node.name, &failure))),
        };
        first = first.or(problem);
    }
    first
}

/// What a check sees in a value; nothing if it is a column of values that no check knows.
fn tally(node: &Node, check: &Check, value: &Value) -> Option<Tally> {
    let mut tally = Tally::default();
    let Value::Column(column) = value else {
        tally.fold_one(check, value, 0);
        return Some(tally);
    };
    let mut lane = item(node, column).and_then(lane)?;
    for start in (0..column.len()).step_by(CHUNK_ROWS) {
        if lane.load(column, start, CHUNK_ROWS.min(column.len() - start)) {
            tally.fold(check, &*lane, start as u64);
        }
    }
    Some(tally)
}

/// What a node was given, of columns at this row, as far as it is short enough to be told.
pub(crate) fn seen(
    graph: &Graph,
    node: u32,
    args: &[u32],
    slots: &[Value],
    row: Option<usize>,
) -> Vec<(String, Value)> {
    let is_short =
        |value: &Value| !matches!(value, Value::List(_) | Value::Column(_) | Value::Batch(_) | Value::Other(_));
    let names = graph.node(node).params.iter().map(|param| param.name.clone());
    let at_row = |value: &Value| {
        let (Value::Column(column), Some(row)) = (value, row) else { return None };
        (row < column.len()).then(|| values_of(&column.slice(row, 1)))??.pop()
    };
    let values =
        args.iter().map(|&slot| &slots[slot as usize]).map(|value| at_row(value).unwrap_or_else(|| value.clone()));
    names.zip(values).filter(|(_, value)| is_short(value)).collect()
}
