//! Single rows: compiled once, then one call a row, with all values in slots that are used again.

use std::fmt;
use std::sync::Arc;

use super::fit::replacements;
use super::fitted::Fitted;
use super::stream::{named, refuse_columns};
use crate::check::Severity;
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::{FlowType, Shape};
use crate::function::caught;
use crate::graph::{Dataflow, Graph};
use crate::memory::Memory;
use crate::plan::{self, Entity, GivenAs, Op, Plan, Segment, WindowAt};
use crate::run::{Intake, Mode, State, call_one, failed, late_row, preflight, seen, taken, window_broken};
use crate::value::Value;

/// A graph compiled for single rows. A call allocates nothing of its own; clone it for each thread.
pub struct Online {
    flow: Dataflow,
    inputs: Vec<(String, FlowType, u32)>,
    plan: Arc<Plan>,
    slots: Vec<Value>,
    /// Windows that a stream has left.
    memory: Memory,
    made: Vec<Value>,
    /// Nodes and their checks that are not asked of single rows.
    skipped: Vec<(String, String)>,
}

impl Dataflow {
    /// Compiles a request for single rows, with fitted values of the data set and the windows that a stream has left.
    /// Inputs that all readers have a default for are left to it.
    ///
    /// # Errors
    /// Values of another graph; a value that the request needs and that was not fitted; a whole column; a node with a
    /// state; a check of severity `fail` that says something about a data set, unless it is [`offline`](crate::Check::offline).
    pub fn online_named(&self, fitted: &Fitted, request: &[&str]) -> Result<Online> {
        self.online_given(fitted, request, &[])
    }

    /// The same; each call gives `given` too: inputs with defaults, or values in the place of nodes.
    ///
    /// # Errors
    /// As [`Dataflow::online_named`]; a name that is unknown.
    pub fn online_given(&self, fitted: &Fitted, request: &[&str], given: &[&str]) -> Result<Online> {
        fitted.check(self)?;
        let graph = &*self.0;
        let entities = named(graph, request)?;
        let given = named(graph, given)?;
        let mut beside = fitted.clone();
        for entity in &given {
            beside = beside.replace(entity.name(graph), Value::Null);
        }
        refuse(graph, &entities, &beside)?;
        let mut replaced = replacements(&beside, graph, &entities)?;
        replaced.overrides.retain(|(name, _)| given.iter().all(|entity| entity.name(graph) != name));
        let (mut checked, entities) = Intake::default().check_with(graph, request, &replaced)?;
        checked.given.is_single = true;
        for (input, known) in graph.inputs.iter().zip(&mut checked.given.inputs) {
            if !input.is_optional {
                known.get_or_insert(GivenAs::One);
            }
        }
        for entity in given {
            match entity {
                Entity::Node(node) => checked.given.nodes[node as usize] = Some(GivenAs::One),
                Entity::Input(input) => checked.given.inputs[input as usize] = Some(GivenAs::One),
            }
        }
        let plan = plan::plan(graph, &entities, &checked.given)?;
        preflight(graph, &plan, &checked, true)?;
        if plan.segments.iter().any(|segment| !matches!(segment, Segment::Calls(_) | Segment::Lazy(_))) {
            let message = "a fan-out cannot run on single rows";
            return Err(Error::one(Phase::Plan, Problem::new(Kind::InsideEach, Vec::<String>::new(), message)));
        }
        let skipped = skipped_checks(graph, &plan)?;
        let state = State::new(&plan, &checked, Mode::Strict);
        let mut inputs: Vec<(String, FlowType, u32)> = plan
            .given
            .iter()
            .filter(|(entity, _)| !checked.values.contains_key(entity))
            .map(|(entity, slot)| (entity.name(graph).to_owned(), entity.flow_type(graph).clone(), *slot))
            .collect();
        inputs.sort_by(|one, two| one.0.cmp(&two.0));
        let memory = Memory::load(graph, &plan, fitted, false)?;
        let made = Vec::with_capacity(plan.outputs.len());
        Ok(Online { flow: self.clone(), inputs, plan: Arc::new(plan), slots: state.slots, memory, made, skipped })
    }
}

