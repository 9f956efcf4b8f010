//! Carries a lazy plan out: from slots, through one collect, into slots.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::concat;
use polars::prelude::{Column, DataFrame, IntoLazy, LazyFrame};

use super::convert::{data_type, scalar, to_batch, to_frame};
use super::draw::{At, Base, Draw, Drawing};
use super::expression::column;
use super::frame;
use super::judge::asked;
use crate::error::{Error, Phase, Problem, Result};
use crate::function::{Failure, caught};
use crate::graph::Graph;
use crate::plan::{Lazy, LazyArg};
use crate::row::lane::{conform, values_of};
use crate::run::{Mode, State, failed};
use crate::value::Value;

/// Collects a plan of a run or of a batch.
pub(crate) fn run(graph: &Graph, lazy: &Lazy, state: &mut State) -> Result<()> {
    let draw = Draw::new(graph, lazy, state.goes_on);
    let made = made(&draw, state);
    let (mut lost, values) = match made {
        Ok(made) => made,
        Err(problem) => (vec![Some(problem); lazy.steps.len()], Vec::new()),
    };
    for (number, step) in lazy.steps.iter().enumerate() {
        let of_sources = step.args.iter().find_map(|arg| match arg {
            LazyArg::Step(source) => lost[*source as usize].clone(),
            LazyArg::Column(_) | LazyArg::Slot(_) => None,
        });
        lost[number] = lost[number].take().or(of_sources);
        let output = lazy.outputs.iter().find(|(output, _)| *output as usize == number);
        if let (Some(problem), None) = (&lost[number], output)
            && state.mode == Mode::Strict
        {
            return Err(Error::one(Phase::Run, (**problem).clone()));
        }
        let Some(&(_, slot)) = output else { continue };
        let Some((_, value)) = values.iter().find(|(at, _)| *at as usize == number) else {
            let problem = lost[number].clone().unwrap_or_else(|| Arc::new(draw.problem("a value is missing")));
            state.lose(slot, problem)?;
            continue;
        };
        let problem = lost[number].clone().or_else(|| crate::run::check_value(graph.node(step.node), value, state));
        if let Some(observer) = &state.observer {
            observer.node_finished(&graph.node(step.node).name);
        }
        state.slots[slot as usize] = value.clone();
        if let Some(problem) = problem {
            lost[number] = Some(Arc::clone(&problem));
            state.lose(slot, problem)?;
        }
    }
    for &slot in &lazy.drops {
        state.slots[slot as usize] = Value::Null;
    }
    Ok(())
}

/// What keeps steps from being computed, and the values of those that leave the plan.
type Made = (Vec<Option<Arc<Problem>>>, Vec<(u32, Value)>);

fn made(draw: &Draw<'_>, state: &mut State) -> Result<Made, Arc<Problem>> {
    let lazy = draw.lazy;
    if let Some(problem) = lazy.frame.and_then(|slot| state.lost(slot)) {
        return Err(Arc::clone(problem));
    }
    let at = |slot: u32| match state.lost(slot) {
        Some(problem) => At::Lost(Arc::clone(problem)),
        None => At::Value(&state.slots[slot as usize]),
    };
    let (drawing, is_one) = drawn(draw, &state.slots, &|slot| state.lost(slot).is_none(), &at)?;
    if let Some(observer) = state.observer.as_ref().filter(|observer| observer.wants_plans()) {
        let plan = asked(|| drawing.frame.explain(true).map_err(|error| error.to_string()));
        observer.collects(&plan.unwrap_or_else(|error| error));
    }
    let Drawing { frame, mut outputs, mut lost, is_single, .. } = drawing;
    let made = match collected(draw, frame.clone(), &outputs, is_single) {
        Err(_) if state.mode == Mode::Partial && outputs.len() > 1 => {
            apart(draw, &frame, &mut outputs, is_single, &mut lost)
        }
        made => made?,
    };
    if is_one {
        let values = outputs.iter().zip(made).map(|((step, _), column)| (*step, first(&column)));
        return Ok((lost, values.collect()));
    }
    if let Some(column) = made.first() {
        let num_rows = *state.num_rows.get_or_insert(column.len());
        if column.len() != num_rows {
            let message = format!("it has {} rows, other columns of the run have {num_rows}", column.len());
            return Err(Arc::new(draw.problem(&message)));
        }
    }
    let values = outputs.iter().zip(made).map(|((step, _), column)| (*step, Value::Column(column)));
    Ok((lost, values.collect()))
}

