//! Views: the graph, or a part of it, to look at: DOT, Mermaid, JSON, SVG, text.

mod formats;
mod select;
mod svg;

use std::collections::BTreeSet;

use crate::graph::Dataflow;

/// A part of a graph to look at: all of it, until something is chosen.
#[derive(Debug, Clone)]
pub struct View<'f> {
    flow: &'f Dataflow,
    /// The chosen nodes and inputs, by name.
    chosen: BTreeSet<String>,
}

/// An arrow: what is read, and who reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The node or input that is read.
    pub source: String,
    /// The node that reads it.
    pub reader: String,
}

impl View<'_> {
    /// The names that were chosen, inputs included, in ascending order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.chosen.iter().map(String::as_str)
    }

    /// The arrows between what was chosen, in the order of the readers' definition.
    pub fn edges(&self) -> Vec<Edge> {
        let edges = self.flow.edges();
        edges
            .into_iter()
            .filter(|edge| self.chosen.contains(&edge.source) && self.chosen.contains(&edge.reader))
            .collect()
    }
}
