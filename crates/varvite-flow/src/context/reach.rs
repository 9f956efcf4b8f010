//! How far back rows of a request look, where that can be told from the graph alone.

use std::time::Duration;

use super::fit::frontier;
use super::stream::named;
use crate::error::Result;
use crate::flow_type::Shape;
use crate::graph::{Dataflow, Graph, Read};
use crate::node::{Node, ParamPart};
use crate::plan;

impl Dataflow {
    /// How far back rows of a request look in a stream of fitted values whose rows are in the order of the input `times`:
    /// nothing if to no other row, and `None` if that is not told: through a node with a state, or a window over other times.
    /// Spans of windows over windows add up.
    ///
    /// # Errors
    /// A name that no node and no input has.
    pub fn reach(&self, request: &[&str], times: &str) -> Result<Option<Duration>> {
        let graph = &*self.0;
        let entities = named(graph, request)?;
        // What is fitted looks at no row any more.
        let fitted = frontier(graph, &entities).nodes;
        // By node, in microseconds.
        let mut reach = vec![0_u64; graph.nodes.len()];
        let mut farthest = 0;
        for id in plan::order_without(graph, &entities, &fitted) {
            let node = graph.node(id);
            let reads = &graph.reads[id as usize];
            let Some(own) = span(graph, node, reads, times).filter(|_| !node.is_stateful) else { return Ok(None) };
            let mut before = 0;
            for read in reads {
                read.for_each_node(&mut |source| before = before.max(reach[source as usize]));
            }
            reach[id as usize] = own.saturating_add(before);
            farthest = farthest.max(reach[id as usize]);
        }
        Ok(Some(Duration::from_micros(farthest)))
    }
}

/// The longest of a node's windows; nothing if one is not over these times.
fn span(graph: &Graph, node: &Node, reads: &[Read], times: &str) -> Option<u64> {
    let mut longest = 0;
    for param in &node.params {
        match (&param.flow_type.shape, &param.part) {
            (Shape::Window(_), ParamPart::Window { extent, time, .. }) => {
                let is_over =
                    matches!(&reads[*time], Read::Input(input) if graph.inputs[*input as usize].name == times);
                longest = longest.max(is_over.then_some(extent.span.unsigned_abs())?);
            }
            (Shape::Window(_), _) => return None,
            _ => {}
        }
    }
    Some(longest)
}
