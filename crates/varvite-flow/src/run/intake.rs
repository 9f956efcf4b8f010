//! What a run was given, checked: inputs, rows, replacements and config are four things.

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow::array::{ArrayRef, RecordBatch};

use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::{FlowType, Item, Shape};
use crate::fold::FoldType;
use crate::graph::Graph;
use crate::plan::{Entity, Given, GivenAs};
use crate::row::lane::{conform, item_of};
use crate::value::Value;

/// What a run was given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Intake {
    pub(crate) inputs: Vec<(String, Value)>,
    pub(crate) overrides: Vec<(String, Value)>,
    pub(crate) frame: Option<RecordBatch>,
    /// Whether rows were given more than once.
    pub(crate) has_frames: bool,
    /// Folds that were fitted.
    pub(crate) folds: Vec<(Entity, FoldType, Value)>,
}

/// The same, by place in the graph.
pub(crate) struct Checked {
    pub(crate) given: Given,
    pub(crate) values: HashMap<Entity, Value>,
    /// How many rows the given columns have, if there are any.
    pub(crate) num_rows: Option<usize>,
    pub(crate) folds: Vec<(Entity, FoldType, Value)>,
}

/// What a request names.
pub(crate) fn entities(graph: &Graph, request: &[&str], problems: &mut Vec<Problem>) -> Vec<Entity> {
    let mut found = Vec::new();
    for name in request {
        if let Some(&node) = graph.index.get(*name) {
            if graph.is_inside(node) {
                problems.push(inside(name, "ask for"));
            }
            found.push(Entity::Node(node));
        } else if let Some(&input) = graph.input_index.get(*name) {
            found.push(Entity::Input(input));
        } else {
            problems.push(unknown_node(graph, name));
        }
    }
    found
}

pub(crate) fn unknown_node(graph: &Graph, name: &str) -> Problem {
    let known = graph.nodes.iter().map(|node| node.name.as_str());
    Problem::new(Kind::UnknownNode, [name], format!("there is no node `{name}`")).near(name, known)
}

fn inside(name: &str, what: &str) -> Problem {
    let message = format!("`{name}` is inside a fan-out: it has one value for each item, and none to {what}");
    Problem::new(Kind::InsideEach, [name], message)
}

impl Intake {
    /// Takes rows.
    pub(crate) fn set_frame(&mut self, batch: &RecordBatch) {
        self.has_frames |= self.frame.is_some();
        self.frame = Some(batch.clone());
    }

    /// What was given more than once.
    fn repeated(&self) -> Vec<Problem> {
        let twice = |given: &[(String, Value)], how: &str| {
            let mut seen = HashSet::new();
            let again = given.iter().map(|(name, _)| name).filter(|&name| !seen.insert(name.as_str()));
            let problem =
                |name| Problem::new(Kind::GivenTwice, [name], format!("`{name}` {how} twice: which is meant?"));
            again.collect::<BTreeSet<_>>().into_iter().map(problem).collect::<Vec<_>>()
        };
        let mut problems = twice(&self.inputs, "is given");
        problems.extend(twice(&self.overrides, "is replaced"));
        if self.has_frames {
            let message = "rows are given twice: put the columns of both into one batch";
            problems.push(Problem::new(Kind::GivenTwice, Vec::<String>::new(), message));
        }
        problems
    }

    /// Adds to inputs that are missing which column of the rows may have been meant.
    pub(crate) fn hint(&self, graph: &Graph, mut error: Error) -> Error {
        let Some(frame) = &self.frame else { return error };
        let unread = |name: &&str| !graph.input_index.contains_key(*name);
        for problem in error.problems.iter_mut().filter(|problem| problem.kind == Kind::MissingInput) {
            let columns = frame.schema_ref().fields().iter().map(|field| field.name().as_str()).filter(unread);
            problem.did_you_mean = problem.names.first().and_then(|name| crate::error::nearest(name, columns));
        }
        error
    }

    /// Checks all names and types.
    pub(crate) fn check(&self, graph: &Graph, request: &[&str]) -> Result<(Checked, Vec<Entity>)> {
        self.check_with(graph, request, &Self::default())
    }

    /// The same, with what another one has beside it.
    pub(crate) fn check_with(&self, graph: &Graph, request: &[&str], other: &Self) -> Result<(Checked, Vec<Entity>)> {
        let mut problems = Vec::new();
        let entities = entities(graph, request, &mut problems);
        let num_rows = self.frame.as_ref().map(RecordBatch::num_rows);
        let mut checker = Checker {
            graph,
            checked: Checked { given: Given::nothing(graph), values: HashMap::new(), num_rows, folds: Vec::new() },
            problems,
        };
        checker.problems.extend(self.repeated());
        for (key, value) in &graph.config {
            checker.config(key, value);
        }
        for (name, value) in self.inputs.iter().chain(&other.inputs) {
            checker.input(name, value);
        }
        if let Some(frame) = &self.frame {
            checker.frame(frame, &self.inputs);
        }
        checker.checked.given.folds = self.folds.iter().chain(&other.folds).map(|(at, fold, _)| (*at, *fold)).collect();
        checker.checked.folds = self.folds.iter().chain(&other.folds).cloned().collect();
        for (name, value) in self.overrides.iter().chain(&other.overrides) {
            checker.replacement(name, value);
        }
        Error::check(Phase::Plan, checker.problems)?;
        Ok((checker.checked, entities))
    }
}

fn is_twice(frame: &RecordBatch, name: &str) -> bool {
    frame.schema_ref().fields().iter().filter(|field| field.name() == name).nth(1).is_some()
}

