//! Calls nodes once, one after the other.

use std::sync::Arc;

use arrow::array::Array;

use super::execute::{State, failed};
use crate::check::Tally;
use crate::error::{Problem, Result};
use crate::flow_type::Shape;
use crate::function::{Args, Failure, caught};
use crate::graph::Graph;
use crate::node::Node;
use crate::plan::{Calls, Op, Step};
use crate::row::CHUNK_ROWS;
use crate::row::lane::lane;
use crate::value::Value;

pub(super) fn run(graph: &Graph, calls: &Calls, state: &mut State) -> Result<()> {
    for step in &calls.steps {
        let args = calls.args_of(step);
        match state.first_lost(args) {
            Some(problem) => state.lose(step.out, problem)?,
            None => one(graph, step, args, state)?,
        }
        for &slot in calls.drops_of(step) {
            state.slots[slot as usize] = Value::Null;
        }
    }
    Ok(())
}

fn one(graph: &Graph, step: &Step, args: &[u32], state: &mut State) -> Result<()> {
    let Op::Node(node) = step.op else {
        state.slots[step.out as usize] = call(graph, step.op, args, &state.slots).unwrap_or_default();
        return Ok(());
    };
    let made = if graph.node(node).is_stateful && state.goes_on {
        go_on(graph, node, args, state)
    } else {
        call(graph, step.op, args, &state.slots)
    };
    match made.and_then(|value| fits(graph.node(node), value, &mut state.num_rows)) {
        Ok(value) => {
            if let Some(observer) = &state.observer {
                observer.node_finished(&graph.node(node).name);
            }
            let problem = check(graph.node(node), &value, state);
            state.slots[step.out as usize] = value;
            problem.map_or(Ok(()), |problem| state.lose(step.out, problem))
        }
        Err(failure) => {
            let mut problem = failed(graph, node, &failure, None);
            problem.values = seen(graph, node, args, &state.slots);
            state.lose(step.out, Arc::new(problem))
        }
    }
}

/// Calls a node with a state, on a copy of it: the state is taken over once the whole batch has worked.
fn go_on(graph: &Graph, node: u32, args: &[u32], state: &mut State) -> Result<Value, Failure> {
    let kernel = &graph.node(node).kernel;
    let Some(mut own) = state.memory.state(node).or_else(|| kernel.begin()) else {
        return call(graph, Op::Node(node), args, &state.slots);
    };
    let made = caught(|| kernel.step(&mut *own, Args::new(&state.slots, args)))?;
    state.memory.note_state(node, own);
    Ok(made)
}

/// A column has as many rows as all others.
fn fits(node: &Node, value: Value, num_rows: &mut Option<usize>) -> Result<Value, Failure> {
    match &value {
        Value::Column(column) if node.out.shape == Shape::Column => {
            let num_rows = *num_rows.get_or_insert(column.len());
            if column.len() == num_rows {
                return Ok(value);
            }
            Err(Failure::said(format!("it made {} rows of {num_rows}", column.len())))
        }
        _ => Ok(value),
    }
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

fn check(node: &Node, value: &Value, state: &mut State) -> Option<Arc<Problem>> {
    let mut first = None;
    for check in &node.checks {
        let mut tally = Tally::default();
        match value {
            Value::Column(column) => {
                let Some(mut lane) = lane(node.out.item) else { continue };
                for start in (0..column.len()).step_by(CHUNK_ROWS) {
                    if lane.load(column, start, CHUNK_ROWS.min(column.len() - start)) {
                        tally.fold(check, &*lane, start as u64);
                    }
                }
            }
            value => tally.fold_one(check, value),
        }
        let problem = state.note_check(tally.outcome(&node.name, check));
        first = first.or(problem);
    }
    first
}

/// What a node was given, as far as it is short enough to be told.
pub(crate) fn seen(graph: &Graph, node: u32, args: &[u32], slots: &[Value]) -> Vec<(String, Value)> {
    let is_short =
        |value: &Value| !matches!(value, Value::List(_) | Value::Column(_) | Value::Batch(_) | Value::Other(_));
    let names = graph.node(node).params.iter().map(|param| param.name.clone());
    let values = args.iter().map(|&slot| slots[slot as usize].clone());
    names.zip(values).filter(|(_, value)| is_short(value)).collect()
}
