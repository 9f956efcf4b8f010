//! Structs whose fields are nodes.

use super::outcome::Made;
use crate::flow_type::Item;
use crate::node::Node;
use crate::plain::Plain;
use crate::wrappers::Whole;

/// A struct whose fields are nodes: what a function returns that makes several. Made by `#[derive(Fields)]`.
///
/// Its fields are what a node may return: all of rows, or all of the data set. Of rows, each node calls the function
/// and takes its field; of the data set the function is called once.
pub trait Fields: Plain {
    /// Whether the fields are of rows or of the data set.
    type Kind: StructKind;
    /// The names of the fields.
    const NAMES: &'static [&'static str];
}

/// Whether nodes are of rows or of the data set.
pub trait StructKind: 'static {
    /// What readers of the whole struct see.
    type Made<S: Plain>: Made;
    #[doc(hidden)]
    fn nodes(whole: impl FnOnce() -> Node, parts: impl FnOnce() -> Vec<Node>) -> Vec<Node>;
}

/// Nodes of rows.
#[derive(Debug, Clone, Copy)]
pub enum Rows {}

/// Nodes of the data set.
#[derive(Debug, Clone, Copy)]
pub enum DataSet {}

/// A struct of rows' values, which no node is as a whole: read its fields.
#[derive(Debug, Clone, Copy)]
pub struct OnlyFields;

impl Made for OnlyFields {
    type Rows = Self;
    const ITEM: Option<Item> = None;
}

impl StructKind for Rows {
    type Made<S: Plain> = OnlyFields;

    fn nodes(_whole: impl FnOnce() -> Node, parts: impl FnOnce() -> Vec<Node>) -> Vec<Node> {
        parts()
    }
}

impl StructKind for DataSet {
    type Made<S: Plain> = Whole<S>;

    fn nodes(whole: impl FnOnce() -> Node, _parts: impl FnOnce() -> Vec<Node>) -> Vec<Node> {
        vec![whole()]
    }
}
