//! Windows of a plan: found once for each column, span, times and keys, and computed before the pass that reads them.

use super::assemble::Assembly;
use super::{Calls, Op, WindowAt};
use crate::error::{Kind, Problem};
use crate::flow_type::{Item, Shape};
use crate::graph::Graph;
use crate::node::ParamPart;

impl Assembly<'_> {
    /// The window that a parameter reads, and whether it is new.
    pub(super) fn window(&mut self, node: u32, param: usize) -> Result<(u32, bool), Problem> {
        let graph = self.graph;
        let own = graph.node(node);
        let (Shape::Window(fold), ParamPart::Window { extent, time, keys }) =
            (own.params[param].flow_type.shape.clone(), &own.params[param].part)
        else {
            return Err(refused(graph, node, "reads a window of which nothing is told"));
        };
        let mut sources = Vec::with_capacity(keys.len() + 2);
        for at in [param, *time].iter().chain(keys) {
            let source = self.source(&graph.reads[node as usize][*at]);
            sources.push(source.ok_or_else(|| refused(graph, node, "has a window over what is no column"))?);
        }
        let mut made = WindowAt {
            source: sources[0],
            time: sources[1],
            keys: sources[2..].to_vec(),
            fold,
            extent: *extent,
            item: sources[0].flow_type(graph).item,
            slot: 0,
            args: Vec::new(),
        };
        if let Some(at) = self.slots.windows.iter().position(|known| known.is_same(&made)) {
            return Ok((place(at), false));
        }
        for (at, &source) in sources.iter().enumerate() {
            // Of single rows nothing is known before they come.
            if self.is_rows(source) {
                let item = self.item(source, Item::Any)?;
                if at == 1 && !matches!(item, Item::Date | Item::DateTime | Item::Timestamp) {
                    let what = format!("has a window over the times `{}`, which are none", source.name(graph));
                    return Err(refused(graph, node, &what));
                }
            }
            made.args.push(self.slot(source));
        }
        made.slot = self.fresh();
        self.slots.windows.push(made);
        Ok((place(self.slots.windows.len() - 1), true))
    }

    /// The same, as a call that is made for each single row.
    pub(super) fn window_call(&mut self, node: u32, param: usize, calls: &mut Calls) -> Result<u32, Problem> {
        let (at, is_new) = self.window(node, param)?;
        let window = &self.slots.windows[at as usize];
        if is_new {
            calls.push(Op::Window(at), &window.args, window.slot);
        }
        Ok(window.slot)
    }
}

fn refused(graph: &Graph, node: u32, what: &str) -> Problem {
    let name = &graph.node(node).name;
    Problem::new(Kind::TypeMismatch, [name], format!("`{name}` {what}"))
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The nodes and inputs that a window reads beside its column.
pub(super) fn beside(graph: &Graph, node: u32, param: usize) -> impl Iterator<Item = &crate::graph::Read> {
    let part = &graph.node(node).params[param].part;
    let (time, keys) = match part {
        ParamPart::Window { time, keys, .. } => (Some(*time), &keys[..]),
        _ => (None, &[][..]),
    };
    time.into_iter().chain(keys.iter().copied()).map(move |at| &graph.reads[node as usize][at])
}

impl WindowAt {
    /// Whether two are of the same rows.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let ends = |at: &Self| (at.source, at.time, at.fold, at.extent);
        ends(self) == ends(other) && self.keys == other.keys
    }
}
