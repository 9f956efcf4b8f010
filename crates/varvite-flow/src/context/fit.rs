//! Fitting: what a request needs of a data set as a whole is computed once and kept.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use super::fitted::{Fitted, Stored};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::{Item, Shape};
use crate::fold::FoldType;
use crate::graph::{Dataflow, Graph, Read};
use crate::memory::Memory;
use crate::node::ParamPart;
use crate::plan::{self, Entity, Given, GivenAs, Plan, Segment};
use crate::run::{Checked, Intake, Mode, State, execute, execute_segment};
use crate::value::Value;

impl Dataflow {
    /// What a fit is of no data set: for a request that needs nothing of one, or with values that are put in by
    /// [`Fitted::replace`].
    pub fn unfitted(&self) -> Fitted {
        Fitted::new(self, 0)
    }

    /// Computes what `request` needs of a data set as a whole: nodes with one value that depend on rows, and folds. The
    /// batches are the data set, one after the other; where folds are all that is needed of it, no two batches are put
    /// together.
    ///
    /// # Errors
    /// As those of a run; a value of a type that cannot be stored.
    pub fn fit_named(&self, batches: &[RecordBatch], request: &[&str]) -> Result<Fitted> {
        if batches.is_empty() {
            return Err(no_batches());
        }
        self.fit_given(&Intake::default(), batches, request)
    }

    /// The same, with inputs and replacements beside the rows, which may be those of frames among the inputs.
    pub(crate) fn fit_given(&self, beside: &Intake, batches: &[RecordBatch], request: &[&str]) -> Result<Fitted> {
        let graph = &*self.0;
        let with = |frame: Option<RecordBatch>| Intake { frame, ..beside.clone() };
        let begin = with(batches.first().cloned());
        let (_, entities) = begin.check(graph, request)?;
        let wanted = frontier(graph, &entities);
        let names: Vec<&str> = wanted.nodes.iter().map(|&node| graph.node(node).name.as_str()).collect();
        let (checked, entities) = begin.check(graph, &names)?;
        let plan = plan::plan_with_folds(graph, &entities, &wanted.folds, &checked.given)
            .map_err(|error| begin.hint(graph, error))?;
        let state = if batches.len() > 1 && is_fold_alone(&plan) {
            in_turn(graph, &plan, &checked, batches.iter().cloned().map(|batch| with(Some(batch))), &names)?
        } else {
            let (checked, _) = with(joined(batches)?).check(graph, &names)?;
            let mut state = State::new(&plan, &checked, Mode::Strict);
            execute(graph, &plan, &mut state)?;
            state
        };
        // Rows may be those of frames alone.
        let given = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        let num_rows = if batches.is_empty() { state.num_rows.unwrap_or_default() } else { given };
        let mut fitted = Fitted::new(self, num_rows as u64);
        for (name, &slot) in names.iter().zip(&plan.outputs) {
            let value = &state.slots[slot as usize];
            let stored = Stored::of(value).ok_or_else(|| not_storable(name, value))?;
            fitted.values.insert((*name).to_owned(), stored);
        }
        let mut memory = state.memory;
        memory.commit();
        memory.save_folds(graph, &mut fitted)?;
        Ok(fitted)
    }
}

fn no_batches() -> Error {
    unfit("there are no batches to fit on; what needs none goes on from `unfitted`".to_owned())
}

/// Whether rows are folded and nothing else: one pass that leaves no column, and calls.
fn is_fold_alone(plan: &Plan) -> bool {
    let Some((Segment::Pass(pass), rest)) = plan.segments.split_first() else { return false };
    pass.outputs.is_empty() && pass.checks.is_empty() && rest.iter().all(|segment| matches!(segment, Segment::Calls(_)))
}

/// Goes through the batches one by one, and calls what reads the folds at the end.
fn in_turn(
    graph: &Graph,
    plan: &Plan,
    first: &Checked,
    batches: impl Iterator<Item = Intake>,
    names: &[&str],
) -> Result<State> {
    let mut memory = Memory::default();
    let mut state = State::new(plan, first, Mode::Strict);
    for batch in batches {
        let (checked, _) = batch.check(graph, names)?;
        if checked.given != first.given {
            return Err(unfit("batches do not fit together: they have different columns".to_owned()));
        }
        state = State::new(plan, &checked, Mode::Strict);
        state.memory = memory;
        for segment in plan.segments.iter().take(1) {
            execute_segment(graph, plan, segment, &mut state)?;
        }
        memory = std::mem::take(&mut state.memory);
        memory.commit();
    }
    for segment in plan.segments.iter().skip(1) {
        execute_segment(graph, plan, segment, &mut state)?;
    }
    state.memory = memory;
    Ok(state)
}

/// What a fit is asked for.
pub(super) struct Frontier {
    /// Nodes with one value of the data set that something reads which goes row by row or batch by batch.
    pub(super) nodes: Vec<u32>,
    /// Folds that such a thing reads.
    pub(super) folds: Vec<(Entity, FoldType)>,
}

