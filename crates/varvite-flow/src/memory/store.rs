//! What a stream remembers, in the form that is stored: by names, so that another plan finds it.

use std::collections::BTreeMap;

use super::Memory;
use crate::check::Check;
use crate::context::{Fitted, StoredFold};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::Shape;
use crate::graph::{Graph, Read};
use crate::node::{Node, ParamPart};
use crate::plan::{Entity, Op, Plan, Segment, WindowAt};

impl Memory {
    /// Reads what a plan needs of a stored state. Folds go on only if asked to. After a fit all else begins; what a stream has
    /// left without a window or a state that the plan has is that of another request, and refused.
    pub(crate) fn load(graph: &Graph, plan: &Plan, stored: &Fitted, with_folds: bool) -> Result<Self> {
        let mut memory = Self::default();
        let is_fit = stored.left_by.is_none() && stored.windows.is_empty() && stored.states.is_empty();
        for at in plan.folds.iter().filter(|_| with_folds) {
            let (column, by) = (at.source.name(graph), at.fold.name());
            let Some(stored) = stored.folds.iter().find(|stored| stored.column == column && stored.by == by) else {
                continue;
            };
            let fold = at.fold.load(&stored.state).map_err(|error| unreadable(column, &error.to_string()))?;
            memory.folds.push((*at, fold));
        }
        for at in &plan.windows {
            let name = window_name(graph, at);
            // Made here, so that a state names all windows of its request, whether rows came or not.
            let window = memory.window(at);
            match stored.windows.get(&name) {
                Some(state) => window.load(state).map_err(|error| unreadable(&name, &error.to_string()))?,
                None if is_fit => {}
                None => return Err(of_another_request(readers(graph, at), &format!("window {name}"))),
            }
        }
        for node in stateful(graph, plan) {
            let (name, kernel) = (&graph.node(node).name, &graph.node(node).kernel);
            let state = match stored.states.get(name) {
                Some(state) => kernel.load(state).map_err(|message| unreadable(name, &message))?,
                // Made here, as windows are.
                None if is_fit => kernel.begin(),
                None => return Err(of_another_request(vec![name.clone()], "state of it")),
            };
            memory.states.extend(state.map(|state| (node, state)));
        }
        memory.checks.clone_from(&stored.checks);
        Ok(memory)
    }

    /// Puts all of it into `stored`; folds only if asked to. Windows and states of other requests go: they stood still.
    pub(crate) fn save(&self, graph: &Graph, stored: &mut Fitted, with_folds: bool) -> Result<()> {
        if with_folds {
            self.save_folds(graph, stored)?;
        }
        let windows = self.windows.iter().map(|(at, window)| {
            let name = window_name(graph, at);
            let state = window.save().map_err(|error| not_storable(&name, &error.to_string()))?;
            Ok((name, state))
        });
        stored.windows = windows.collect::<Result<BTreeMap<_, _>>>()?;
        stored.checks.clone_from(&self.checks);
        stored.states.clear();
        for (&node, state) in &self.states {
            let name = &graph.node(node).name;
            let state = state.save().map_err(|why| not_storable(name, &why))?;
            stored.states.insert(name.clone(), state);
        }
        Ok(())
    }

    /// Puts its folds into `stored`.
    pub(crate) fn save_folds(&self, graph: &Graph, stored: &mut Fitted) -> Result<()> {
        for (at, fold) in &self.folds {
            let (column, by) = (at.source.name(graph).to_owned(), at.fold.name());
            let state = fold.save().map_err(|error| not_storable(&column, &error.to_string()))?;
            stored.folds.retain(|known| known.column != column || known.by != by);
            stored.folds.push(StoredFold { column, by, state });
        }
        Ok(())
    }
}

/// What a window is called where it is stored, and in plans.
pub(crate) fn window_name(graph: &Graph, at: &WindowAt) -> String {
    let keys: Vec<&str> = at.keys.iter().map(|key| key.name(graph)).collect();
    let by = if keys.is_empty() { String::new() } else { format!(" by {}", keys.join(", ")) };
    let (column, time) = (at.source.name(graph), at.time.name(graph));
    format!("{column} by {} within {} of {time}{by}", at.fold.name(), at.extent)
}

/// What a check is called where what it has seen is stored.
pub(crate) fn check_name(node: &str, check: &Check) -> String {
    format!("{node}: {}", check.name())
}

/// The nodes with a state that a plan computes.
fn stateful(graph: &Graph, plan: &Plan) -> Vec<u32> {
    let steps = plan.segments.iter().flat_map(|segment| match segment {
        Segment::Calls(calls) => &calls.steps[..],
        _ => &[],
    });
    let nodes = steps.filter_map(|step| if let Op::Node(node) = step.op { Some(node) } else { None });
    nodes.filter(|node| graph.node(*node).is_stateful).collect()
}

/// The nodes that read a window.
fn readers(graph: &Graph, at: &WindowAt) -> Vec<String> {
    let reads = |(node, reads): &(&Node, &Vec<Read>)| {
        node.params.iter().zip(*reads).any(|(param, read)| {
            let is_same = matches!(&param.part, ParamPart::Window { extent, .. } if *extent == at.extent);
            let source = match read {
                Read::Node(node) => Some(Entity::Node(*node)),
                Read::Input(input) => Some(Entity::Input(*input)),
                _ => None,
            };
            is_same && source == Some(at.source) && param.flow_type.shape == Shape::Window(at.fold)
        })
    };
    graph.nodes.iter().zip(&graph.reads).filter(reads).map(|(node, _)| node.name.clone()).collect()
}

fn of_another_request(nodes: Vec<String>, lacks: &str) -> Error {
    let named = nodes.iter().map(|node| format!("`{node}`")).collect::<Vec<_>>().join(", ");
    let message = format!(
        "the state to go on from is that of a stream of another request, which did not have {named}: it has no {lacks}. Go \
         on with that request, or begin anew from a fit"
    );
    Error::one(Phase::Plan, Problem::new(Kind::NeedsFitted, nodes, message))
}

fn unreadable(name: &str, why: &str) -> Error {
    let message = format!("the state of `{name}` cannot be read: {why}");
    Error::one(Phase::Plan, Problem::new(Kind::NotStorable, [name], message))
}

fn not_storable(name: &str, why: &str) -> Error {
    let message = format!("the state of `{name}` has no form that can be stored: {why}");
    Error::one(Phase::Run, Problem::new(Kind::NotStorable, [name], message))
}
