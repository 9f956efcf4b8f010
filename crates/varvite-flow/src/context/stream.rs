//! Micro-batches: the rows of each are computed as they come, with fitted values or with folds that run along.

use arrow::array::RecordBatch;

use super::fit::{frontier, replacements, stored_folds};
use super::fitted::Fitted;
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::graph::{Dataflow, Graph};
use crate::plan::{self, Entity, FoldAt, Plan};
use crate::run::{Intake, Mode, Outputs, State, execute, finish_outputs};
use crate::value::Value;

/// A graph that micro-batches are pushed through.
pub struct Stream {
    flow: Dataflow,
    request: Vec<String>,
    fitted: Fitted,
    /// Values in the place of nodes; empty if folds run along.
    replaced: Vec<(String, Value)>,
    is_running: bool,
}

impl Dataflow {
    /// A stream whose values of the data set are those that were fitted, and stay so.
    ///
    /// # Errors
    /// Values of another graph; a value that the request needs and that was not fitted; a whole column.
    pub fn stream_named(&self, fitted: &Fitted, request: &[&str]) -> Result<Stream> {
        fitted.check(self)?;
        let entities = named(&self.0, request)?;
        refuse_columns(&self.0, &entities)?;
        let replaced = replacements(fitted, &self.0, &entities)?;
        let request = request.iter().map(|&name| name.to_owned()).collect();
        Ok(Stream { flow: self.clone(), request, fitted: fitted.clone(), replaced, is_running: false })
    }

    /// A stream whose folds go on from what was fitted: each batch is taken in before its rows are computed.
    ///
    /// # Errors
    /// As [`Dataflow::stream_named`].
    pub fn running_stream_named(&self, fitted: &Fitted, request: &[&str]) -> Result<Stream> {
        Ok(Stream { replaced: Vec::new(), is_running: true, ..self.stream_named(fitted, request)? })
    }
}

impl Stream {
    /// Computes the rows of a batch.
    ///
    /// # Errors
    /// As those of a run.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<Outputs> {
        let graph = &*self.flow.0;
        let request: Vec<&str> = self.request.iter().map(String::as_str).collect();
        let intake = Intake { inputs: Vec::new(), overrides: self.replaced.clone(), frame: Some(batch.clone()) };
        let (checked, entities) = intake.check(graph, &request)?;
        let plan = plan::plan(graph, &entities, &checked.given)?;
        let mut state = State::new(&plan, &checked, Mode::Strict);
        if self.is_running {
            begin_folds(graph, &plan, &self.fitted, &mut state)?;
        }
        execute(graph, &plan, &mut state)?;
        if self.is_running {
            self.fitted.folds = stored_folds(graph, &plan, &state)?;
        }
        finish_outputs(graph, &plan, state, &entities, &request)
    }

    /// What a stream goes on from: store it with the output, and begin again with it.
    pub fn state(&self) -> &Fitted {
        &self.fitted
    }
}

fn begin_folds(graph: &Graph, plan: &Plan, fitted: &Fitted, state: &mut State) -> Result<()> {
    for FoldAt { source, fold, slot } in &plan.folds {
        let (column, by) = (source.name(graph), fold.name());
        let stored = fitted.folds.iter().find(|stored| stored.column == column && stored.by == by);
        let Some(stored) = stored else { continue };
        let begun = fold.load(&stored.state).map_err(|error| {
            let message = format!("the state of `{column}` by {by} cannot be read: {error}");
            Error::one(Phase::Plan, Problem::new(Kind::NotStorable, [column], message))
        })?;
        state.folds.push((*slot, begun));
    }
    Ok(())
}

pub(super) fn named(graph: &Graph, request: &[&str]) -> Result<Vec<Entity>> {
    let mut problems = Vec::new();
    let entities = crate::run::entities(graph, request, &mut problems);
    Error::check(Phase::Plan, problems)?;
    Ok(entities)
}

/// A whole column is never there in a stream or for a row: a node of rows that reads one cannot be served.
pub(super) fn refuse_columns(graph: &Graph, request: &[Entity]) -> Result<()> {
    let fitted = frontier(graph, request);
    let problems = plan::order_without(graph, request, &fitted)
        .into_iter()
        .filter(|&node| graph.node(node).out.shape == crate::flow_type::Shape::Column)
        .map(|node| {
            let name = &graph.node(node).name;
            let message = format!("`{name}` makes a whole column, which batches and rows do not have: replace it");
            Problem::new(Kind::NeedsFitted, [name], message)
        });
    Error::check(Phase::Plan, problems.collect())
}
