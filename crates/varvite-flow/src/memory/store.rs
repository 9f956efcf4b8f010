//! What a stream remembers, in the form that is stored: by names, so that another plan finds it.

use std::collections::BTreeMap;

use super::Memory;
use crate::context::{Fitted, StoredFold};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::graph::Graph;
use crate::plan::{Plan, WindowAt};

impl Memory {
    /// Reads what a plan needs of a stored state. Folds go on only if asked to. Where nothing is stored all begins anew; a
    /// state that has other windows alone is that of another request, and refused.
    pub(crate) fn load(graph: &Graph, plan: &Plan, stored: &Fitted, with_folds: bool) -> Result<Self> {
        let mut memory = Self::default();
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
                None if stored.windows.is_empty() => {}
                None => return Err(of_another_request(graph, at, &name)),
            }
        }
        for (name, state) in &stored.states {
            let Some(&node) = graph.index.get(name) else { continue };
            let state = graph.node(node).kernel.load(state).map_err(|message| unreadable(name, &message))?;
            memory.states.extend(state.map(|state| (node, state)));
        }
        Ok(memory)
    }

    /// Puts all of it into `stored`; folds only if asked to.
    pub(crate) fn save(&self, graph: &Graph, stored: &mut Fitted, with_folds: bool) -> Result<()> {
        if with_folds {
            self.save_folds(graph, stored)?;
        }
        let windows = self.windows.iter().map(|(at, window)| {
            let name = window_name(graph, at);
            let state = window.save().map_err(|error| not_storable(&name, &error.to_string()))?;
            Ok((name, state))
        });
        stored.windows.extend(windows.collect::<Result<BTreeMap<_, _>>>()?);
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

fn of_another_request(graph: &Graph, at: &WindowAt, name: &str) -> Error {
    let message = format!(
        "the state to go on from is that of a stream of another request: it has no window {name}. Go on with that \
         request, or begin anew from a fit"
    );
    Error::one(Phase::Plan, Problem::new(Kind::NeedsFitted, [at.source.name(graph)], message))
}

fn unreadable(name: &str, why: &str) -> Error {
    let message = format!("the state of `{name}` cannot be read: {why}");
    Error::one(Phase::Plan, Problem::new(Kind::NotStorable, [name], message))
}

fn not_storable(name: &str, why: &str) -> Error {
    let message = format!("the state of `{name}` has no form that can be stored: {why}");
    Error::one(Phase::Run, Problem::new(Kind::NotStorable, [name], message))
}
