//! Micro-batches: the rows of each are computed as they come, with fitted values or with folds that run along. Planned
//! once; what goes on from batch to batch stays as it was if a batch fails.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::fit::{frontier, replacements};
use super::fitted::Fitted;
use crate::check::Severity;
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::{Item, Shape};
use crate::graph::{Dataflow, Graph};
use crate::memory::Memory;
use crate::observer::Observer;
use crate::plan::{self, Entity, Given, GivenAs, Plan};
use crate::run::{Intake, Mode, Outputs, State, execute, finish_outputs, preflight};
use crate::value::Value;

/// A graph that micro-batches are pushed through.
pub struct Stream {
    flow: Dataflow,
    request: Vec<String>,
    entities: Vec<Entity>,
    fitted: Fitted,
    /// Values in the place of nodes; empty if folds run along.
    replaced: Intake,
    is_running: bool,
    /// The plan, and what it was made for: the same as long as batches have the same columns.
    planned: Option<(Given, Arc<Plan>)>,
    memory: Memory,
    skipped: Vec<(String, String)>,
    observer: Option<Arc<dyn Observer>>,
}

/// What is pushed through a stream: rows, and inputs beside them.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    intake: Intake,
}

impl Batch {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Rows, once: each input of rows is the column of its name.
    pub fn frame(mut self, batch: &RecordBatch) -> Self {
        self.intake.set_frame(batch);
        self
    }

    /// An input beside the rows, for this batch.
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.intake.inputs.push((name.into(), value.into()));
        self
    }
}

impl From<&RecordBatch> for Batch {
    fn from(batch: &RecordBatch) -> Self {
        Self::new().frame(batch)
    }
}

impl Dataflow {
    /// A stream whose values of the data set are those that were fitted, and stay so. Windows and states go on from what
    /// an earlier stream has left in `fitted`.
    ///
    /// # Errors
    /// Values of another graph; a value that the request needs and that was not fitted; a state of a stream that had not all
    /// windows and nodes with a state of this one; a whole column; a check that no value comes twice, of severity `fail` and
    /// not [`offline`](crate::Check::offline).
    pub fn stream_named(&self, fitted: &Fitted, request: &[&str]) -> Result<Stream> {
        self.open_stream(fitted, request, false)
    }

    /// A stream whose folds go on from what was fitted: each batch is taken in before its rows are computed.
    ///
    /// # Errors
    /// As [`Dataflow::stream_named`].
    pub fn running_stream_named(&self, fitted: &Fitted, request: &[&str]) -> Result<Stream> {
        self.open_stream(fitted, request, true)
    }

    /// Whether rows of a request depend on earlier rows: through a window, or a node with a state.
    ///
    /// # Errors
    /// A name that no node and no input has.
    pub fn looks_back(&self, request: &[&str]) -> Result<bool> {
        let mut needed = std::collections::BTreeSet::new();
        for name in request {
            needed.extend(self.upstream(name)?);
        }
        let is_window = |node: &crate::node::Node| {
            node.params.iter().any(|param| matches!(param.flow_type.shape, Shape::Window(_)))
        };
        let mut nodes = self.0.nodes.iter().filter(|node| needed.contains(&node.name));
        Ok(nodes.any(|node| node.is_stateful || is_window(node)))
    }

    fn open_stream(&self, fitted: &Fitted, request: &[&str], is_running: bool) -> Result<Stream> {
        fitted.check(self)?;
        let entities = named(&self.0, request)?;
        refuse_columns(&self.0, &entities, fitted)?;
        let replaced = replacements(fitted, &self.0, &entities)?;
        let skipped = skipped_checks(&self.0, &entities, fitted)?;
        let mut stream = Stream {
            flow: self.clone(),
            request: request.iter().map(|&name| name.to_owned()).collect(),
            entities,
            fitted: fitted.clone(),
            replaced: if is_running { fitted.replaced() } else { replaced },
            is_running,
            planned: None,
            memory: Memory::default(),
            skipped,
            observer: None,
        };
        if let Some(given) = stream.expected()? {
            stream.plan(given)?;
        }
        Ok(stream)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("request", &self.request).finish_non_exhaustive()
    }
}

impl Stream {
    /// Tells somebody what happens.
    pub fn observe(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Computes the rows of a batch. If that fails, the stream is as it was before.
    ///
    /// # Errors
    /// As those of a run; a row that is late for a window.
    pub fn push(&mut self, batch: impl Into<Batch>) -> Result<Outputs> {
        let request: Vec<&str> = self.request.iter().map(String::as_str).collect();
        let flow = self.flow.clone();
        let graph = &*flow.0;
        let intake = batch.into().intake;
        let (checked, _) = intake.check_with(graph, &request, &self.replaced)?;
        let plan = match &self.planned {
            Some((given, plan)) if *given == checked.given => Arc::clone(plan),
            _ => self.plan(checked.given.clone()).map_err(|error| intake.hint(graph, error))?,
        };
        let mut state = State::new(&plan, &checked, Mode::Strict);
        state.observer.clone_from(&self.observer);
        state.memory = std::mem::take(&mut self.memory);
        state.goes_on = true;
        let made = execute(graph, &plan, &mut state);
        self.memory = std::mem::take(&mut state.memory);
        if let Err(error) = made {
            self.memory.roll_back();
            return Err(error);
        }
        self.memory.commit();
        let request: Vec<&str> = self.request.iter().map(String::as_str).collect();
        finish_outputs(graph, &plan, state, &self.entities, &request)
    }

    /// What a stream goes on from: store it with the output, and begin again with it. Made anew at each call: folds,
    /// windows without the rows that no later row can see, and states of nodes. The same however the rows were cut into
    /// batches, unless a node with a state makes a difference.
    ///
    /// # Errors
    /// A state that has no form to be stored.
    pub fn state(&self) -> Result<Fitted> {
        let mut stored = self.stored()?;
        if self.planned.is_some() {
            stored.left_by = Some(self.request.clone());
        }
        Ok(stored)
    }

    /// Whether anything goes on from batch to batch: folds that run along, windows, states, checks of all rows.
    pub fn remembers(&self) -> bool {
        // Before the first batch, what it was begun with.
        if self.planned.is_some() { self.memory.has_any(self.is_running) } else { self.fitted.left_by.is_some() }
    }

    /// Nodes and their checks that batches are not asked.
    pub fn skipped_checks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.skipped.iter().map(|(node, check)| (&**node, &**check))
    }

