//! What a run was given: inputs, and values that replace nodes.

use crate::flow_type::Item;
use crate::graph::Graph;

/// What is given, by place in the graph.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) inputs: Vec<Option<GivenAs>>,
    pub(crate) nodes: Vec<Option<GivenAs>>,
}

/// How something is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivenAs {
    /// One value.
    One,
    /// A column.
    Rows(Item),
}

impl Given {
    pub(crate) fn nothing(graph: &Graph) -> Self {
        Self { inputs: vec![None; graph.inputs.len()], nodes: vec![None; graph.nodes.len()] }
    }
}