/// Computes one row; what it reads and makes stands in `slots`.
pub(crate) fn row(graph: &Graph, lazy: &Lazy, slots: &mut [Value]) -> Result<()> {
    let draw = Draw::new(graph, lazy, true);
    let made = || -> Result<Vec<(u32, Value)>, Arc<Problem>> {
        let (drawing, _) = drawn(&draw, slots, &|_| true, &|slot| At::Value(&slots[slot as usize]))?;
        if let Some(problem) = drawing.lost.iter().flatten().next() {
            return Err(Arc::clone(problem));
        }
        let made = collected(&draw, drawing.frame, &drawing.outputs, drawing.is_single)?;
        if let Some(other) = made.iter().map(|column| column.len()).find(|num_rows| *num_rows != 1) {
            let message = format!(
                "its frame has {other} rows, and a single row is computed: look that row up and give its frame, or give its \
                 columns by `online_given`"
            );
            return Err(Arc::new(draw.problem(&message)));
        }
        Ok(drawing.outputs.iter().zip(made).map(|((_, slot), column)| (*slot, first(&column))).collect())
    };
    let made = made().map_err(|problem| Error::one(Phase::Run, Arc::unwrap_or_clone(problem)))?;
    for (slot, value) in made {
        slots[slot as usize] = value;
    }
    Ok(())
}

/// Draws a plan up over what is in `slots`, and tells whether that is single values alone.
///
/// A single row is computed as two equal ones if no expression looks at other rows: Polars divides a column by a number
/// otherwise than a value by a number, in the last bit, and tells the two apart by their length.
fn drawn<'v>(
    draw: &Draw<'_>,
    slots: &[Value],
    is_there: &dyn Fn(u32) -> bool,
    at: &dyn Fn(u32) -> At<'v>,
) -> Result<(Drawing, bool), Arc<Problem>> {
    let (twice, is_one) = base(draw, slots, is_there, true)?;
    if !twice.is_single {
        return Ok((draw.drawn(twice, at)?, is_one));
    }
    let drawing = draw.drawn(twice, at)?;
    if drawing.is_by_row {
        return Ok((drawing, is_one));
    }
    let (once, _) = base(draw, slots, is_there, false)?;
    Ok((draw.drawn(once, at)?, is_one))
}