    fn stored(&self) -> Result<Fitted> {
        let mut stored = self.fitted.clone();
        if self.planned.is_some() {
            self.memory.save(&self.flow.0, &mut stored, self.is_running)?;
        }
        Ok(stored)
    }

    /// Plans, and takes up what is remembered under the new plan.
    fn plan(&mut self, given: Given) -> Result<Arc<Plan>> {
        let graph = &*self.flow.0;
        let plan = Arc::new(plan::plan(graph, &self.entities, &given)?);
        let request: Vec<&str> = self.request.iter().map(String::as_str).collect();
        let (known, _) = Intake::default().check_with(graph, &request, &self.replaced)?;
        preflight(graph, &plan, &known, true)?;
        if let Some(observer) = &self.observer {
            observer.planned(&plan::print::lines(graph, &plan));
        }
        self.fitted = self.stored()?;
        self.memory = Memory::load(graph, &plan, &self.fitted, self.is_running)?;
        self.planned = Some((given, Arc::clone(&plan)));
        Ok(plan)
    }

    /// What batches will bring, as far as the graph tells; nothing if it does not tell the type of a column.
    fn expected(&self) -> Result<Option<Given>> {
        let graph = &*self.flow.0;
        let request: Vec<&str> = self.request.iter().map(String::as_str).collect();
        let (checked, _) = Intake::default().check_with(graph, &request, &self.replaced)?;
        let mut given = checked.given;
        for (input, known) in graph.inputs.iter().zip(&mut given.inputs) {
            match (&input.flow_type.shape, input.flow_type.item) {
                (_, Item::Any) => return Ok(None),
                (Shape::Row, item) => known.get_or_insert(GivenAs::Rows(item)),
                _ => known.get_or_insert(GivenAs::One),
            };
        }
        Ok(Some(given))
    }
}

pub(super) fn named(graph: &Graph, request: &[&str]) -> Result<Vec<Entity>> {
    let mut problems = Vec::new();
    let entities = crate::run::entities(graph, request, &mut problems);
    Error::check(Phase::Plan, problems)?;
    Ok(entities)
}

/// The checks that batches are not asked; refuses those that promise what only the whole data set tells.
fn skipped_checks(graph: &Graph, request: &[Entity], fitted: &Fitted) -> Result<Vec<(String, String)>> {
    let mut known = frontier(graph, request).nodes;
    known.extend(fitted.names().filter_map(|name| graph.index.get(name)));
    let (mut skipped, mut problems) = (Vec::new(), Vec::new());
    for id in plan::order_without(graph, request, &known).into_iter().filter(|node| !graph.is_inside(*node)) {
        let node = graph.node(id);
        for check in node.checks.iter().filter(|check| !check.is_asked_of_rows(true)) {
            if check.is_asked(true) && check.severity == Severity::Fail {
                let message = format!(
                    "check `{}` of `{}` needs a data set, and there are batches: let it be `offline`, or of severity `warn`",
                    check.name(),
                    node.name
                );
                problems.push(Problem::new(Kind::CheckNotApplicable, [&node.name], message));
            } else {
                skipped.push((node.name.clone(), check.name()));
            }
        }
    }
    Error::check(Phase::Plan, problems)?;
    Ok(skipped)
}

/// A whole column is never there in a stream or for a row: a node that reads one cannot be served, unless it has a state,
/// and so says that it goes batch by batch.
pub(super) fn refuse_columns(graph: &Graph, request: &[Entity], fitted: &Fitted) -> Result<()> {
    let mut known = frontier(graph, request).nodes;
    known.extend(fitted.names().filter_map(|name| graph.index.get(name)));
    let reads_column = |node: &crate::node::Node| {
        let own = node.params.iter().filter(|param| param.part == crate::node::ParamPart::Own);
        own.into_iter().any(|param| param.flow_type.shape == Shape::Column)
    };
    let problems = plan::order_without(graph, request, &known)
        .into_iter()
        .map(|node| graph.node(node))
        .filter(|node| reads_column(node) && !node.is_stateful)
        .map(|node| {
            let name = &node.name;
            let message = format!("`{name}` reads a whole column, which batches and rows do not have: replace it");
            Problem::new(Kind::NeedsFitted, [name], message)
        });
    Error::check(Phase::Plan, problems.collect())
}
