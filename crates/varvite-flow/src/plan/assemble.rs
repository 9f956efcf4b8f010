//! Puts a plan together: calls, fan-outs and passes in the order of their levels, and a slot for each value that
//! leaves its segment.

use std::collections::HashMap;

use super::drops;
use super::levels::{Level, Levels, Rank};
use super::{Calls, Entity, FeedAt, FoldAt, Given, GivenAs, Op, Pass, PassOp, Plan, Segment, WindowAt, WindowStep};
use crate::error::{Kind, Problem};
use crate::flow_type::{Item, Shape};
use crate::fold::FoldType;
use crate::graph::{Graph, Read};
use crate::node::{Param, ParamPart};
use crate::value::Value;

pub(super) const NOWHERE: u32 = u32::MAX;

pub(super) fn assemble(
    graph: &Graph,
    (request, kept): (&[Entity], &[(Entity, FoldType)]),
    given: &Given,
    order: &[u32],
    levels: &Levels,
) -> Result<Plan, Problem> {
    let slots = Slots { places: vec![NOWHERE; graph.nodes.len() + graph.inputs.len()], ..Slots::default() };
    let mut made = Assembly { graph, given, levels, slots };
    let mut by_level: Vec<Vec<u32>> = vec![Vec::new(); levels.highest as usize + 1];
    for &node in order {
        by_level[made.level(Entity::Node(node)).at as usize].push(node);
    }
    let mut segments = Vec::new();
    let mut passes: Vec<(usize, Pass, Lanes)> = Vec::new();
    for nodes in &by_level {
        made.level_of(nodes, &mut segments, &mut passes)?;
    }
    let outputs = request.iter().map(|&entity| made.slot(entity)).collect();
    for &(source, fold) in kept {
        made.fold(source, fold);
    }
    made.finish_passes(&mut segments, passes)?;
    made.finish_fans(&mut segments);
    made.finish_lazies(&mut segments);
    let folds = made.slots.folds.clone();
    let mut plan = Plan {
        segments: segments.into_iter().map(|draft| draft.segment).collect(),
        num_slots: made.slots.count as usize,
        given: made.slots.given,
        constants: made.slots.constants,
        outputs,
        folds,
        windows: made.slots.windows,
        fitted: made.slots.fitted,
    };
    drops::note(&mut plan);
    Ok(plan)
}

#[derive(Default)]
pub(super) struct Slots {
    count: u32,
    pub(super) places: Vec<u32>,
    given: Vec<(Entity, u32)>,
    constants: Vec<(u32, Value)>,
    folds: Vec<FoldAt>,
    folds_of: HashMap<Entity, Vec<usize>>,
    pub(super) windows: Vec<WindowAt>,
    fitted: Vec<FoldAt>,
}

/// A segment, and which nodes of a fan-out stand in which of its slots.
pub(super) struct Draft {
    pub(super) segment: Segment,
    pub(super) local: HashMap<u32, u32>,
}

/// Lanes of a pass by what stands in them.
#[derive(Default)]
struct Lanes {
    of: HashMap<(Entity, Item), u32>,
    constants: HashMap<(u32, Item), u32>,
}

pub(super) struct Assembly<'a> {
    pub(super) graph: &'a Graph,
    pub(super) given: &'a Given,
    levels: &'a Levels,
    pub(super) slots: Slots,
}

