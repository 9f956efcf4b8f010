//! Levels: how many barriers stand before each node. Nodes of rows of one level are one pass.

use super::lazy::{self, Root};
use super::{Entity, Given, GivenAs, windows};
use crate::error::{Kind, Problem};
use crate::flow_type::Shape;
use crate::graph::{Graph, Read};
use crate::node::ParamPart;

/// How many values something has in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Rank {
    /// One.
    #[default]
    One,
    /// One for each row.
    Rows,
    /// One for each item of the fan-out of this node.
    Each(u32),
}

/// When something is there, and how many values it has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Level {
    pub(crate) rank: Rank,
    pub(crate) at: u32,
    /// Whether it is computed inside the pass or the fan-out of its level, and is whole only after it.
    pub(crate) inside: bool,
    /// What a lazy plan stands on that computes it, if one does.
    pub(crate) lazy: Option<Root>,
    /// How many expressions of its plan stand upon each other, this one included.
    pub(crate) depth: u32,
}

impl Level {
    /// The level at which all of it is there.
    pub(crate) fn whole(self) -> u32 {
        self.at + u32::from(self.inside)
    }

    /// The level whose pass folds it: its own, unless a lazy plan computes it.
    pub(crate) fn folded(self) -> u32 {
        if self.lazy.is_some() { self.whole() } else { self.at }
    }
}

pub(crate) struct Levels {
    by_place: Vec<Level>,
    pub(crate) highest: u32,
}

impl Levels {
    pub(crate) fn of(&self, graph: &Graph, entity: Entity) -> Level {
        self.by_place[entity.place(graph)]
    }
}

