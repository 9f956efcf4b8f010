//! Carries a plan out, segment by segment.

use std::sync::Arc;

use super::intake::Checked;
use super::outputs::{Outputs, PartialOutputs, Report};
use super::{calls, fan, rows, windows};
use crate::check::{Check, CheckOutcome, Severity, Tally};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::Shape;
use crate::function::Failure;
use crate::graph::Graph;
use crate::memory::{Memory, check_name};
use crate::node::Node;
use crate::observer::Observer;
use crate::plan::{Entity, Plan, Segment, print};
use crate::row::lane::repeated;
use crate::value::Value;

/// What happens when a node fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The run ends.
    Strict,
    /// What needs the node is lost, all else goes on.
    Partial,
}

/// The values of a run.
pub(crate) struct State {
    pub(crate) slots: Vec<Value>,
    /// Why a slot has no value; as long as the slots if runs are partial.
    pub(crate) lost: Vec<Option<Arc<Problem>>>,
    pub(crate) mode: Mode,
    /// Known once a column is.
    pub(crate) num_rows: Option<usize>,
    pub(crate) checks: Vec<CheckOutcome>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    /// What folds, windows and states begin with, and where they end.
    pub(crate) memory: Memory,
    /// Whether the memory is that of a stream: a node with a state goes on from it.
    pub(crate) goes_on: bool,
}

impl State {
    pub(crate) fn new(plan: &Plan, checked: &Checked, mode: Mode) -> Self {
        let mut slots = vec![Value::Null; plan.num_slots];
        for (slot, value) in &plan.constants {
            slots[*slot as usize] = value.clone();
        }
        for (entity, slot) in &plan.given {
            slots[*slot as usize] = checked.values.get(entity).cloned().unwrap_or_default();
        }
        for at in &plan.fitted {
            let known = checked.folds.iter().find(|(source, fold, _)| *source == at.source && *fold == at.fold);
            slots[at.slot as usize] = known.map_or(Value::Null, |(_, _, value)| value.clone());
        }
        let lost = if mode == Mode::Partial { vec![None; plan.num_slots] } else { Vec::new() };
        Self {
            slots,
            lost,
            mode,
            num_rows: checked.num_rows,
            checks: Vec::new(),
            observer: None,
            memory: Memory::default(),
            goes_on: false,
        }
    }

    pub(crate) fn lost(&self, slot: u32) -> Option<&Arc<Problem>> {
        self.lost.get(slot as usize).and_then(Option::as_ref)
    }

    pub(crate) fn first_lost(&self, slots: &[u32]) -> Option<Arc<Problem>> {
        if self.mode == Mode::Strict {
            return None;
        }
        slots.iter().find_map(|slot| self.lost(*slot)).cloned()
    }

    /// Ends the run, or notes that a slot has no value.
    pub(crate) fn lose(&mut self, slot: u32, problem: Arc<Problem>) -> Result<()> {
        if self.mode == Mode::Strict {
            return Err(Error::one(Phase::Run, Arc::unwrap_or_clone(problem)));
        }
        self.lost[slot as usize] = Some(problem);
        Ok(())
    }

    /// Notes what became of a check of rows. In a stream, one of all rows goes on from the batches before.
    pub(crate) fn judge(&mut self, node: &Node, check: &Check, seen: Tally) -> Option<Arc<Problem>> {
        if !self.goes_on {
            return self.note_check(seen.outcome(&node.name, check));
        }
        let name = check_name(&node.name, check);
        let mut whole = Tally::after(&self.memory.check(&name));
        whole.merge(check, seen);
        if let Some(carried) = whole.carried(check) {
            self.memory.note_check(name, carried);
        }
        self.note_check(whole.outcome(&node.name, check))
    }

    /// Notes what became of a check; a problem if it keeps readers from being served.
    pub(crate) fn note_check(&mut self, outcome: CheckOutcome) -> Option<Arc<Problem>> {
        if !outcome.passed
            && let Some(observer) = &self.observer
        {
            observer.check_failed(&outcome);
        }
        let problem = (!outcome.passed && outcome.severity == Severity::Fail).then(|| {
            let message = format!("`{}` fails its check `{}`: {}", outcome.node, outcome.check, outcome.message);
            let mut problem = Problem::new(Kind::CheckFailed, [outcome.node.as_str()], message);
            problem.row = outcome.first_rows.first().copied();
            Arc::new(problem)
        });
        self.checks.push(outcome);
        problem
    }
}

