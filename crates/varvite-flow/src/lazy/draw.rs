//! Draws up a lazy plan: calls the functions of its nodes, checks what they made, and puts their expressions in layers.

use std::cell::Cell;
use std::sync::Arc;

use polars::prelude::{Expr, LazyFrame, Schema, lit};

use super::convert::{data_type, fits, scalar};
use super::expression::{Expression, column, is_mark, leaves, mark};
use super::judge::{asked, is_by_row, type_of};
use crate::error::{Kind, Problem};
use crate::flow_type::{FlowType, Item};
use crate::function::{Args, Failure, caught};
use crate::graph::Graph;
use crate::node::{Engine, Node};
use crate::plan::{Lazy, LazyArg, LazyStep};
use crate::run::failed;
use crate::value::Value;

/// What is in a slot while a plan is drawn up.
pub(super) enum At<'a> {
    Value(&'a Value),
    /// It will be there, and is not yet.
    Later,
    Lost(Arc<Problem>),
}

/// What a plan stands on.
pub(super) struct Base {
    pub(super) frame: LazyFrame,
    /// Whether the columns from outside are in it, under their names; else each is one value.
    pub(super) has_columns: bool,
    /// Whether it stands for a single row, so that it matters whether expressions look at others.
    pub(super) is_single: bool,
}

/// A lazy plan that was drawn up.
pub(super) struct Drawing {
    /// Selects what leaves it, under the names of the nodes.
    pub(super) frame: LazyFrame,
    /// The steps that leave it, of those that the plan names.
    pub(super) outputs: Vec<(u32, u32)>,
    /// What keeps steps from being computed.
    pub(super) lost: Vec<Option<Arc<Problem>>>,
    /// Whether every row's values come from that row alone, as far as they were judged.
    pub(super) is_by_row: bool,
    /// Whether it is of a single row that was written twice.
    pub(super) is_single: bool,
}

/// Where and for whom.
pub(super) struct Draw<'a> {
    pub(super) graph: &'a Graph,
    pub(super) lazy: &'a Lazy,
    /// Whether rows come in parts, so that looking at other rows gives another answer.
    by_parts: bool,
    /// The step that a failure is of, if not of all.
    only: Option<u32>,
}

/// An expression, and the layer in which what it reads is there.
#[derive(Clone)]
struct Part {
    expr: Expr,
    layer: usize,
}

enum Step {
    Part(Part),
    Later,
    Lost(Arc<Problem>),
}

struct Drawer<'a> {
    draw: &'a Draw<'a>,
    judges: bool,
    is_single: bool,
    is_by_row: Cell<bool>,
    /// The columns of the base, and those that were added.
    schema: Schema,
    own: Schema,
    layers: Vec<Vec<Expr>>,
    columns: Vec<Step>,
    steps: Vec<Step>,
}

impl<'a> Draw<'a> {
    pub(super) fn new(graph: &'a Graph, lazy: &'a Lazy, by_parts: bool) -> Self {
        Self { graph, lazy, by_parts, only: None }
    }

