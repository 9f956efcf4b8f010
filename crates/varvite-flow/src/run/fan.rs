//! Calls nodes for each item of a fan-out, side by side; the results keep the order of the items.

use std::sync::Arc;

use rayon::prelude::*;

use super::calls::{call, seen};
use super::execute::{State, failed};
use crate::error::{Problem, Result};
use crate::graph::Graph;
use crate::plan::{Fan, Op};
use crate::value::Value;

pub(super) fn run(graph: &Graph, fan: &Fan, state: &mut State) -> Result<()> {
    let outer: Vec<u32> = fan.items.iter().chain(&fan.captures).map(|(outer, _)| *outer).chain([fan.source]).collect();
    if let Some(problem) = state.first_lost(&outer) {
        return fan.collects.iter().try_for_each(|(_, slot)| state.lose(*slot, Arc::clone(&problem)));
    }
    let num_items = if let Value::List(items) = &state.slots[fan.source as usize] { items.len() } else { 0 };
    let slots = &state.slots;
    let begin = || begin(fan, slots);
    // The pool of threads is the bound: no more items are worked on at once than it has threads.
    let made: Vec<Result<Vec<Value>, Problem>> =
        (0..num_items).into_par_iter().map_init(begin, |local, item| one(graph, fan, slots, local, item)).collect();
    match made.into_iter().collect::<Result<Vec<_>, _>>() {
        Ok(made) => {
            for (at, (_, slot)) in fan.collects.iter().enumerate() {
                let values: Vec<Value> = made.iter().map(|values| values[at].clone()).collect();
                state.slots[*slot as usize] = values.into();
            }
        }
        Err(problem) => {
            let problem = Arc::new(problem);
            fan.collects.iter().try_for_each(|(_, slot)| state.lose(*slot, Arc::clone(&problem)))?;
        }
    }
    for &slot in &fan.drops {
        state.slots[slot as usize] = Value::Null;
    }
    Ok(())
}

fn begin(fan: &Fan, slots: &[Value]) -> Vec<Value> {
    let mut local = vec![Value::Null; fan.num_slots];
    for (slot, value) in &fan.constants {
        local[*slot as usize] = value.clone();
    }
    for (outer, inner) in &fan.captures {
        local[*inner as usize] = slots[*outer as usize].clone();
    }
    local
}

fn one(graph: &Graph, fan: &Fan, slots: &[Value], local: &mut [Value], item: usize) -> Result<Vec<Value>, Problem> {
    for (outer, inner) in &fan.items {
        if let Value::List(items) = &slots[*outer as usize] {
            local[*inner as usize] = items.get(item).cloned().unwrap_or_default();
        }
    }
    for step in &fan.calls.steps {
        let made = call(graph, step.op, fan.calls.args_of(step), local);
        local[step.out as usize] = match (made, step.op) {
            (Ok(value), _) => value,
            (Err(failure), Op::Node(node)) => {
                let mut problem = failed(graph, node, &failure, None);
                problem.message = format!("{} (item {item})", problem.message);
                problem.values = seen(graph, node, fan.calls.args_of(step), local);
                return Err(problem);
            }
            (Err(_), Op::Gather | Op::Window(_)) => Value::Null,
        };
        for &slot in fan.calls.drops_of(step) {
            local[slot as usize] = Value::Null;
        }
    }
    Ok(fan.collects.iter().map(|(inner, _)| local[*inner as usize].clone()).collect())
}