impl Assembly<'_> {
    pub(super) fn level(&self, entity: Entity) -> Level {
        self.levels.of(self.graph, entity)
    }

    /// Whether something has a value for each row.
    pub(super) fn is_rows(&self, entity: Entity) -> bool {
        self.level(entity).rank == Rank::Rows
    }

    pub(super) fn fresh(&mut self) -> u32 {
        self.slots.count += 1;
        self.slots.count - 1
    }

    /// The slot that all of something stands in.
    pub(super) fn slot(&mut self, entity: Entity) -> u32 {
        let place = entity.place(self.graph);
        if self.slots.places[place] == NOWHERE {
            self.slots.places[place] = self.fresh();
            let is_given = match entity {
                Entity::Node(node) => self.given.nodes[node as usize].is_some(),
                Entity::Input(_) => true,
            };
            if is_given {
                self.slots.given.push((entity, self.slots.places[place]));
            }
        }
        self.slots.places[place]
    }

    pub(super) fn constant(&mut self, value: &Value) -> u32 {
        let slot = self.fresh();
        self.slots.constants.push((slot, value.clone()));
        slot
    }

    pub(super) fn fold(&mut self, source: Entity, fold: FoldType) -> u32 {
        let known = self.slots.folds_of.get(&source).into_iter().flatten();
        if let Some(&at) = known.into_iter().find(|&&at| self.slots.folds[at].fold == fold) {
            return self.slots.folds[at].slot;
        }
        let slot = self.fresh();
        if self.given.folds.iter().any(|(known, by)| *known == source && *by == fold) {
            self.slots.fitted.push(FoldAt { source, fold, slot });
            return slot;
        }
        self.slots.folds_of.entry(source).or_default().push(self.slots.folds.len());
        self.slots.folds.push(FoldAt { source, fold, slot });
        slot
    }

    /// The segments of one level: calls, then fan-outs, then the pass.
    fn level_of(
        &mut self,
        nodes: &[u32],
        segments: &mut Vec<Draft>,
        passes: &mut Vec<(usize, Pass, Lanes)>,
    ) -> Result<(), Problem> {
        let mut calls = Calls::default();
        let mut args = Vec::new();
        for &node in nodes {
            if self.level(Entity::Node(node)).inside {
                continue;
            }
            args.clear();
            self.args(node, &mut calls, &mut args)?;
            let out = self.slot(Entity::Node(node));
            calls.push(Op::Node(node), &args, out);
        }
        if !calls.steps.is_empty() {
            // A function of rows is short: side by side it would take longer.
            let graph = self.graph;
            let calls = calls.into_waves(|op| matches!(op, Op::Node(node) if graph.node(node).out.shape != Shape::Row));
            segments.push(Draft { segment: Segment::Calls(calls), local: HashMap::new() });
        }
        let mut rows: Vec<u32> = Vec::new();
        let mut fans: Vec<(u32, Vec<u32>)> = Vec::new();
        let mut lazies = super::lazy::Plans::default();
        for &node in nodes {
            let level = self.level(Entity::Node(node));
            match level.rank {
                _ if !level.inside => {}
                Rank::Each(source) => match fans.iter_mut().find(|(known, _)| *known == source) {
                    Some((_, nodes)) => nodes.push(node),
                    None => fans.push((source, vec![node])),
                },
                Rank::Rows | Rank::One => match level.lazy {
                    Some(root) => lazies.add(root, level.rank, node),
                    None => rows.push(node),
                },
            }
        }
        for (root, nodes) in lazies.in_order() {
            let lazy = self.lazy(root, &nodes)?;
            segments.push(Draft { segment: Segment::Lazy(lazy), local: HashMap::new() });
        }
        for (source, nodes) in fans {
            let fan = self.fan(source, &nodes);
            segments.push(fan);
        }
        let (mut pass, mut lanes) = (Pass::default(), Lanes::default());
        let known = self.slots.windows.len();
        for node in rows {
            self.pass_node(node, &mut pass, &mut lanes)?;
        }
        for window in known..self.slots.windows.len() {
            let segment = Segment::Window(WindowStep { window: count(window), drops: Vec::new() });
            segments.push(Draft { segment, local: HashMap::new() });
        }
        // Also if there are no nodes: a fold may want it.
        passes.push((segments.len(), pass, lanes));
        segments.push(Draft { segment: Segment::Pass(Pass::default()), local: HashMap::new() });
        Ok(())
    }

    fn args(&mut self, node: u32, calls: &mut Calls, args: &mut Vec<u32>) -> Result<(), Problem> {
        let graph = self.graph;
        for (at, (param, read)) in graph.node(node).params.iter().zip(&graph.reads[node as usize]).enumerate() {
            match &param.part {
                ParamPart::Own => args.push(self.arg(param, read, calls)),
                ParamPart::Window { .. } => args.push(self.window_call(node, at, calls)?),
                ParamPart::OfWindow => {}
            }
        }
        Ok(())
    }

    pub(super) fn arg(&mut self, param: &Param, read: &Read, calls: &mut Calls) -> u32 {
        match read {
            Read::Group(group) => {
                let args: Vec<u32> = group.iter().map(|read| self.arg(param, read, calls)).collect();
                let out = self.fresh();
                calls.push(Op::Gather, &args, out);
                out
            }
            Read::Value(value) => self.constant(value),
            Read::Input(_) | Read::Node(_) => match self.source(read) {
                None => self.constant(param.default.as_ref().unwrap_or(&Value::Null)),
                Some(source) => match param.flow_type.shape {
                    Shape::Folded(fold) => self.fold(source, fold),
                    _ => self.slot(source),
                },
            },
        }
    }

    /// What a name stands for in this run; nothing if it is an input that was not given.
    pub(super) fn source(&self, read: &Read) -> Option<Entity> {
        match read {
            Read::Node(node) => Some(Entity::Node(*node)),
            Read::Input(input) => self.given.inputs[*input as usize].map(|_| Entity::Input(*input)),
            Read::Value(_) | Read::Group(_) => None,
        }
    }

    fn pass_node(&mut self, node: u32, pass: &mut Pass, lanes: &mut Lanes) -> Result<(), Problem> {
        let graph = self.graph;
        let own = graph.node(node);
        let mut feeds = Vec::with_capacity(own.params.len());
        for (at, (param, read)) in own.params.iter().zip(&graph.reads[node as usize]).enumerate() {
            if param.part == ParamPart::OfWindow {
                continue;
            }
            let feed = match (&param.flow_type.shape, self.source(read)) {
                (Shape::Window(_), _) => {
                    let (window, _) = self.window(node, at)?;
                    FeedAt::Windows(self.slots.windows[window as usize].slot)
                }
                (Shape::Row, Some(source)) => FeedAt::Lane(self.lane(source, param.flow_type.item, pass, lanes)?),
                (Shape::Row, None) => {
                    let value = if let Read::Value(value) = read { Some(value) } else { param.default.as_ref() };
                    let slot = self.constant(value.unwrap_or(&Value::Null));
                    FeedAt::Lane(load(slot, concrete(param.flow_type.item, own.out.item), pass, lanes))
                }
                // A list of values is put together by a call; passes have none.
                _ if matches!(read, Read::Group(_)) => {
                    let message = format!("`{}` is of rows and reads a group", own.name);
                    return Err(Problem::new(Kind::TypeMismatch, [own.name.as_str()], message));
                }
                _ => FeedAt::Slot(self.arg(param, read, &mut Calls::default())),
            };
            feeds.push(feed);
        }
        let lane = new_lane(own.out.item, pass);
        lanes.of.insert((Entity::Node(node), own.out.item), lane);
        pass.ops.push(PassOp::Node { node, feeds, lane });
        if !own.checks.is_empty() {
            pass.ops.push(PassOp::Check { lane, check: count(pass.checks.len()) });
            pass.checks.push(node);
        }
        Ok(())
    }

    /// The lane of something in a pass: computed in it, or loaded.
    fn lane(&mut self, source: Entity, wanted: Item, pass: &mut Pass, lanes: &mut Lanes) -> Result<u32, Problem> {
        let item = self.item(source, wanted)?;
        if let Some(&lane) = lanes.of.get(&(source, item)) {
            return Ok(lane);
        }
        let slot = self.slot(source);
        let lane = load(slot, item, pass, lanes);
        lanes.of.insert((source, item), lane);
        Ok(lane)
    }

    /// The type of the values of something that has rows.
    pub(super) fn item(&self, source: Entity, wanted: Item) -> Result<Item, Problem> {
        let (given, declared) = match source {
            Entity::Node(node) => (self.given.nodes[node as usize], self.graph.node(node).out.item),
            Entity::Input(input) => {
                (self.given.inputs[input as usize], self.graph.inputs[input as usize].flow_type.item)
            }
        };
        let found = if let Some(GivenAs::Rows(item)) = given { item } else { concrete(declared, wanted) };
        if found.data_type().is_none() {
            let name = source.name(self.graph);
            let message = format!("`{name}` has rows of a type that columns cannot have: {found:?}");
            return Err(Problem::new(Kind::TypeMismatch, [name], message));
        }
        Ok(found)
    }

    /// Adds what leaves each pass: columns that are read elsewhere, and folds.
    fn finish_passes(&mut self, segments: &mut Vec<Draft>, passes: Vec<(usize, Pass, Lanes)>) -> Result<(), Problem> {
        for (level, (at, mut pass, mut lanes)) in passes.into_iter().enumerate() {
            for fold in self.slots.folds.clone() {
                if self.level(fold.source).folded() as usize == level {
                    let lane = self.lane(fold.source, Item::Any, &mut pass, &mut lanes)?;
                    let op = PassOp::Fold { lane, fold: count(pass.folds.len()) };
                    pass.folds.push(fold);
                    insert_after(&mut pass.ops, lane, op);
                }
            }
            let nodes: Vec<(u32, u32)> = pass
                .ops
                .iter()
                .filter_map(|op| if let PassOp::Node { node, lane, .. } = op { Some((*node, *lane)) } else { None })
                .collect();
            for (node, lane) in nodes {
                let slot = self.slots.places[node as usize];
                if slot != NOWHERE {
                    let op = PassOp::Output { lane, output: count(pass.outputs.len()) };
                    pass.outputs.push((slot, self.graph.node(node).out.item));
                    insert_after(&mut pass.ops, lane, op);
                }
            }
            pass.share_lanes();
            segments[at].segment = Segment::Pass(pass);
        }
        segments.retain(|draft| !matches!(&draft.segment, Segment::Pass(pass) if pass.ops.is_empty()));
        Ok(())
    }
}

pub(super) fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(super) fn concrete(item: Item, other: Item) -> Item {
    if item == Item::Any { other } else { item }
}

fn new_lane(item: Item, pass: &mut Pass) -> u32 {
    pass.lanes.push(item);
    count(pass.lanes.len() - 1)
}

fn load(slot: u32, item: Item, pass: &mut Pass, lanes: &mut Lanes) -> u32 {
    if let Some(&lane) = lanes.constants.get(&(slot, item)) {
        return lane;
    }
    let lane = new_lane(item, pass);
    pass.ops.push(PassOp::Load { slot, lane });
    lanes.constants.insert((slot, item), lane);
    lane
}

/// Puts `op` directly after what writes `lane`, so that the lane is free sooner.
fn insert_after(ops: &mut Vec<PassOp>, lane: u32, op: PassOp) {
    let writes =
        |op: &PassOp| matches!(op, PassOp::Load { lane: to, .. } | PassOp::Node { lane: to, .. } if *to == lane);
    let at = ops.iter().position(writes).map_or(ops.len(), |at| at + 1);
    ops.insert(at, op);
}