/// Where a fit ends.
pub(super) fn frontier(graph: &Graph, request: &[Entity]) -> Frontier {
    let order = plan::order(graph, request, &everything(graph));
    // Of the data set as a whole; of a batch: it has a state, or reads what batches bring.
    let mut of_rows = vec![false; graph.nodes.len()];
    let mut of_batch = vec![false; graph.nodes.len()];
    let mut wanted = vec![false; graph.nodes.len()];
    let mut folds: Vec<(Entity, FoldType)> = Vec::new();
    let is_one = |node: u32| !graph.node(node).out.is_of_rows();
    for &node in &order {
        let own = graph.node(node);
        let reads = || own.params.iter().zip(&graph.reads[node as usize]);
        of_batch[node as usize] = own.is_stateful;
        for (_, read) in reads() {
            of_batch[node as usize] |= brings_batches(graph, read);
            read.for_each_node(&mut |source| of_batch[node as usize] |= of_batch[source as usize] && is_one(source));
        }
        let goes_by_parts = own.out.shape == Shape::Row || of_batch[node as usize];
        for (param, read) in reads() {
            let whole =
                matches!(param.flow_type.shape, Shape::Folded(_) | Shape::Column) && param.part == ParamPart::Own;
            of_rows[node as usize] |= whole && !goes_by_parts;
            if let (Shape::Folded(fold), true, Some(source)) = (&param.flow_type.shape, goes_by_parts, entity(read)) {
                folds.push((source, *fold));
            }
            read.for_each_node(&mut |source| {
                let reads_whole = of_rows[source as usize] && is_one(source);
                if goes_by_parts {
                    wanted[source as usize] |= reads_whole;
                } else {
                    of_rows[node as usize] |= reads_whole;
                }
            });
        }
    }
    for entity in request {
        if let Entity::Node(node) = entity {
            wanted[*node as usize] |= of_rows[*node as usize] && is_one(*node);
        }
    }
    folds.sort_by_key(|(source, _)| *source);
    folds.dedup();
    Frontier { nodes: order.into_iter().filter(|&node| wanted[node as usize]).collect(), folds }
}

/// Whether a parameter reads an input that is a batch of rows.
fn brings_batches(graph: &Graph, read: &Read) -> bool {
    matches!(read, Read::Input(input) if graph.inputs[*input as usize].flow_type.item == Item::Batch)
}

fn entity(read: &Read) -> Option<Entity> {
    match read {
        Read::Node(node) => Some(Entity::Node(*node)),
        Read::Input(input) => Some(Entity::Input(*input)),
        Read::Value(_) | Read::Group(_) => None,
    }
}

/// As if every input were given.
fn everything(graph: &Graph) -> Given {
    let mut given = Given::nothing(graph);
    given.inputs.iter_mut().for_each(|input| *input = Some(GivenAs::One));
    given
}

fn joined(batches: &[RecordBatch]) -> Result<Option<RecordBatch>> {
    let [first, _, ..] = batches else { return Ok(batches.first().cloned()) };
    let joined = concat_batches(&first.schema(), batches);
    joined.map(Some).map_err(|error| unfit(format!("batches do not fit together: {error}")))
}

fn unfit(message: String) -> Error {
    Error::one(Phase::Plan, Problem::new(Kind::InputTypeMismatch, Vec::<String>::new(), message))
}

fn not_storable(name: &str, value: &Value) -> Error {
    let found = crate::flow_type::short(value.type_name());
    let message = format!(
        "the value of `{name}` is of the type {found}, which has no form that can be stored: let it make numbers, text, \
         dates or lists of these, and build the rest in a node that reads them"
    );
    Error::one(Phase::Run, Problem::new(Kind::NotStorable, [name], message))
}

/// The values of a fit as replacements of their nodes, and its folds.
pub(crate) fn replacements(fitted: &Fitted, graph: &Graph, request: &[Entity]) -> Result<Intake> {
    fitted.check_names(graph)?;
    let mut made = Intake::default();
    let wanted = frontier(graph, request);
    for node in wanted.nodes {
        let name = &graph.node(node).name;
        if fitted.get(name).is_none() {
            let message = format!("`{name}` was not fitted: fit for this request, or replace it");
            return Err(Error::one(Phase::Plan, Problem::new(Kind::NeedsFitted, [name], message)));
        }
    }
    for name in fitted.names() {
        made.overrides.extend(fitted.get(name).map(|value| (name.to_owned(), value)));
    }
    for (source, fold) in wanted.folds {
        let (column, by) = (source.name(graph), fold.name());
        let stored = fitted.folds.iter().find(|stored| stored.column == column && stored.by == by);
        let loaded = stored.and_then(|stored| fold.load(&stored.state).ok()).ok_or_else(|| {
            let message = format!("`{column}` folded by {by} was not fitted: fit for this request");
            Error::one(Phase::Plan, Problem::new(Kind::NeedsFitted, [column], message))
        })?;
        made.folds.push((source, fold, loaded.value()));
    }
    Ok(made)
}