/// A value as nodes read it: rows that stand for a frame become one here, and not in each node.
#[cfg(feature = "polars")]
pub(crate) fn taken(wanted: &FlowType, value: &Value) -> Result<Value, String> {
    match value {
        Value::Batch(batch) if wanted.item == crate::lazy::frame_item() => {
            Ok(<crate::Frame>::from_batch(batch)?.into())
        }
        value => Ok(value.clone()),
    }
}

#[cfg(not(feature = "polars"))]
#[expect(clippy::unnecessary_wraps, reason = "there are errors where there are frames")]
pub(crate) fn taken(_wanted: &FlowType, value: &Value) -> Result<Value, String> {
    Ok(value.clone())
}

struct Checker<'a> {
    graph: &'a Graph,
    checked: Checked,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn config(&mut self, key: &str, value: &Value) {
        if let Some(&input) = self.graph.input_index.get(key) {
            self.give(Entity::Input(input), key, value);
        }
    }

    fn input(&mut self, name: &str, value: &Value) {
        if self.graph.config.contains_key(name) {
            let message = format!("`{name}` is in the config and among the inputs");
            self.problems.push(Problem::new(Kind::ConfigInputClash, [name], message));
        } else if self.graph.index.contains_key(name) {
            let message = format!("`{name}` is a node, not an input");
            self.problems.push(Problem::new(Kind::InputIsNode, [name], message));
        } else if let Some(&input) = self.graph.input_index.get(name) {
            self.give(Entity::Input(input), name, value);
        } else {
            let known = self.graph.inputs.iter().map(|input| input.name.as_str());
            let problem = Problem::new(Kind::UnknownInput, [name], format!("no node reads an input `{name}`"));
            self.problems.push(problem.near(name, known));
        }
    }

    fn frame(&mut self, frame: &RecordBatch, inputs: &[(String, Value)]) {
        for (place, input) in (0_u32..).zip(&self.graph.inputs) {
            let is_of_rows = input.flow_type.shape == Shape::Row || input.flow_type.item == Item::Any;
            let free = self.checked.given.inputs[place as usize].is_none();
            if is_of_rows
                && inputs.iter().any(|(name, _)| *name == input.name)
                && frame.column_by_name(&input.name).is_some()
            {
                let message = format!("`{0}` is among the inputs, and the rows have a column `{0}`", input.name);
                self.problems.push(Problem::new(Kind::GivenTwice, [&input.name], message));
            }
            if is_of_rows && free && is_twice(frame, &input.name) {
                let message = format!("the rows have several columns `{}`: which is meant?", input.name);
                self.problems.push(Problem::new(Kind::InputTypeMismatch, [&input.name], message));
                self.checked.given.inputs[place as usize] = Some(GivenAs::One);
                continue;
            }
            if let Some(column) = frame.column_by_name(&input.name).filter(|_| is_of_rows && free) {
                self.give(Entity::Input(place), &input.name, &Value::Column(column.clone()));
            }
        }
    }

    fn replacement(&mut self, name: &str, value: &Value) {
        if let Some(&node) = self.graph.index.get(name) {
            if self.graph.is_inside(node) {
                self.problems.push(inside(name, "replace"));
            } else {
                self.give(Entity::Node(node), name, value);
            }
        } else if self.graph.input_index.contains_key(name) {
            let message = format!("`{name}` is an input, not a node");
            self.problems.push(Problem::new(Kind::OverrideIsInput, [name], message));
        } else {
            self.problems.push(unknown_node(self.graph, name));
        }
    }

    fn give(&mut self, entity: Entity, name: &str, value: &Value) {
        let wanted = match entity {
            Entity::Node(node) => &self.graph.node(node).out,
            Entity::Input(input) => &self.graph.inputs[input as usize].flow_type,
        };
        if !wanted.accepts(value) {
            let found = match value {
                Value::Column(column) => format!("a column of {}", column.data_type()),
                Value::Null => "null".to_owned(),
                value => format!("{value:?}, {}", crate::flow_type::short(value.type_name())),
            };
            let message = format!("`{name}` is {wanted}, and was given {found}");
            self.problems.push(Problem::new(Kind::InputTypeMismatch, [name], message));
            return;
        }
        let (given, value) = match value {
            Value::Column(column) if wanted.is_of_rows() => match self.column(name, column, wanted) {
                Ok((item, column)) => (GivenAs::Rows(item), Value::Column(column)),
                Err(problem) => return self.problems.push(problem),
            },
            value => match taken(wanted, value) {
                Ok(value) => (GivenAs::One, value),
                Err(why) => {
                    let message = format!("`{name}` is {wanted}, and {why}");
                    return self.problems.push(Problem::new(Kind::InputTypeMismatch, [name], message));
                }
            },
        };
        match entity {
            Entity::Node(node) => self.checked.given.nodes[node as usize] = Some(given),
            Entity::Input(input) => self.checked.given.inputs[input as usize] = Some(given),
        }
        self.checked.values.insert(entity, value);
    }

    fn column(&mut self, name: &str, column: &ArrayRef, wanted: &FlowType) -> Result<(Item, ArrayRef), Problem> {
        let problem = |message: String| Problem::new(Kind::InputTypeMismatch, [name], message);
        let item = if wanted.item == Item::Any { item_of(column) } else { Some(wanted.item) };
        let conformed = item.and_then(|item| Some((item, conform(column, item)?)));
        let (item, column) = conformed.ok_or_else(|| {
            let found = column.data_type();
            // Its type has been accepted: what does not fit are values.
            problem(format!("`{name}` is {wanted}, and was given a column of {found} with values that are none"))
        })?;
        let num_rows = *self.checked.num_rows.get_or_insert(column.len());
        if column.len() != num_rows {
            return Err(problem(format!("`{name}` has {} rows, others have {num_rows}", column.len())));
        }
        Ok((item, column))
    }
}
