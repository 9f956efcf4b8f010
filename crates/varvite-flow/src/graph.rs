//! A built graph: nodes, what they read, and the inputs that nobody defines.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::build::{Builder, part_fingerprint};
use crate::config::Config;
use crate::flow_type::FlowType;
use crate::node::Node;
use crate::value::Value;

/// A graph of nodes, ready to run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Dataflow(pub(crate) Arc<Graph>);

/// What a name stands for that no node defines.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What its readers want.
    pub flow_type: FlowType,
    /// The nodes that read it.
    pub readers: Vec<String>,
    /// Whether all readers have a default.
    pub is_optional: bool,
}

#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) index: HashMap<String, u32>,
    pub(crate) reads: Vec<Vec<Read>>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) input_index: HashMap<String, u32>,
    pub(crate) config: Config,
    pub(crate) fingerprint: String,
    /// Whether a node is inside a fan-out, by its place.
    pub(crate) inside: Vec<bool>,
    /// Whether what a node makes is looked at before it is passed on, by its place.
    pub(crate) judged: Vec<bool>,
    /// Whether calls were short when they were last measured. No more than a hint: answers do not depend on it.
    pub(crate) is_short: AtomicBool,
}

/// Where an argument comes from.
#[derive(Debug, Clone)]
pub(crate) enum Read {
    Node(u32),
    Input(u32),
    Value(Value),
    Group(Vec<Read>),
}

impl Read {
    pub(crate) fn for_each_node(&self, each: &mut dyn FnMut(u32)) {
        match self {
            Self::Node(node) => each(*node),
            Self::Group(group) => group.iter().for_each(|read| read.for_each_node(each)),
            Self::Input(_) | Self::Value(_) => {}
        }
    }
}

impl Dataflow {
    /// Begins a graph.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The nodes, in the order of their definition.
    pub fn nodes(&self) -> &[Node] {
        &self.0.nodes
    }

    /// The inputs: names that nodes read and nobody defines.
    pub fn inputs(&self) -> &[Input] {
        &self.0.inputs
    }

    /// What tells this graph from others: a hash of its nodes' names, types, wiring, variants and versions, of the
    /// inputs that its config gives, and of the code of functions in a `#[dataflow]` module. What they call is not seen, nor what closures do: give a node
    /// another version when that changes.
    pub fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    /// The same of each node, and of each input that the config gives: so that it can be told what differs.
    pub fn part_fingerprints(&self) -> BTreeMap<String, String> {
        let graph = &*self.0;
        let nodes = graph.nodes.iter().map(|node| (node.name.clone(), part_fingerprint(Ok(node))));
        let given = graph.config.iter().filter(|(key, _)| graph.input_index.contains_key(*key));
        nodes.chain(given.map(|(key, value)| (key.clone(), part_fingerprint(Err(value))))).collect()
    }
}

impl Graph {
    pub(crate) fn node(&self, id: u32) -> &Node {
        &self.nodes[id as usize]
    }

    /// Whether a node is called for each item of a fan-out.
    pub(crate) fn is_inside(&self, id: u32) -> bool {
        self.inside[id as usize]
    }
}