    /// Draws the plan up. Nothing is computed.
    pub(super) fn drawn<'v>(&self, mut base: Base, at: &dyn Fn(u32) -> At<'v>) -> Result<Drawing, Problem> {
        let schema = asked(|| base.frame.collect_schema().map_err(|error| error.to_string()));
        let schema = schema.map_err(|error| self.problem(&error))?;
        let mut drawer = Drawer {
            draw: self,
            is_single: base.is_single,
            judges: self.by_parts || base.is_single,
            is_by_row: Cell::new(true),
            schema: (*schema).clone(),
            own: (*schema).clone(),
            layers: Vec::new(),
            columns: Vec::new(),
            steps: Vec::new(),
        };
        for column in &self.lazy.columns {
            let found = outside(&column.name, column.item, at(column.slot), base.has_columns);
            drawer.columns.push(found);
        }
        let mut num_readers = vec![0; self.lazy.steps.len()];
        for arg in self.lazy.steps.iter().flat_map(|step| &step.args) {
            if let LazyArg::Step(step) = arg {
                num_readers[*step as usize] += 1;
            }
        }
        for (number, step) in self.lazy.steps.iter().enumerate() {
            let made = drawer.step(step, at).unwrap_or_else(|problem| Step::Lost(Arc::new(problem)));
            let leaves = self.lazy.outputs.iter().any(|(output, _)| *output as usize == number);
            let made = match made {
                Step::Part(part) => Step::Part(drawer.placed(part, step, leaves || num_readers[number] > 1)),
                other => other,
            };
            drawer.steps.push(made);
        }
        Ok(drawer.finish(base.frame))
    }

    /// The same, for one step and those that it stands on.
    pub(super) fn only(&self, step: u32) -> Self {
        Self { only: Some(step), ..*self }
    }

    /// The steps whose failure a failure of the plan is.
    fn steps(&self) -> Vec<bool> {
        let steps = &self.lazy.steps;
        let mut told = vec![self.only.is_none(); steps.len()];
        for at in (0..steps.len()).rev() {
            told[at] |= self.only.is_some_and(|only| only as usize == at);
            let args = if told[at] { &steps[at].args[..] } else { &[] };
            for arg in args {
                if let LazyArg::Step(source) = arg {
                    told[*source as usize] = true;
                }
            }
        }
        told
    }

    /// The problem of a plan as a whole, or of one step.
    pub(super) fn problem(&self, message: &str) -> Problem {
        let told = self.lazy.steps.iter().zip(self.steps()).filter(|(_, is_told)| *is_told);
        let names: Vec<&str> = told.map(|(step, _)| self.graph.node(step.node).name.as_str()).collect();
        let told = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        Problem::new(Kind::NodeFailed, names, format!("the lazy plan of {told} failed: {message}"))
    }
}

