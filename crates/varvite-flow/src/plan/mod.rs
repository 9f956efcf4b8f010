//! Plans: what a request runs, in which order, and where each value stands. Plain values, made without running anything.

mod assemble;
mod calls;
mod drops;
mod fans;
mod given;
mod lazy;
mod levels;
mod needs;
mod pass;
pub(crate) mod print;
mod windows;

pub(crate) use calls::{Calls, Op, Step};
pub(crate) use given::{Given, GivenAs};
pub(crate) use lazy::Lazy;
#[cfg(feature = "polars")]
pub(crate) use lazy::{LazyArg, LazyColumn, LazyStep};
pub(crate) use pass::{FeedAt, Pass, PassOp};

use crate::error::{Error, Phase, Result};
use crate::flow_type::{FlowType, Item};
use crate::fold::FoldType;
use crate::graph::Graph;
use crate::value::Value;
use crate::window::Extent;

/// What a request runs, in order. Prints.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) segments: Vec<Segment>,
    pub(crate) num_slots: usize,
    /// Where the values of given inputs and replaced nodes stand.
    pub(crate) given: Vec<(Entity, u32)>,
    pub(crate) constants: Vec<(u32, Value)>,
    /// The slots that the request asks for, in its order.
    pub(crate) outputs: Vec<u32>,
    /// Folds and where their values stand, with the names of the columns.
    pub(crate) folds: Vec<FoldAt>,
    /// Windows, and where they stand.
    pub(crate) windows: Vec<WindowAt>,
    /// Folds that are given, and where they stand.
    pub(crate) fitted: Vec<FoldAt>,
}

/// A part of a plan.
#[derive(Debug, Clone)]
pub(crate) enum Segment {
    /// Nodes that are called once.
    Calls(Calls),
    /// A window of all rows, by its place among the plan's.
    Window(WindowStep),
    /// Nodes of rows, computed chunk by chunk.
    Pass(Pass),
    /// Nodes that are called for each item.
    Fan(Fan),
    /// Expressions that become one lazy plan, which is collected once.
    Lazy(Lazy),
}

/// Nodes that are called for each item of a fan-out, in slots of their own.
#[derive(Debug, Clone)]
pub(crate) struct Fan {
    pub(crate) calls: Calls,
    pub(crate) num_slots: usize,
    /// The list that says how many items there are.
    pub(crate) source: u32,
    /// Lists outside, whose items stand in slots inside.
    pub(crate) items: Vec<(u32, u32)>,
    /// Slots outside that are the same for all items.
    pub(crate) captures: Vec<(u32, u32)>,
    pub(crate) constants: Vec<(u32, Value)>,
    /// Slots inside that become lists outside.
    pub(crate) collects: Vec<(u32, u32)>,
    pub(crate) drops: Vec<u32>,
}

/// A column folded by an accumulator, and the slot of the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoldAt {
    pub(crate) source: Entity,
    pub(crate) fold: FoldType,
    pub(crate) slot: u32,
}

impl FoldAt {
    /// Whether two are of the same column by the same accumulator.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.source == other.source && self.fold == other.fold
    }
}

/// Windows of a column, and the slot that they stand in.
#[derive(Debug, Clone)]
pub(crate) struct WindowAt {
    pub(crate) source: Entity,
    pub(crate) time: Entity,
    pub(crate) keys: Vec<Entity>,
    pub(crate) fold: FoldType,
    pub(crate) extent: Extent,
    /// The type of the column's values, as far as the graph tells.
    pub(crate) item: Item,
    pub(crate) slot: u32,
    /// The slots of column, times and keys.
    pub(crate) args: Vec<u32>,
}

/// When the windows of all rows are computed.
#[derive(Debug, Clone)]
pub(crate) struct WindowStep {
    pub(crate) window: u32,
    pub(crate) drops: Vec<u32>,
}

/// A node or an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Entity {
    Node(u32),
    Input(u32),
}

impl Entity {
    pub(crate) fn name(self, graph: &Graph) -> &str {
        match self {
            Self::Node(node) => &graph.nodes[node as usize].name,
            Self::Input(input) => &graph.inputs[input as usize].name,
        }
    }

    pub(crate) fn flow_type(self, graph: &Graph) -> &FlowType {
        match self {
            Self::Node(node) => &graph.nodes[node as usize].out,
            Self::Input(input) => &graph.inputs[input as usize].flow_type,
        }
    }

    /// The place among all nodes and inputs.
    fn place(self, graph: &Graph) -> usize {
        match self {
            Self::Node(node) => node as usize,
            Self::Input(input) => graph.nodes.len() + input as usize,
        }
    }
}

/// Plans a request. Pure.
pub(crate) fn plan(graph: &Graph, request: &[Entity], given: &Given) -> Result<Plan> {
    plan_with_folds(graph, request, &[], given)
}

/// The same, for a request that wants folds of columns too. Pure.
pub(crate) fn plan_with_folds(
    graph: &Graph,
    request: &[Entity],
    folds: &[(Entity, FoldType)],
    given: &Given,
) -> Result<Plan> {
    let all: Vec<Entity> = request.iter().copied().chain(folds.iter().map(|(source, _)| *source)).collect();
    let needs = needs::find(graph, &all, given);
    Error::check(Phase::Plan, needs.problems)?;
    let levels = levels::assign(graph, &needs.order, given).map_err(|problems| Error::new(Phase::Plan, problems))?;
    assemble::assemble(graph, (request, folds), given, &needs.order, &levels)
        .map_err(|problem| Error::one(Phase::Plan, problem))
}

/// The nodes that a request needs, each after what it reads.
pub(crate) fn order(graph: &Graph, request: &[Entity], given: &Given) -> Vec<u32> {
    needs::find(graph, request, given).order
}

/// The same, if some nodes are given.
pub(crate) fn order_without(graph: &Graph, request: &[Entity], nodes: &[u32]) -> Vec<u32> {
    let mut given = Given::nothing(graph);
    for &node in nodes {
        given.nodes[node as usize] = Some(GivenAs::One);
    }
    order(graph, request, &given)
}
