//! Cycles: nodes that read each other in a circle.

use std::collections::HashSet;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::error::{Kind, Problem};
use crate::graph::Read;
use crate::node::Node;

/// One problem for each circle, with a path through it.
pub(super) fn find(nodes: &[Node], reads: &[Vec<Read>]) -> Vec<Problem> {
    let mut graph = DiGraph::<(), (), u32>::with_capacity(nodes.len(), nodes.len());
    for _ in nodes {
        graph.add_node(());
    }
    for (reader, reads) in (0_u32..).zip(reads) {
        for read in reads {
            read.for_each_node(&mut |source| {
                graph.add_edge(NodeIndex::from(reader), NodeIndex::from(source), ());
            });
        }
    }
    // Kosaraju's algorithm goes through the graph without recursion: depth is no limit.
    let mut found: Vec<Vec<u32>> = kosaraju_scc(&graph)
        .into_iter()
        .filter(|nodes| nodes.len() > 1 || nodes.iter().any(|&node| graph.contains_edge(node, node)))
        .map(|nodes| path(&graph, &nodes))
        .collect();
    found.sort();
    found.iter().map(|path| problem(nodes, path)).collect()
}

/// A way around: from one of the nodes along edges inside the component until a node comes again.
fn path(graph: &DiGraph<(), (), u32>, component: &[NodeIndex<u32>]) -> Vec<u32> {
    let inside: HashSet<NodeIndex<u32>> = component.iter().copied().collect();
    let mut at = component.iter().copied().min().unwrap_or_default();
    let mut way = Vec::new();
    let mut seen = HashSet::new();
    while seen.insert(at) {
        way.push(at);
        at = graph.neighbors(at).filter(|next| inside.contains(next)).min().unwrap_or(at);
    }
    let start = way.iter().position(|&node| node == at).unwrap_or_default();
    let mut around: Vec<u32> =
        way[start..].iter().map(|&node| u32::try_from(node.index()).unwrap_or(u32::MAX)).collect();
    let smallest = around.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(place, _)| place);
    around.rotate_left(smallest);
    around
}

/// How many nodes at each end of a long way are told.
const TOLD: usize = 8;

/// All of its nodes are named; the words are kept short.
fn problem(nodes: &[Node], path: &[u32]) -> Problem {
    let names: Vec<&str> = path.iter().map(|&node| nodes[node as usize].name.as_str()).collect();
    let mut told: Vec<String> = names.iter().chain(names.first()).map(|name| format!("`{name}`")).collect();
    let left_out = told.len().saturating_sub(2 * TOLD);
    if left_out > 1 {
        told.splice(TOLD..TOLD + left_out, [format!("… ({left_out} more)")]);
    }
    Problem::new(Kind::Cycle, names, told.join(" reads "))
}