impl Clone for Online {
    fn clone(&self) -> Self {
        Self {
            flow: self.flow.clone(),
            inputs: self.inputs.clone(),
            plan: Arc::clone(&self.plan),
            slots: self.slots.clone(),
            memory: self.memory.duplicate(),
            made: self.made.clone(),
            skipped: self.skipped.clone(),
        }
    }
}

impl fmt::Debug for Online {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: Vec<_> = self.required_inputs().map(|(name, _)| name).collect();
        f.debug_struct("Online").field("inputs", &inputs).finish_non_exhaustive()
    }
}

impl Online {
    /// The inputs that a call is given, in this order, and what they are.
    pub fn required_inputs(&self) -> impl Iterator<Item = (&str, &FlowType)> {
        self.inputs.iter().map(|(name, flow_type, _)| (name.as_str(), flow_type))
    }

    /// Nodes and their checks that single rows are not asked: those that are told to be
    /// [`offline`](crate::Check::offline), and those of severity `warn` that say something about a data set.
    pub fn skipped_checks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.skipped.iter().map(|(node, check)| (node.as_str(), check.as_str()))
    }

    /// Computes one row. Values come in the order of [`Online::required_inputs`], results in that of the request. A window
    /// has the rows that were taken in before, and this one; this one is not taken in.
    ///
    /// A frame whose columns are read has one row, after all joins and filters: it is looked up by the caller and given as a
    /// value, like the tables that it is joined with.
    ///
    /// # Errors
    /// Values that are too few, too many, or of another type; a node that fails; a row that is late for a window; a frame of
    /// no row or of several.
    pub fn call(&mut self, values: &[Value]) -> Result<&[Value]> {
        self.compute(values, false)
    }

    /// The same, and takes the row into the windows, for the rows that follow. If that fails, nothing is taken in.
    ///
    /// # Errors
    /// As [`Online::call`].
    pub fn take_in(&mut self, values: &[Value]) -> Result<&[Value]> {
        match self.compute(values, true) {
            Ok(_) => {
                self.memory.commit();
                Ok(&self.made)
            }
            Err(error) => {
                self.memory.roll_back();
                Err(error)
            }
        }
    }

    fn compute(&mut self, values: &[Value], takes_in: bool) -> Result<&[Value]> {
        self.give(values)?;
        let graph = &*self.flow.0;
        for segment in &self.plan.segments {
            #[cfg(feature = "polars")]
            if let Segment::Lazy(lazy) = segment {
                crate::lazy::row(graph, lazy, &mut self.slots)?;
                for &(step, slot) in &lazy.outputs {
                    check(graph.node(lazy.steps[step as usize].node), &self.slots[slot as usize])?;
                }
            }
            let Segment::Calls(calls) = segment else { continue };
            for step in &calls.steps {
                let args = calls.args_of(step);
                let made = match step.op {
                    Op::Node(node) => node_of_row(graph, node, args, &self.slots)?,
                    Op::Gather => call_one(graph, step.op, args, &self.slots).unwrap_or_default(),
                    Op::Window(at) => {
                        let at = &self.plan.windows[at as usize];
                        window_of_row(graph, at, &self.slots, &mut self.memory, takes_in)?
                    }
                };
                self.slots[step.out as usize] = made;
            }
        }
        self.made.clear();
        self.made.extend(self.plan.outputs.iter().map(|&slot| self.slots[slot as usize].clone()));
        Ok(&self.made)
    }

    fn give(&mut self, values: &[Value]) -> Result<()> {
        if values.len() != self.inputs.len() {
            let names: Vec<&str> = self.inputs.iter().map(|(name, ..)| name.as_str()).collect();
            let told = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("a row was given {} values, and {} are wanted: {told}", values.len(), names.len());
            return Err(Error::one(Phase::Plan, Problem::new(Kind::MissingInput, names, message)));
        }
        for ((name, flow_type, slot), value) in self.inputs.iter().zip(values) {
            let refused = |why: String| {
                let message = format!("`{name}` is {flow_type}, and {why}");
                Error::one(Phase::Plan, Problem::new(Kind::InputTypeMismatch, [name], message))
            };
            if !flow_type.accepts(value) || matches!(value, Value::Column(_)) {
                return Err(refused(format!("was given {value:?}")));
            }
            self.slots[*slot as usize] = taken(flow_type, value).map_err(refused)?;
        }
        Ok(())
    }
}