pub(super) fn assign(graph: &Graph, order: &[u32], given: &Given) -> Result<Levels, Vec<Problem>> {
    let mut levels = Levels { by_place: vec![Level::default(); graph.nodes.len() + graph.inputs.len()], highest: 0 };
    let all = given.nodes.iter().chain(&given.inputs);
    for (level, given) in levels.by_place.iter_mut().zip(all) {
        if let Some(GivenAs::Rows(_)) = given {
            level.rank = Rank::Rows;
        }
    }
    // What fans out goes on doing so if its items are given.
    for ((at, level), node) in (0_u32..).zip(&mut levels.by_place).zip(&graph.nodes) {
        if given.nodes[at as usize].is_some() && node.out.shape == Shape::Each {
            level.rank = Rank::Each(at);
        }
    }
    let mut problems = Vec::new();
    for &node in order {
        match level(graph, node, &levels, given) {
            Ok(level) => {
                levels.highest = levels.highest.max(level.whole());
                levels.by_place[node as usize] = level;
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if levels.highest > 1 {
        sink(graph, order, &mut levels);
    }
    Ok(levels)
}

/// Moves nodes of rows into the pass of their first reader: what is read in its own pass alone is never kept whole.
fn sink(graph: &Graph, order: &[u32], levels: &mut Levels) {
    let mut latest = vec![u32::MAX; graph.nodes.len()];
    let mut is_left = vec![false; graph.nodes.len()];
    for &node in order.iter().rev() {
        let mut own = levels.by_place[node as usize];
        // What is collected for others too stays with what is collected beside it.
        let may_sink = own.inside && if own.lazy.is_some() { !is_left[node as usize] } else { own.rank == Rank::Rows };
        if may_sink && latest[node as usize] != u32::MAX {
            own.at = own.at.max(latest[node as usize]);
            levels.by_place[node as usize] = own;
        }
        let params = graph.node(node).params.iter();
        for (param, read) in params.zip(&graph.reads[node as usize]) {
            // A reader in a pass, or in a lazy plan, reads row by row beside it; all others want the whole.
            let by_rows = own.inside && param.flow_type.shape == Shape::Row;
            let is_fold = matches!(param.flow_type.shape, Shape::Folded(_));
            read.for_each_node(&mut |source| {
                let found = levels.by_place[source as usize];
                let is_cut = own.lazy.is_some() && own.depth <= found.depth;
                let beside = by_rows && found.lazy == own.lazy && !is_cut;
                // What is collected is folded in a pass of its own.
                let between = if beside { 0 } else { 1 + u32::from(is_fold && found.lazy.is_some()) };
                latest[source as usize] = latest[source as usize].min(own.at.saturating_sub(between));
                is_left[source as usize] |= !beside;
            });
        }
    }
}

fn level(graph: &Graph, node: u32, levels: &Levels, given: &Given) -> Result<Level, Problem> {
    let root = lazy::root(graph, node, levels, given)?;
    let made = level_on(graph, node, levels, given, root)?;
    // Columns of a frame that was collected on an earlier level are columns like any other.
    match lazy::rooted(graph, node, levels, given, made)? {
        root if root == made.lazy => Ok(made),
        root => level_on(graph, node, levels, given, root),
    }
}

/// The level of a node, if it is in a lazy plan that stands on `root`.
fn level_on(graph: &Graph, node: u32, levels: &Levels, given: &Given, root: Option<Root>) -> Result<Level, Problem> {
    let own = graph.node(node);
    let mut made = Level { lazy: root, ..Level::default() };
    // What is read value by value can be read in the same pass, once it is known that the node is in one.
    let mut beside = 0;
    for (at, (param, read)) in own.params.iter().zip(&graph.reads[node as usize]).enumerate() {
        match param.part {
            ParamPart::OfWindow => continue,
            ParamPart::Window { .. } => {
                let window = window(graph, node, at, levels, given)?;
                made.rank = join(graph, node, made.rank, window.rank)?;
                made.at = made.at.max(window.at);
                continue;
            }
            ParamPart::Own if given.has_fold(param, read) => continue,
            ParamPart::Own => {}
        }
        for source in sources(read, given) {
            let found = levels.of(graph, source);
            let name = source.name(graph);
            match (&param.flow_type.shape, found.rank) {
                (Shape::Row, Rank::Rows) => {
                    made.rank = join(graph, node, made.rank, Rank::Rows)?;
                    let is_beside = found.lazy == made.lazy && found.depth < lazy::DEEPEST;
                    beside = beside.max(if is_beside { found.at } else { found.whole() });
                    made.depth = made.depth.max(if is_beside { found.depth } else { 0 });
                }
                (Shape::Row, Rank::One)
                    if found.lazy.is_some() && found.lazy == made.lazy && found.depth < lazy::DEEPEST =>
                {
                    beside = beside.max(found.at);
                    made.depth = made.depth.max(found.depth);
                }
                (Shape::All, Rank::Each(_)) => made.at = made.at.max(found.whole()),
                (Shape::All, _) => {
                    let message = format!("`{}` collects `{name}`, which is not fanned out", own.name);
                    return Err(Problem::new(Kind::TypeMismatch, [own.name.as_str(), name], message));
                }
                (Shape::Folded(_) | Shape::Column, Rank::One) => return Err(needs_fitted(&own.name, name)),
                (_, Rank::Each(fan)) => {
                    made.rank = join(graph, node, made.rank, Rank::Each(fan))?;
                    beside = beside.max(found.at);
                }
                (Shape::Folded(_), Rank::Rows) => {
                    // A column that is there already is folded in the pass of its level.
                    made.at = made.at.max(found.folded() + 1);
                }
                _ => made.at = made.at.max(found.whole()),
            }
        }
    }
    made.at = made.at.max(beside);
    if let Some(root) = made.lazy {
        return lazy::placed(graph, node, made, root, given);
    }
    match (&own.out.shape, made.rank) {
        (Shape::Each, Rank::One) => made = Level { rank: Rank::Each(node), ..made },
        (Shape::Each, _) => return Err(inside(&own.name, "is fanned out inside rows or another fan-out")),
        (Shape::Column, Rank::One) => made.rank = Rank::Rows,
        (Shape::Row, _) | (_, Rank::One) => made.inside = made.rank != Rank::One,
        (_, Rank::Each(_)) if own.is_stateful => return Err(inside(&own.name, "has a state and is inside a fan-out")),
        (_, Rank::Each(_)) => made.inside = true,
        (_, Rank::Rows) => {
            let message = format!("`{}` makes one value and reads rows one by one", own.name);
            return Err(Problem::new(Kind::TypeMismatch, [own.name.as_str()], message));
        }
    }
    Ok(made)
}

/// When the window that a parameter reads is there: once all that it reads is.
fn window(graph: &Graph, node: u32, param: usize, levels: &Levels, given: &Given) -> Result<Level, Problem> {
    let own = graph.node(node);
    let mut made: Option<Level> = None;
    for read in std::iter::once(&graph.reads[node as usize][param]).chain(windows::beside(graph, node, param)) {
        for source in sources(read, given) {
            let found = levels.of(graph, source);
            let is_known = found.rank == Rank::Rows || found.rank == Rank::One && given.is_single;
            if !is_known {
                return Err(needs_fitted(&own.name, source.name(graph)));
            }
            let at = found.whole().max(made.map_or(0, |made| made.at));
            if made.is_some_and(|made| made.rank != found.rank) {
                return Err(inside(&own.name, "has a window over things of which some have rows and some have not"));
            }
            made = Some(Level { rank: found.rank, at, ..Level::default() });
        }
    }
    Ok(made.unwrap_or_default())
}

fn join(graph: &Graph, node: u32, one: Rank, other: Rank) -> Result<Rank, Problem> {
    if one == Rank::One || one == other {
        return Ok(other);
    }
    Err(inside(&graph.node(node).name, "reads two things of which each has many values: rows, or items of a fan-out"))
}

fn inside(node: &str, what: &str) -> Problem {
    Problem::new(Kind::InsideEach, [node], format!("`{node}` {what}"))
}

fn needs_fitted(node: &str, column: &str) -> Problem {
    let message =
        format!("`{node}` reads the whole column `{column}`, and there are no rows: give the value of `{node}`");
    Problem::new(Kind::NeedsFitted, [node], message)
}

/// The nodes and given inputs that a parameter reads.
pub(super) fn sources(read: &Read, given: &Given) -> Vec<Entity> {
    match read {
        Read::Node(node) => vec![Entity::Node(*node)],
        Read::Input(input) if given.inputs[*input as usize].is_some() => vec![Entity::Input(*input)],
        Read::Input(_) | Read::Value(_) => Vec::new(),
        Read::Group(group) => group.iter().flat_map(|read| sources(read, given)).collect(),
    }
}
