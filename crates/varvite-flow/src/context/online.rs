//! Single rows: compiled once, then one call a row, with all values in slots that are used again.

use super::fit::replacements;
use super::fitted::Fitted;
use super::stream::{named, refuse_columns};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::FlowType;
use crate::graph::Dataflow;
use crate::plan::{self, Calls, Entity, GivenAs, Op, Segment};
use crate::run::{Intake, call_one, failed};
use crate::value::Value;

/// A graph compiled for single rows. A call allocates nothing of its own; clone it for each thread.
#[derive(Clone)]
pub struct Online {
    flow: Dataflow,
    inputs: Vec<(String, FlowType, u32)>,
    calls: Vec<Calls>,
    slots: Vec<Value>,
    outputs: Vec<u32>,
    made: Vec<Value>,
}

impl Dataflow {
    /// Compiles a request for single rows, with fitted values of the data set.
    ///
    /// # Errors
    /// Values of another graph; a value that the request needs and that was not fitted; a whole column; a check that
    /// says something about a data set.
    pub fn online_named(&self, fitted: &Fitted, request: &[&str]) -> Result<Online> {
        fitted.check(self)?;
        let graph = &*self.0;
        let entities = named(graph, request)?;
        refuse_columns(graph, &entities)?;
        let intake = Intake { overrides: replacements(fitted, graph, &entities)?, ..Intake::default() };
        let (mut checked, entities) = intake.check(graph, request)?;
        for input in &mut checked.given.inputs {
            input.get_or_insert(GivenAs::One);
        }
        let plan = plan::plan(graph, &entities, &checked.given)?;
        let mut slots = vec![Value::Null; plan.num_slots];
        for (slot, value) in &plan.constants {
            slots[*slot as usize] = value.clone();
        }
        let mut inputs = Vec::new();
        for (entity, slot) in &plan.given {
            match (entity, checked.values.get(entity)) {
                (_, Some(value)) => slots[*slot as usize] = value.clone(),
                (Entity::Input(input), None) => {
                    let input = &graph.inputs[*input as usize];
                    inputs.push((input.name.clone(), input.flow_type.clone(), *slot));
                }
                (Entity::Node(_), None) => {}
            }
        }
        inputs.sort_by(|one, two| one.0.cmp(&two.0));
        let calls = plan.segments.into_iter().map(|segment| match segment {
            Segment::Calls(calls) => Ok(calls),
            _ => Err(Error::one(
                Phase::Plan,
                Problem::new(Kind::InsideEach, Vec::<String>::new(), "a fan-out cannot run on single rows"),
            )),
        });
        let calls = calls.collect::<Result<Vec<Calls>>>()?;
        check_checks(self, &calls)?;
        Ok(Online {
            flow: self.clone(),
            inputs,
            calls,
            slots,
            made: Vec::with_capacity(plan.outputs.len()),
            outputs: plan.outputs,
        })
    }
}

impl Online {
    /// The inputs that a call is given, in this order, and what they are.
    pub fn required_inputs(&self) -> impl Iterator<Item = (&str, &FlowType)> {
        self.inputs.iter().map(|(name, flow_type, _)| (name.as_str(), flow_type))
    }

    /// Computes one row. Values come in the order of [`Online::required_inputs`], results in that of the request.
    ///
    /// # Errors
    /// Values that are too few, too many, or of another type; a node that fails.
    pub fn call(&mut self, values: &[Value]) -> Result<&[Value]> {
        if values.len() != self.inputs.len() {
            let message = format!("a row has {} values, {} are wanted", values.len(), self.inputs.len());
            return Err(Error::one(Phase::Plan, Problem::new(Kind::MissingInput, Vec::<String>::new(), message)));
        }
        for ((name, flow_type, slot), value) in self.inputs.iter().zip(values) {
            if !flow_type.accepts(value) || matches!(value, Value::Column(_)) {
                let message = format!("`{name}` is {flow_type}, and was given {value:?}");
                return Err(Error::one(Phase::Plan, Problem::new(Kind::InputTypeMismatch, [name], message)));
            }
            self.slots[*slot as usize] = value.clone();
        }
        let graph = &*self.flow.0;
        for calls in &self.calls {
            for step in &calls.steps {
                let made = call_one(graph, step.op, calls.args_of(step), &self.slots);
                self.slots[step.out as usize] = match (made, step.op) {
                    (Ok(value), _) => value,
                    (Err(failure), Op::Node(node)) => {
                        return Err(Error::one(Phase::Run, failed(graph, node, &failure, None)));
                    }
                    (Err(_), Op::Gather) => Value::Null,
                };
                if let Op::Node(node) = step.op {
                    check(graph.node(node), &self.slots[step.out as usize])?;
                }
            }
        }
        self.made.clear();
        self.made.extend(self.outputs.iter().map(|&slot| self.slots[slot as usize].clone()));
        Ok(&self.made)
    }
}

/// A check of severity `fail` refuses the row; others say nothing here.
fn check(node: &crate::node::Node, value: &Value) -> Result<()> {
    for check in &node.checks {
        let mut tally = crate::check::Tally::default();
        tally.fold_one(check, value);
        let outcome = tally.outcome(&node.name, check);
        if !outcome.passed && check.severity == crate::check::Severity::Fail {
            let message = format!("`{}` fails its check `{}`: {value:?}", node.name, outcome.check);
            return Err(Error::one(Phase::Run, Problem::new(Kind::CheckFailed, [&node.name], message)));
        }
    }
    Ok(())
}

fn check_checks(flow: &Dataflow, calls: &[Calls]) -> Result<()> {
    let steps = calls.iter().flat_map(|calls| &calls.steps);
    let nodes = steps.filter_map(|step| if let Op::Node(node) = step.op { Some(flow.0.node(node)) } else { None });
    let problems = nodes.flat_map(|node| {
        node.checks.iter().filter(|check| check.needs_rows()).map(|check| {
            let message =
                format!("check `{}` of `{}` needs a data set, and there are single rows", check.name(), node.name);
            Problem::new(Kind::CheckNotApplicable, [&node.name], message)
        })
    });
    Error::check(Phase::Plan, problems.collect())
}