impl Drawer<'_> {
    fn step<'v>(&self, step: &LazyStep, at: &dyn Fn(u32) -> At<'v>) -> Result<Step, Problem> {
        let mut values = Vec::with_capacity(step.args.len());
        // The same with names for what is read row by row.
        let mut symbols = Vec::with_capacity(step.args.len());
        let mut layer = 0;
        for (number, arg) in step.args.iter().enumerate() {
            let part = match arg {
                LazyArg::Column(column) => &self.columns[*column as usize],
                LazyArg::Step(step) => &self.steps[*step as usize],
                LazyArg::Slot(slot) => match at(*slot) {
                    At::Value(value) => {
                        values.push(value.clone());
                        symbols.push(value.clone());
                        continue;
                    }
                    At::Later => return Ok(Step::Later),
                    At::Lost(problem) => return Ok(Step::Lost(problem)),
                },
            };
            match part {
                Step::Part(part) => {
                    values.push(Value::other(Expression(part.expr.clone())));
                    symbols.push(Value::other(Expression(column(mark(&number.to_string())))));
                    layer = layer.max(part.layer);
                }
                Step::Later => return Ok(Step::Later),
                Step::Lost(problem) => return Ok(Step::Lost(Arc::clone(problem))),
            }
        }
        let node = self.draw.graph.node(step.node);
        self.check_columns(node, &self.made(step.node, &symbols)?)?;
        let expr = self.checked(node, self.made(step.node, &values)?)?;
        Ok(Step::Part(Part { expr, layer }))
    }

    /// What the function of a node makes of what it is given.
    fn made(&self, node: u32, values: &[Value]) -> Result<Expr, Problem> {
        let graph = self.draw.graph;
        let args: Vec<u32> = (0..).take(values.len()).collect();
        let made = caught(|| {
            let made = graph.node(node).kernel.call(Args::new(values, &args))?;
            let expr = made.downcast_ref::<Expression>().map(|Expression(expr)| expr.clone());
            expr.ok_or_else(|| Failure::unexpected("made no expression"))
        });
        made.map_err(|failure| failed(graph, node, &failure, None))
    }

    /// The expression, if it makes what it says that it makes, and may run here.
    fn checked(&self, node: &Node, expr: Expr) -> Result<Expr, Problem> {
        let item = node.out.item;
        let wrong = |kind: Kind, message: String| Problem::new(kind, [node.name.as_str()], message);
        let name = &node.name;
        let said =
            |error: String| wrong(Kind::TypeMismatch, format!("`{name}` is no expression of its columns: {error}"));
        let found = type_of(&expr, &self.schema).map_err(said)?;
        let expr = match data_type(item) {
            // A bare literal is of the type that is wanted of it.
            Some(wanted) if found.is_unknown() => expr.strict_cast(wanted),
            _ if fits(&found, item) => expr,
            _ => {
                let wanted = FlowType::one(item);
                let message = format!(
                    "`{name}` makes {found}, and says that it makes {wanted}: {expr}; say so by its type, or ask for \
                     `ColExpr::cast`"
                );
                return Err(wrong(Kind::TypeMismatch, message));
            }
        };
        let is_batchwise = matches!(node.engine, Engine::Expression { is_batchwise: true, .. });
        let by_row = !self.judges || is_by_row(&expr, &self.schema).map_err(said)?;
        self.is_by_row.set(self.is_by_row.get() && by_row);
        if self.draw.by_parts && !is_batchwise && !by_row {
            let message = format!(
                "`{name}` looks at other rows than its own, and rows come in batches or one by one: {expr}; replace it, read \
                 a `Whole` of the data set, or say that it is `batchwise`"
            );
            return Err(wrong(Kind::AcrossRows, message));
        }
        Ok(expr)
    }

    /// An expression reads what its function was given: columns of its frame, or what its parameters are, of which `expr` has
    /// the marks.
    fn check_columns(&self, node: &Node, expr: &Expr) -> Result<(), Problem> {
        let name = &node.name;
        let wrong = |kind, column: &str, message| Problem::new(kind, [name.as_str(), column], message);
        let Some(read) = leaves(expr) else {
            let message = format!("`{name}` takes columns by a pattern: name each");
            return Err(Problem::new(Kind::TypeMismatch, [name.as_str()], message));
        };
        let is_of_frame = matches!(node.engine, Engine::Expression { frame: Some(_), .. });
        for column in read {
            if is_mark(column) || is_of_frame && self.own.contains(column) {
                continue;
            }
            if is_of_frame {
                let known: Vec<String> = self.own.iter_names().map(|name| format!("`{name}`")).collect();
                let message =
                    format!("`{name}` reads the column `{column}`, which its frame lacks: it has {}", known.join(", "));
                let known = self.own.iter_names().map(polars::prelude::PlSmallStr::as_str);
                return Err(wrong(Kind::NoColumn, column, message).near(column, known));
            }
            let message = format!("`{name}` reads the column `{column}`, which is none of its parameters");
            return Err(wrong(Kind::NoColumn, column, message));
        }
        Ok(())
    }

    /// What several read, or what leaves the plan, is a column of its own; all else stays inside of what reads it.
    fn placed(&mut self, part: Part, step: &LazyStep, is_shared: bool) -> Part {
        if matches!(part.expr, Expr::Column(_)) || !is_shared {
            return part;
        }
        let node = self.draw.graph.node(step.node);
        let mut name = node.name.clone();
        while self.schema.contains(&name) {
            name.push('\'');
        }
        if let Ok(found) = type_of(&part.expr, &self.schema) {
            self.schema.insert(name.as_str().into(), found);
        }
        if self.layers.len() <= part.layer {
            self.layers.resize(part.layer + 1, Vec::new());
        }
        self.layers[part.layer].push(part.expr.alias(name.as_str()));
        Part { expr: column(name), layer: part.layer + 1 }
    }

    fn finish(self, mut frame: LazyFrame) -> Drawing {
        for layer in self.layers {
            frame = frame.with_columns(layer);
        }
        let (mut outputs, mut selected) = (Vec::new(), Vec::new());
        for &(step, slot) in &self.draw.lazy.outputs {
            if let Step::Part(part) = &self.steps[step as usize] {
                let node = self.draw.graph.node(self.draw.lazy.steps[step as usize].node);
                selected.push(part.expr.clone().alias(node.name.as_str()));
                outputs.push((step, slot));
            }
        }
        let lost = self.steps.into_iter().map(|step| if let Step::Lost(problem) = step { Some(problem) } else { None });
        let is_by_row = self.is_by_row.get();
        Drawing { frame: frame.select(selected), outputs, lost: lost.collect(), is_by_row, is_single: self.is_single }
    }
}

/// What stands for a column from outside.
fn outside(name: &str, item: Item, at: At<'_>, is_in_base: bool) -> Step {
    let expr = match at {
        At::Lost(problem) => return Step::Lost(problem),
        _ if is_in_base => column(name),
        At::Value(value) => match scalar(value, item) {
            Some(scalar) => lit(scalar),
            None => return Step::Later,
        },
        // Of its type, so that the plan can be checked.
        At::Later => match data_type(item) {
            Some(data_type) => lit(polars::prelude::NULL).cast(data_type),
            None => return Step::Later,
        },
    };
    Step::Part(Part { expr, layer: 0 })
}
