//! What a run was given: inputs, and values that replace nodes.

use super::Entity;
use crate::flow_type::{Item, Shape};
use crate::fold::FoldType;
use crate::graph::{Graph, Read};
use crate::node::Param;

/// What is given, by place in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) inputs: Vec<Option<GivenAs>>,
    pub(crate) nodes: Vec<Option<GivenAs>>,
    /// Whether it is for a single row, which has the windows that a stream has left, and frames of that row.
    pub(crate) is_single: bool,
    /// Folds that were fitted: their columns are not read for them.
    pub(crate) folds: Vec<(Entity, FoldType)>,
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
        Self {
            inputs: vec![None; graph.inputs.len()],
            nodes: vec![None; graph.nodes.len()],
            is_single: false,
            folds: Vec::new(),
        }
    }

    /// Whether a parameter reads a fold that was fitted.
    pub(crate) fn has_fold(&self, param: &Param, read: &Read) -> bool {
        let (Shape::Folded(fold), false) = (&param.flow_type.shape, self.folds.is_empty()) else { return false };
        let source = match read {
            Read::Node(node) => Entity::Node(*node),
            Read::Input(input) => Entity::Input(*input),
            Read::Value(_) | Read::Group(_) => return false,
        };
        self.folds.iter().any(|(known, by)| *known == source && by == fold)
    }
}
