//! Computes the windows of all rows: one after the other, in their order.

use std::sync::Arc;

use arrow::array::ArrayRef;

use super::execute::State;
use crate::error::{Kind, Problem, Result};
use crate::graph::Graph;
use crate::plan::{WindowAt, WindowStep};
use crate::value::Value;
use crate::window::Late;

pub(super) fn run(graph: &Graph, at: &WindowAt, step: &WindowStep, state: &mut State) -> Result<()> {
    if let Some(problem) = state.first_lost(&at.args) {
        return state.lose(at.slot, problem);
    }
    let columns: Vec<ArrayRef> = at.args.iter().filter_map(|&slot| column(&state.slots[slot as usize])).collect();
    let made = match &columns[..] {
        [values, times, keys @ ..] => state.memory.window(at).scan(values, times, keys),
        _ => Ok(Value::Null),
    };
    match made {
        Ok(windows) => state.slots[at.slot as usize] = windows,
        Err(late) => state.lose(at.slot, Arc::new(late_row(graph, at, late, true)))?,
    }
    for &slot in &step.drops {
        state.slots[slot as usize] = Value::Null;
    }
    Ok(())
}

fn column(value: &Value) -> Option<ArrayRef> {
    if let Value::Column(column) = value { Some(Arc::clone(column)) } else { None }
}

/// The problem of a row that came too late for a window.
pub(crate) fn late_row(graph: &Graph, at: &WindowAt, late: Late, is_of_many: bool) -> Problem {
    let time = at.time.name(graph);
    let message = format!(
        "a row is late: its `{time}` is before that of an earlier row, and the window {} cannot tell what it was",
        crate::memory::window_name(graph, at)
    );
    let problem = Problem::new(Kind::LateRow, [at.source.name(graph), time], message);
    Problem { row: is_of_many.then_some(late.row as u64), ..problem }
}
