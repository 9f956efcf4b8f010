//! Computes the windows of all rows: one after the other, in their order.

use std::sync::Arc;

use arrow::array::ArrayRef;
use chrono::DateTime;

use super::execute::State;
use crate::error::{Kind, Problem, Result};
use crate::function::{Failure, caught};
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
        [values, times, keys @ ..] => {
            let window = state.memory.window(at);
            caught(|| Ok(window.scan(values, times, keys)))
        }
        _ => Ok(Ok(Value::Null)),
    };
    match made {
        Ok(Ok(windows)) => state.slots[at.slot as usize] = windows,
        Ok(Err(late)) => state.lose(at.slot, Arc::new(late_row(graph, at, late, true)))?,
        Err(failure) => state.lose(at.slot, Arc::new(broken(graph, at, &failure)))?,
    }
    for &slot in &step.drops {
        state.slots[slot as usize] = Value::Null;
    }
    Ok(())
}

fn column(value: &Value) -> Option<ArrayRef> {
    if let Value::Column(column) = value { Some(Arc::clone(column)) } else { None }
}

/// The problem of a window whose accumulator failed.
pub(crate) fn broken(graph: &Graph, at: &WindowAt, failure: &Failure) -> Problem {
    let message =
        format!("the window {} cannot be computed: {}", crate::memory::window_name(graph, at), failure.message);
    Problem::new(Kind::NodeFailed, [at.source.name(graph)], message)
}

/// The problem of a row that came too late for a window.
pub(crate) fn late_row(graph: &Graph, at: &WindowAt, late: Late, is_of_many: bool) -> Problem {
    let time = at.time.name(graph);
    let message = format!(
        "a row is late: its `{time}` is {}, after a row of {}, and the window {} cannot tell what it was",
        told(late.time),
        told(late.newest),
        crate::memory::window_name(graph, at)
    );
    let problem = Problem::new(Kind::LateRow, [at.source.name(graph), time], message);
    Problem { row: is_of_many.then_some(late.row as u64), ..problem }
}

fn told(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros).map_or_else(|| micros.to_string(), |at| format!("{:?}", at.naive_utc()))
}
