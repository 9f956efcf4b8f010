//! Fan-outs: which nodes are called for each item.

use crate::flow_type::Shape;
use crate::graph::Read;
use crate::node::Node;

/// Whether each node is inside a fan-out: it reads one that fans out, or one that is inside, and does not collect.
pub(super) fn inside(nodes: &[Node], reads: &[Vec<Read>]) -> Vec<bool> {
    let mut inside = vec![false; nodes.len()];
    let mut waiting: Vec<u32> =
        (0_u32..).zip(nodes).filter(|(_, node)| node.out.shape == Shape::Each).map(|(at, _)| at).collect();
    if waiting.is_empty() {
        return inside;
    }
    let mut readers: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
    for ((reader, node), reads) in (0_u32..).zip(nodes).zip(reads) {
        for (param, read) in node.params.iter().zip(reads) {
            if param.flow_type.shape != Shape::All {
                read.for_each_node(&mut |source| readers[source as usize].push(reader));
            }
        }
    }
    while let Some(node) = waiting.pop() {
        for &reader in &readers[node as usize] {
            if !std::mem::replace(&mut inside[reader as usize], true) {
                waiting.push(reader);
            }
        }
    }
    inside
}