#[inline]
fn node_of_row(graph: &Graph, node: u32, args: &[u32], slots: &[Value]) -> Result<Value> {
    let value = call_one(graph, Op::Node(node), args, slots).map_err(|failure| {
        let problem = failed(graph, node, &failure, None);
        Error::one(Phase::Run, Problem { values: seen(graph, node, args, slots, None), ..problem })
    })?;
    check(graph.node(node), &value)?;
    Ok(value)
}

fn window_of_row(graph: &Graph, at: &WindowAt, slots: &[Value], memory: &mut Memory, takes_in: bool) -> Result<Value> {
    let args: Vec<&Value> = at.args.iter().map(|&slot| &slots[slot as usize]).collect();
    let window = memory.window(at);
    let made = caught(|| Ok(if takes_in { window.take_in(&args) } else { window.peek(&args) }));
    let made = made.map_err(|failure| Error::one(Phase::Run, window_broken(graph, at, &failure)))?;
    made.map_err(|late| Error::one(Phase::Run, late_row(graph, at, late, false)))
}

/// What single rows cannot have: whole columns, nodes with a state.
fn refuse(graph: &Graph, request: &[Entity], fitted: &Fitted) -> Result<()> {
    refuse_columns(graph, request, fitted)?;
    let known: Vec<u32> = fitted.names().filter_map(|name| graph.index.get(name)).copied().collect();
    let stateful = plan::order_without(graph, request, &known).into_iter().map(|node| graph.node(node));
    let problems = stateful.filter(|node| node.is_stateful || node.out.shape == Shape::Column).map(|node| {
        let what = if node.is_stateful { "has a state that goes from batch to batch" } else { "makes a whole column" };
        let message = format!("`{}` {what}, and there are single rows: replace it", node.name);
        Problem::new(Kind::NeedsFitted, [&node.name], message)
    });
    Error::check(Phase::Plan, problems.collect())
}

/// A check of severity `fail` refuses the row; others say nothing here.
fn check(node: &crate::node::Node, value: &Value) -> Result<()> {
    for check in node.checks.iter().filter(|check| check.is_asked(true) && !check.needs_rows()) {
        let mut tally = crate::check::Tally::default();
        let seen = caught(|| {
            tally.fold_one(check, value, 0);
            Ok(())
        });
        seen.map_err(|failure| Error::one(Phase::Run, check.failed(&node.name, &failure)))?;
        let outcome = tally.outcome(&node.name, check);
        if !outcome.passed && check.severity == Severity::Fail {
            let message = format!("`{}` fails its check `{}`: {value:?}", node.name, outcome.check);
            return Err(Error::one(Phase::Run, Problem::new(Kind::CheckFailed, [&node.name], message)));
        }
    }
    Ok(())
}

/// The checks that single rows are not asked; refuses those that promise something about a data set.
fn skipped_checks(graph: &Graph, plan: &Plan) -> Result<Vec<(String, String)>> {
    let (mut skipped, mut problems) = (Vec::new(), Vec::new());
    for node in computed(plan).map(|node| graph.node(node)) {
        for check in &node.checks {
            if check.needs_rows() && check.severity == Severity::Fail && check.is_asked(true) {
                let message = format!(
                    "check `{}` of `{}` needs a data set, and there are single rows: let it be `offline`, or of severity \
                     `warn`",
                    check.name(),
                    node.name
                );
                problems.push(Problem::new(Kind::CheckNotApplicable, [&node.name], message));
            } else if check.needs_rows() || !check.is_asked(true) {
                skipped.push((node.name.clone(), check.name()));
            }
        }
    }
    Error::check(Phase::Plan, problems)?;
    Ok(skipped)
}

/// The nodes that a plan of single rows computes.
fn computed(plan: &Plan) -> impl Iterator<Item = u32> {
    plan.segments.iter().flat_map(|segment| -> Vec<u32> {
        match segment {
            Segment::Calls(calls) => {
                let steps = calls.steps.iter();
                steps.filter_map(|step| if let Op::Node(node) = step.op { Some(node) } else { None }).collect()
            }
            Segment::Lazy(lazy) => lazy.steps.iter().map(|step| step.node).collect(),
            Segment::Fan(_) | Segment::Pass(_) | Segment::Window(_) => Vec::new(),
        }
    })
}
