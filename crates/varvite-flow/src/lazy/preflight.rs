//! Checks before anything is computed: frames are made, which reads nothing, and expressions of what is known by then.

use super::collect::empty;
use super::draw::{At, Base, Draw};
use super::frame;
use crate::error::{Error, Phase, Problem, Result};
use crate::function::{Args, caught};
use crate::graph::Graph;
use crate::node::Engine;
use crate::plan::{Calls, Entity, Lazy, Op, Plan, Segment};
use crate::run::failed;
use crate::value::Value;

/// Checks columns and types of all frames and expressions that depend on nothing that is computed. What depends on more is
/// checked when that is there, and before it is collected. `by_parts` refuses expressions that look at other rows.
pub(crate) fn check<'v>(
    graph: &Graph,
    plan: &Plan,
    value: impl Fn(Entity) -> Option<&'v Value>,
    by_parts: bool,
) -> Result<()> {
    let uses_frames = plan.segments.iter().any(|segment| match segment {
        Segment::Lazy(_) => true,
        Segment::Calls(calls) => frames(graph, calls).next().is_some(),
        Segment::Fan(_) | Segment::Pass(_) | Segment::Window(_) => false,
    });
    if !uses_frames {
        return Ok(());
    }
    let mut known: Vec<Option<Value>> = vec![None; plan.num_slots];
    for (slot, value) in &plan.constants {
        known[*slot as usize] = Some(value.clone());
    }
    for (entity, slot) in &plan.given {
        known[*slot as usize] = value(*entity).cloned();
    }
    let mut problems = Vec::new();
    for segment in &plan.segments {
        match segment {
            Segment::Calls(calls) => make_frames(graph, calls, &mut known, &mut problems),
            Segment::Lazy(lazy) => check_lazy(graph, lazy, &known, by_parts, &mut problems),
            Segment::Fan(_) | Segment::Pass(_) | Segment::Window(_) => {}
        }
    }
    Error::check(Phase::Plan, problems)
}

/// The calls that make frames.
fn frames<'a>(graph: &'a Graph, calls: &'a Calls) -> impl Iterator<Item = (u32, &'a [u32], u32)> {
    calls.steps.iter().filter_map(|step| match step.op {
        Op::Node(node) if graph.node(node).engine == Engine::Frame => Some((node, calls.args_of(step), step.out)),
        _ => None,
    })
}

fn make_frames(graph: &Graph, calls: &Calls, known: &mut [Option<Value>], problems: &mut Vec<Problem>) {
    for (node, args, out) in frames(graph, calls) {
        let Some(values) = args.iter().map(|&slot| known[slot as usize].clone()).collect::<Option<Vec<_>>>() else {
            continue;
        };
        let places: Vec<u32> = (0..).take(values.len()).collect();
        match caught(|| graph.node(node).kernel.call(Args::new(&values, &places))) {
            Ok(value) => known[out as usize] = Some(value),
            Err(failure) => problems.push(failed(graph, node, &failure, None)),
        }
    }
}

fn check_lazy(graph: &Graph, lazy: &Lazy, known: &[Option<Value>], by_parts: bool, problems: &mut Vec<Problem>) {
    let draw = Draw::new(graph, lazy, by_parts);
    let base = match lazy.frame {
        None => empty(&draw),
        Some(slot) => {
            let Some(value) = &known[slot as usize] else { return };
            let frame = frame::of_value(value).map_err(|failure| draw.problem(&failure.message));
            frame.map(|frame| Base { frame: frame.lazy(), has_columns: false, is_single: false })
        }
    };
    let at = |slot: u32| known[slot as usize].as_ref().map_or(At::Later, At::Value);
    match base.and_then(|base| draw.drawn(base, &at)) {
        Ok(drawing) => {
            for problem in drawing.lost.into_iter().flatten() {
                if !problems.contains(&problem) {
                    problems.push((*problem).clone());
                }
            }
        }
        Err(problem) => problems.push(problem),
    }
}
