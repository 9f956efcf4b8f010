//! Lazy plans: expressions that stand on one frame, or on the columns of the run, and are collected together.

use super::assemble::{Assembly, Draft, NOWHERE, concrete};
use super::levels::{Level, Levels, Rank};
use super::{Calls, Entity, Given, Segment, levels};
use crate::error::{Kind, Problem};
use crate::flow_type::{Item, Shape};
use crate::graph::{Graph, Read};
use crate::node::{Engine, Node, Param};
use crate::value::Value;

/// As many expressions stand upon each other in one plan: engines go through plans by recursion, and stacks end.
pub(super) const DEEPEST: u32 = 16;

/// Expressions that become one lazy plan, which is collected once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lazy {
    /// The slot of the frame whose rows they are of; those of the run's columns if there is none.
    pub(crate) frame: Option<u32>,
    /// What they read from outside, row by row.
    pub(crate) columns: Vec<LazyColumn>,
    pub(crate) steps: Vec<LazyStep>,
    /// Which steps leave the plan, and the slots that they go to.
    pub(crate) outputs: Vec<(u32, u32)>,
    pub(crate) drops: Vec<u32>,
}

/// What expressions read from outside, row by row: a column, or one value for all rows.
#[derive(Debug, Clone)]
pub(crate) struct LazyColumn {
    pub(crate) slot: u32,
    pub(crate) name: String,
    #[cfg_attr(not(feature = "polars"), expect(dead_code, reason = "read by the engine alone"))]
    pub(crate) item: Item,
}

/// A node that makes an expression.
#[derive(Debug, Clone)]
pub(crate) struct LazyStep {
    pub(crate) node: u32,
    pub(crate) args: Vec<LazyArg>,
}

/// What a function of expressions is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LazyArg {
    /// A column, by its place among those of the plan.
    Column(u32),
    /// The expression of an earlier step.
    Step(u32),
    /// One value.
    Slot(u32),
}

/// What a lazy plan stands on: a frame, or the columns of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Root(Option<Entity>);

impl Lazy {
    /// The slots that it reads.
    pub(crate) fn reads(&self) -> Vec<u32> {
        let args = self.steps.iter().flat_map(|step| &step.args);
        let slots = args.filter_map(|arg| if let LazyArg::Slot(slot) = arg { Some(*slot) } else { None });
        slots.chain(self.columns.iter().map(|column| column.slot)).chain(self.frame).collect()
    }
}

/// The nodes of one level by plans: by what they stand on, and whether they have one value or one for each row.
#[derive(Default)]
pub(super) struct Plans(Vec<(Root, Rank, Vec<u32>)>);

impl Plans {
    pub(super) fn add(&mut self, root: Root, rank: Rank, node: u32) {
        match self.0.iter_mut().find(|(known, of, _)| (*known, *of) == (root, rank)) {
            Some((.., nodes)) => nodes.push(node),
            None => self.0.push((root, rank, vec![node])),
        }
    }

    /// In the order in which they are met; those of one value first, since those of rows may read them.
    pub(super) fn in_order(mut self) -> impl Iterator<Item = (Root, Vec<u32>)> {
        self.0.sort_by_key(|(_, rank, _)| *rank != Rank::One);
        self.0.into_iter().map(|(root, _, nodes)| (root, nodes))
    }
}

/// What the lazy plan of a node stands on; nothing if it is no expression.
pub(super) fn root(graph: &Graph, node: u32, known: &Levels, given: &Given) -> Result<Option<Root>, Problem> {
    let own = graph.node(node);
    let Engine::Expression { frame, .. } = own.engine else { return Ok(None) };
    let reads = || own.params.iter().zip(&graph.reads[node as usize]);
    if let Some((_, read)) = reads().nth(frame.unwrap_or(usize::MAX)) {
        let root = Root(levels::sources(read, given).first().copied());
        let strange = reads().filter(|(param, _)| param.flow_type.shape == Shape::Row).find_map(|(_, read)| {
            let foreign = |source: &Entity| {
                let found = known.of(graph, *source);
                found.rank == Rank::Rows && found.lazy != Some(root)
            };
            levels::sources(read, given).into_iter().find(foreign)
        });
        return strange.map_or(Ok(Some(root)), |strange| Err(elsewhere(graph, own, strange)));
    }
    let mut found: Option<Root> = None;
    for (param, read) in reads() {
        for source in levels::sources(read, given) {
            let level = known.of(graph, source);
            // One value for all rows goes with any.
            if param.flow_type.shape != Shape::Row || level.rank == Rank::One && level.lazy.is_none() {
                continue;
            }
            let root = level.lazy.unwrap_or(Root(None));
            found = Some(if found.is_none_or(|found| found == root) { root } else { Root(None) });
        }
    }
    Ok(Some(found.unwrap_or(Root(None))))
}