/// Carries `plan` out.
pub(crate) fn execute(graph: &Graph, plan: &Plan, state: &mut State) -> Result<()> {
    if let Some(observer) = &state.observer {
        observer.begun(print::num_nodes(plan));
    }
    plan.segments.iter().try_for_each(|segment| execute_segment(graph, plan, segment, state))
}

/// Carries out one segment.
pub(crate) fn execute_segment(graph: &Graph, plan: &Plan, segment: &Segment, state: &mut State) -> Result<()> {
    if let Some(observer) = &state.observer {
        observer.segment_started(&print::segment(graph, plan, segment));
    }
    match segment {
        Segment::Calls(calls) => calls::run(graph, calls, state),
        Segment::Fan(fan) => fan::run(graph, fan, state),
        Segment::Window(step) => windows::run(graph, &plan.windows[step.window as usize], step, state),
        Segment::Pass(pass) => rows::run(graph, pass, state),
        #[cfg(feature = "polars")]
        Segment::Lazy(lazy) => crate::lazy::run(graph, lazy, state),
        // No node is an expression then.
        #[cfg(not(feature = "polars"))]
        Segment::Lazy(_) => Ok(()),
    }
}

/// The problem of a node that failed, or was given what it cannot read.
pub(crate) fn failed(graph: &Graph, node: u32, failure: &Failure, row: Option<u64>) -> Problem {
    let name = &graph.node(node).name;
    let kind = match failure {
        _ if failure.message == crate::kernel::ABSENT => Kind::ExtractMissing,
        _ if failure.unexpected => Kind::TypeMismatch,
        _ => Kind::NodeFailed,
    };
    let problem = Problem::new(kind, [name.as_str()], format!("node `{name}` failed: {}", failure.message));
    Problem { row, ..problem }
}

/// A run that ended.
pub(crate) struct Executed {
    values: Vec<Result<Value, Arc<Problem>>>,
    report: Report,
}

impl Executed {
    pub(crate) fn new(graph: &Graph, plan: &Plan, state: State, request: &[Entity]) -> Self {
        let has_rows =
            plan.segments.iter().any(|segment| matches!(segment, Segment::Pass(_))) || state.num_rows.is_some();
        let num_rows = state.num_rows.unwrap_or_default();
        let values = plan.outputs.iter().zip(request).map(|(&slot, entity)| match state.lost(slot) {
            Some(problem) => Err(Arc::clone(problem)),
            None => Ok(spread(graph, *entity, state.slots[slot as usize].clone(), has_rows.then_some(num_rows))),
        });
        Self { values: values.collect(), report: Report { checks: state.checks } }
    }

    pub(crate) fn into_outputs(self, request: &[&str]) -> Result<Outputs> {
        let values = self.values.into_iter().collect::<Result<Vec<Value>, _>>();
        let values = values.map_err(|problem| Error::one(Phase::Run, Arc::unwrap_or_clone(problem)))?;
        Ok(Outputs::new(request, values, self.report))
    }

    pub(crate) fn into_partial(self, request: &[&str]) -> PartialOutputs {
        PartialOutputs::new(request, self.values, self.report)
    }
}

/// The outputs of a run that had to work.
pub(crate) fn finish_outputs(
    graph: &Graph,
    plan: &Plan,
    state: State,
    entities: &[Entity],
    request: &[&str],
) -> Result<Outputs> {
    Executed::new(graph, plan, state, entities).into_outputs(request)
}

/// A row's value that is the same for all rows becomes a column of them.
fn spread(graph: &Graph, entity: Entity, value: Value, num_rows: Option<usize>) -> Value {
    let made = match entity {
        Entity::Node(node) => &graph.node(node).out,
        Entity::Input(input) => &graph.inputs[input as usize].flow_type,
    };
    match num_rows {
        Some(num_rows) if made.shape == Shape::Row && !matches!(value, Value::Column(_)) => {
            repeated(&value, made.item, num_rows).map_or(value, Value::Column)
        }
        _ => value,
    }
}
