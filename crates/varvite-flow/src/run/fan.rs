//! Calls nodes for each item of a fan-out, side by side; the results keep the order of the items.

use std::sync::Arc;

use rayon::prelude::*;

use super::calls::{call, seen};
use super::execute::{State, failed};
use crate::check::Tally;
use crate::error::{Problem, Result};
use crate::function::caught;
use crate::graph::Graph;
use crate::plan::{Fan, Op};
use crate::value::Value;

/// What came of an item.
struct Item {
    /// In the order of what leaves the fan-out.
    values: Vec<Value>,
    /// Of each check of each node, in their order.
    tallies: Vec<Tally>,
}

pub(super) fn run(graph: &Graph, fan: &Fan, state: &mut State) -> Result<()> {
    let outer: Vec<u32> = fan.items.iter().chain(&fan.captures).map(|(outer, _)| *outer).chain([fan.source]).collect();
    if let Some(problem) = state.first_lost(&outer) {
        return fan.collects.iter().try_for_each(|(_, slot)| state.lose(*slot, Arc::clone(&problem)));
    }
    let num_items = if let Value::List(items) = &state.slots[fan.source as usize] { items.len() } else { 0 };
    let (slots, goes_on) = (&state.slots, state.goes_on);
    let begin = || begin(fan, slots);
    // The pool of threads is the bound: no more items are worked on at once than it has threads.
    let made: Vec<Result<Item, Problem>> = (0..num_items)
        .into_par_iter()
        .map_init(begin, |local, item| one(graph, fan, (slots, goes_on), local, item))
        .collect();
    let made = made.into_iter().collect::<Result<Vec<_>, _>>();
    let made = made.map_err(Arc::new).and_then(|made| {
        let (values, tallies): (Vec<_>, Vec<_>) = made.into_iter().map(|item| (item.values, item.tallies)).unzip();
        check(graph, fan, tallies, state).map_or(Ok(values), Err)
    });
    match made {
        Ok(made) => {
            for (at, (_, slot)) in fan.collects.iter().enumerate() {
                let values: Vec<Value> = made.iter().map(|values: &Vec<Value>| values[at].clone()).collect();
                state.slots[*slot as usize] = values.into();
            }
        }
        Err(problem) => {
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

fn one(
    graph: &Graph,
    fan: &Fan,
    (slots, goes_on): (&[Value], bool),
    local: &mut [Value],
    item: usize,
) -> Result<Item, Problem> {
    let mut tallies = Vec::new();
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
                problem.values = seen(graph, node, fan.calls.args_of(step), local, None);
                return Err(problem);
            }
            (Err(_), Op::Gather | Op::Window(_)) => Value::Null,
        };
        if let Op::Node(node) = step.op {
            let node = graph.node(node);
            for check in node.checks.iter().filter(|check| check.is_asked(goes_on)) {
                let mut tally = Tally::default();
                let told = caught(|| {
                    tally.fold_one(check, &local[step.out as usize], item as u64);
                    Ok(())
                });
                told.map_err(|failure| check.failed(&node.name, &failure))?;
                tallies.push(tally);
            }
        }
        for &slot in fan.calls.drops_of(step) {
            local[slot as usize] = Value::Null;
        }
    }
    let values = fan.collects.iter().map(|(inner, _)| local[*inner as usize].clone()).collect();
    Ok(Item { values, tallies })
}

/// What became of the checks of all items: rows are items there. The first problem that keeps readers from being served.
fn check(graph: &Graph, fan: &Fan, items: Vec<Vec<Tally>>, state: &mut State) -> Option<Arc<Problem>> {
    let nodes = fan.calls.steps.iter().filter_map(|step| if let Op::Node(node) = step.op { Some(node) } else { None });
    let checks: Vec<_> = nodes
        .map(|node| graph.node(node))
        .flat_map(|node| node.checks.iter().map(move |check| (node, check)))
        .filter(|(_, check)| check.is_asked(state.goes_on))
        .collect();
    let mut whole: Vec<Tally> = checks.iter().map(|_| Tally::default()).collect();
    for item in items {
        for (((_, check), whole), tally) in checks.iter().zip(&mut whole).zip(item) {
            whole.merge(check, tally);
        }
    }
    let mut first = None;
    for ((node, check), tally) in checks.into_iter().zip(whole) {
        let problem = state.note_check(tally.outcome(&node.name, check));
        first = first.or(problem);
    }
    first
}
