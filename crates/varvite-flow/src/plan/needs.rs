//! What a request needs: nodes in the order in which they can run, and the inputs that are missing.

use super::{Entity, Given};
use crate::error::{Kind, Problem};
use crate::graph::{Graph, Read};
use crate::node::Param;

pub(super) struct Needs {
    /// The nodes that run, each after what it reads.
    pub(super) order: Vec<u32>,
    pub(super) problems: Vec<Problem>,
}

struct Frame {
    node: u32,
    /// Where its unvisited sources begin on the stack of sources.
    bottom: usize,
}

/// Goes depth first from the request, without recursion.
pub(super) fn find(graph: &Graph, request: &[Entity], given: &Given) -> Needs {
    let mut needs = Needs { order: Vec::new(), problems: Vec::new() };
    let mut visited = vec![false; graph.nodes.len()];
    let mut missing = vec![false; graph.inputs.len()];
    for &entity in request {
        match entity {
            Entity::Input(input) => {
                if given.inputs[input as usize].is_none() {
                    note_missing(graph, input, "the request", &mut missing, &mut needs.problems);
                }
            }
            Entity::Node(node) => visit(graph, node, given, &mut visited, &mut missing, &mut needs),
        }
    }
    needs
}

fn visit(graph: &Graph, root: u32, given: &Given, visited: &mut [bool], missing: &mut [bool], needs: &mut Needs) {
    let mut frames: Vec<Frame> = Vec::new();
    let mut sources: Vec<u32> = Vec::new();
    let mut enter = |node: u32, frames: &mut Vec<Frame>, sources: &mut Vec<u32>, needs: &mut Needs| {
        if given.nodes[node as usize].is_some() || std::mem::replace(&mut visited[node as usize], true) {
            return;
        }
        let bottom = sources.len();
        let own = graph.node(node);
        for (param, read) in own.params.iter().zip(&graph.reads[node as usize]) {
            gather(graph, &own.name, param, read, given, missing, sources, &mut needs.problems);
        }
        // The first is visited first: it is on top.
        sources[bottom..].reverse();
        frames.push(Frame { node, bottom });
    };
    enter(root, &mut frames, &mut sources, needs);
    while let Some(frame) = frames.last() {
        if sources.len() > frame.bottom {
            let Some(next) = sources.pop() else { break };
            enter(next, &mut frames, &mut sources, needs);
        } else {
            needs.order.push(frame.node);
            frames.pop();
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one step of a walk, with all that the walk has")]
fn gather(
    graph: &Graph,
    reader: &str,
    param: &Param,
    read: &Read,
    given: &Given,
    missing: &mut [bool],
    sources: &mut Vec<u32>,
    problems: &mut Vec<Problem>,
) {
    if given.has_fold(param, read) {
        return;
    }
    match read {
        Read::Node(node) => sources.push(*node),
        Read::Input(input) => {
            if given.inputs[*input as usize].is_none() && param.default.is_none() {
                note_missing(graph, *input, &format!("`{reader}`"), missing, problems);
            }
        }
        Read::Value(_) => {}
        Read::Group(group) => {
            for read in group {
                gather(graph, reader, param, read, given, missing, sources, problems);
            }
        }
    }
}

fn note_missing(graph: &Graph, input: u32, reader: &str, missing: &mut [bool], problems: &mut Vec<Problem>) {
    if std::mem::replace(&mut missing[input as usize], true) {
        return;
    }
    let input = &graph.inputs[input as usize];
    let message = format!("input `{}` is missing: {reader} wants {}", input.name, input.flow_type);
    problems.push(Problem::new(Kind::MissingInput, [&input.name], message));
}