/// What the plan stands on, a single row `twice` if told so, and whether that is single values alone.
fn base(
    draw: &Draw<'_>,
    slots: &[Value],
    is_there: &dyn Fn(u32) -> bool,
    twice: bool,
) -> Result<(Base, bool), Arc<Problem>> {
    let said = |message: String| Arc::new(draw.problem(&message));
    if let Some(slot) = draw.lazy.frame {
        let frame = frame::of_value(&slots[slot as usize]).map_err(|failure| said(failure.message))?;
        return Ok((Base { frame: frame.lazy(), has_columns: false, is_single: false }, false));
    }
    let columns = || draw.lazy.columns.iter().filter(|column| is_there(column.slot));
    let mut arrays: Vec<(&str, ArrayRef)> = columns()
        .filter_map(|column| match &slots[column.slot as usize] {
            Value::Column(array) => Some((column.name.as_str(), Arc::clone(array))),
            _ => None,
        })
        .collect();
    let found = arrays.first().map(|(_, array)| array.len());
    let is_single = found.is_none_or(|num_rows| num_rows == 1);
    let num_rows = if is_single && twice { 2 } else { found.unwrap_or(1) };
    if is_single && twice {
        for (_, array) in &mut arrays {
            *array = concat(&[&**array, &**array]).map_err(|error| said(error.to_string()))?;
        }
    }
    let mut made = Vec::new();
    if found.is_some() {
        let nullable = arrays.into_iter().map(|(name, array)| (name, array, true));
        let batch = RecordBatch::try_from_iter_with_nullable(nullable).map_err(|error| said(error.to_string()))?;
        made = to_frame(&batch).map_err(said)?.into_columns();
    }
    for column in columns() {
        let value = &slots[column.slot as usize];
        if matches!(value, Value::Column(_)) {
            continue;
        }
        let Some(value) = scalar(value, column.item) else {
            let found = crate::flow_type::short(slots[column.slot as usize].type_name());
            return Err(said(format!("`{}` is {:?}, and was given {found}", column.name, column.item)));
        };
        // Written out, for the same reason.
        let column = Column::new_scalar(column.name.as_str().into(), value, num_rows);
        made.push(column.take_materialized_series().into());
    }
    // Expressions that read nothing have a row too.
    let frame = DataFrame::new(num_rows, made).map_err(|error| said(error.to_string()))?;
    Ok((Base { frame: frame.lazy(), has_columns: true, is_single: is_single && twice }, found.is_none()))
}

/// The same without rows, to check a plan with.
pub(super) fn empty(draw: &Draw<'_>) -> Result<Base, Problem> {
    let column = |column: &crate::plan::LazyColumn| {
        data_type(column.item).map(|of| Column::new_empty(column.name.as_str().into(), &of))
    };
    let columns = draw.lazy.columns.iter().filter_map(column).collect();
    let frame = DataFrame::new(0, columns).map_err(|error| draw.problem(&error.to_string()))?;
    Ok(Base { frame: frame.lazy(), has_columns: true, is_single: false })
}

/// The one collect; of a single row that was written twice, the first.
fn collected(
    draw: &Draw<'_>,
    frame: LazyFrame,
    outputs: &[(u32, u32)],
    is_twice: bool,
) -> Result<Vec<ArrayRef>, Arc<Problem>> {
    if outputs.is_empty() {
        return Ok(Vec::new());
    }
    let made = caught(|| {
        let frame = frame.collect().map_err(|error| Failure::said(error.to_string()))?;
        to_batch(if is_twice { frame.head(Some(1)) } else { frame }).map_err(Failure::said)
    });
    let batch = made.map_err(|failure| Arc::new(draw.problem(&failure.message)))?;
    let column = |((step, _), column): (&(u32, u32), &ArrayRef)| {
        let node = draw.lazy.steps[*step as usize].node;
        conform(column, draw.graph.node(node).out.item).ok_or_else(|| {
            let failure = Failure::unexpected(format!("it made a column of {}", column.data_type()));
            Arc::new(failed(draw.graph, node, &failure, None))
        })
    };
    outputs.iter().zip(batch.columns()).map(column).collect()
}

/// Each output by itself, where all together fail: those that fail alone are lost, and are outputs no more.
fn apart(
    draw: &Draw<'_>,
    frame: &LazyFrame,
    outputs: &mut Vec<(u32, u32)>,
    is_twice: bool,
    lost: &mut [Option<Arc<Problem>>],
) -> Vec<ArrayRef> {
    let mut columns = Vec::new();
    outputs.retain(|&(step, slot)| {
        let draw = draw.only(step);
        let name = draw.graph.node(draw.lazy.steps[step as usize].node).name.as_str();
        match collected(&draw, frame.clone().select([column(name)]), &[(step, slot)], is_twice) {
            Ok(made) => columns.extend(made),
            Err(problem) => lost[step as usize] = Some(problem),
        }
        lost[step as usize].is_none()
    });
    columns
}

fn first(column: &ArrayRef) -> Value {
    values_of(column).and_then(|values| values.into_iter().next()).unwrap_or_default()
}