/// The root of an expression whose level is known: what it reads of a frame is beside it, or it stands on columns.
pub(super) fn rooted(
    graph: &Graph,
    node: u32,
    known: &Levels,
    given: &Given,
    made: Level,
) -> Result<Option<Root>, Problem> {
    let (Some(Root(Some(_))), Engine::Expression { frame, .. }) = (made.lazy, graph.node(node).engine) else {
        return Ok(made.lazy);
    };
    let own = graph.node(node);
    let by_rows =
        own.params.iter().zip(&graph.reads[node as usize]).filter(|(param, _)| param.flow_type.shape == Shape::Row);
    let mut sources = by_rows.flat_map(|(_, read)| levels::sources(read, given));
    let earlier = sources.find(|&source| {
        let found = known.of(graph, source);
        found.lazy == made.lazy && (found.at < made.at || found.depth >= DEEPEST)
    });
    match (earlier, frame) {
        (None, _) => Ok(made.lazy),
        (Some(_), None) => Ok(Some(Root(None))),
        (Some(earlier), Some(_)) => Err(elsewhere(graph, own, earlier)),
    }
}

fn elsewhere(graph: &Graph, own: &Node, source: Entity) -> Problem {
    let name = source.name(graph);
    let message = format!(
        "`{}` is of the rows of a frame and reads `{name}`, which is not, or is collected before: take the columns of \
         the frame in nodes of their own, and read these",
        own.name
    );
    Problem::new(Kind::TypeMismatch, [own.name.as_str(), name], message)
}

/// Where an expression is computed: inside the lazy plan of its level, also if there is one row. A frame has rows, unless it is
/// that of a single row.
pub(super) fn placed(graph: &Graph, node: u32, made: Level, root: Root, given: &Given) -> Result<Level, Problem> {
    if let Rank::Each(_) = made.rank {
        let name = &graph.node(node).name;
        let message = format!("`{name}` is an expression and reads items of a fan-out, one by one");
        return Err(Problem::new(Kind::InsideEach, [name], message));
    }
    let rank = if root.0.is_some() && !given.is_single { Rank::Rows } else { made.rank };
    Ok(Level { rank, inside: true, depth: made.depth + 1, ..made })
}

impl Assembly<'_> {
    /// The lazy plan of these nodes.
    pub(super) fn lazy(&mut self, root: Root, nodes: &[u32]) -> Result<Lazy, Problem> {
        let mut lazy = Lazy { frame: root.0.map(|frame| self.slot(frame)), ..Lazy::default() };
        for &node in nodes {
            let graph = self.graph;
            let own = graph.node(node);
            let mut args = Vec::with_capacity(own.params.len());
            for (param, read) in own.params.iter().zip(&graph.reads[node as usize]) {
                args.push(self.lazy_arg(own, param, read, nodes, &mut lazy)?);
            }
            lazy.steps.push(LazyStep { node, args });
        }
        Ok(lazy)
    }

    fn lazy_arg(
        &mut self,
        own: &Node,
        param: &Param,
        read: &Read,
        nodes: &[u32],
        lazy: &mut Lazy,
    ) -> Result<LazyArg, Problem> {
        if let Read::Group(_) = read {
            let message = format!("`{}` is an expression and reads a group", own.name);
            return Err(Problem::new(Kind::TypeMismatch, [own.name.as_str()], message));
        }
        if param.flow_type.shape != Shape::Row {
            return Ok(LazyArg::Slot(self.arg(param, read, &mut Calls::default())));
        }
        let Some(source) = self.source(read) else {
            let value = if let Read::Value(value) = read { Some(value) } else { param.default.as_ref() };
            let slot = self.constant(value.unwrap_or(&Value::Null));
            let name = format!("{}: {}", own.name, param.name);
            return Ok(lazy.column(LazyColumn { slot, name, item: concrete(param.flow_type.item, own.out.item) }));
        };
        if let Entity::Node(node) = source
            && let Some(at) = nodes.iter().position(|&known| known == node)
        {
            return Ok(LazyArg::Step(place(at)));
        }
        let item = self.item(source, param.flow_type.item)?;
        let name = source.name(self.graph).to_owned();
        Ok(lazy.column(LazyColumn { slot: self.slot(source), name, item }))
    }

    /// Adds what leaves each lazy plan: what is read elsewhere, and what is checked.
    pub(super) fn finish_lazies(&mut self, segments: &mut [Draft]) {
        for draft in segments {
            let Segment::Lazy(lazy) = &mut draft.segment else { continue };
            for (at, step) in lazy.steps.iter().enumerate() {
                let is_checked = !self.graph.node(step.node).checks.is_empty();
                if is_checked || self.slots.places[step.node as usize] != NOWHERE {
                    lazy.outputs.push((place(at), self.slot(Entity::Node(step.node))));
                }
            }
        }
    }
}

impl Lazy {
    /// The place of a column, which is added if it is new.
    fn column(&mut self, mut column: LazyColumn) -> LazyArg {
        let at = self.columns.iter().position(|known| known.slot == column.slot).unwrap_or(self.columns.len());
        if at == self.columns.len() {
            // A node may be called what a default is called here.
            while self.columns.iter().any(|known| known.name == column.name) {
                column.name.push('\'');
            }
            self.columns.push(column);
        }
        LazyArg::Column(place(at))
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
