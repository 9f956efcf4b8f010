//! Fitting: what a request needs of a data set as a whole is computed once and kept.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use super::fitted::{Fitted, Stored, StoredFold};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::Shape;
use crate::graph::{Dataflow, Graph};
use crate::plan::{self, Entity, Given, GivenAs};
use crate::run::{Intake, Mode, State, execute};
use crate::value::Value;

impl Dataflow {
    /// Computes what `request` needs of a data set as a whole: nodes with one value that depend on rows. The batches
    /// are the data set, one after the other.
    ///
    /// # Errors
    /// As those of a run; a value of a type that cannot be stored.
    pub fn fit_named(&self, batches: &[RecordBatch], request: &[&str]) -> Result<Fitted> {
        let graph = &*self.0;
        let intake = Intake { frame: Some(joined(batches)?), ..Intake::default() };
        let (_, entities) = intake.check(graph, request)?;
        let wanted = frontier(graph, &entities);
        let names: Vec<&str> = wanted.iter().map(|&node| graph.node(node).name.as_str()).collect();
        let (checked, entities) = intake.check(graph, &names)?;
        let plan = plan::plan(graph, &entities, &checked.given)?;
        let mut state = State::new(&plan, &checked, Mode::Strict);
        execute(graph, &plan, &mut state)?;
        let mut fitted = Fitted::new(self, state.num_rows.unwrap_or_default() as u64);
        for (name, &slot) in names.iter().zip(&plan.outputs) {
            let stored = Stored::of(&state.slots[slot as usize]).ok_or_else(|| not_storable(name))?;
            fitted.values.insert((*name).to_owned(), stored);
        }
        fitted.folds = stored_folds(graph, &plan, &state)?;
        Ok(fitted)
    }
}

/// The states of all folds of a run.
pub(super) fn stored_folds(graph: &Graph, plan: &plan::Plan, state: &State) -> Result<Vec<StoredFold>> {
    let mut stored = Vec::new();
    for fold in &plan.folds {
        let column = fold.source.name(graph);
        if let Some((_, whole)) = state.folds.iter().find(|(slot, _)| *slot == fold.slot) {
            let state = whole.save().map_err(|_| not_storable(column))?;
            stored.push(StoredFold { column: column.to_owned(), by: fold.fold.name(), state });
        }
    }
    Ok(stored)
}

/// The nodes with one value that depend on rows and that something reads which does not: where a fit ends.
pub(super) fn frontier(graph: &Graph, request: &[Entity]) -> Vec<u32> {
    let given = everything(graph);
    let order = plan::order(graph, request, &given);
    let mut of_rows = vec![false; graph.nodes.len()];
    let mut wanted = vec![false; graph.nodes.len()];
    let is_one = |node: u32| !graph.node(node).out.is_of_rows();
    for &node in &order {
        let own = graph.node(node);
        for (param, read) in own.params.iter().zip(&graph.reads[node as usize]) {
            let whole = matches!(param.flow_type.shape, Shape::Folded(_) | Shape::Column);
            of_rows[node as usize] |= whole;
            read.for_each_node(&mut |source| of_rows[node as usize] |= of_rows[source as usize] && is_one(source));
            if matches!(own.out.shape, Shape::Row) {
                read.for_each_node(&mut |source| wanted[source as usize] |= of_rows[source as usize] && is_one(source));
            }
        }
    }
    for entity in request {
        if let Entity::Node(node) = entity {
            wanted[*node as usize] |= of_rows[*node as usize] && is_one(*node);
        }
    }
    order.into_iter().filter(|&node| wanted[node as usize]).collect()
}

/// As if every input were given.
fn everything(graph: &Graph) -> Given {
    let mut given = Given::nothing(graph);
    given.inputs.iter_mut().for_each(|input| *input = Some(GivenAs::One));
    given
}

fn joined(batches: &[RecordBatch]) -> Result<RecordBatch> {
    let problem =
        |message: String| Error::one(Phase::Plan, Problem::new(Kind::InputTypeMismatch, Vec::<String>::new(), message));
    let first = batches.first().ok_or_else(|| problem("there are no batches to fit on".to_owned()))?;
    if batches.len() == 1 {
        return Ok(first.clone());
    }
    concat_batches(&first.schema(), batches).map_err(|error| problem(format!("batches do not fit together: {error}")))
}

fn not_storable(name: &str) -> Error {
    let message = format!("the value of `{name}` has no form that can be stored");
    Error::one(Phase::Run, Problem::new(Kind::NotStorable, [name], message))
}

/// The values of a fit as replacements of their nodes.
pub(super) fn replacements(fitted: &Fitted, graph: &Graph, request: &[Entity]) -> Result<Vec<(String, Value)>> {
    let mut values = Vec::new();
    for node in frontier(graph, request) {
        let name = &graph.node(node).name;
        let Some(value) = fitted.get(name) else {
            let message = format!("`{name}` was not fitted: fit for this request, or replace it");
            return Err(Error::one(Phase::Plan, Problem::new(Kind::NeedsFitted, [name], message)));
        };
        values.push((name.clone(), value));
    }
    Ok(values)
}
