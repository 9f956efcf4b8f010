//! Modules: collections of nodes, which may be mounted under a namespace.

use crate::config::Config;
use crate::node::{Binding, Node};
use crate::value::Value;

/// A collection of nodes.
#[derive(Debug, Clone, Default)]
pub struct Module {
    pub(crate) nodes: Vec<Node>,
    pub(crate) mounts: Vec<Mount>,
}

/// A module under a namespace: its nodes are `namespace.node`, and read each other there. What it reads and does not
/// define is wired, or has the same name outside.
#[derive(Debug, Clone)]
pub struct Mount {
    pub(crate) namespace: String,
    pub(crate) module: Module,
    pub(crate) wiring: Vec<(String, Binding)>,
    pub(crate) config: Config,
}

impl Module {
    /// An empty module.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node.
    pub fn node(mut self, node: Node) -> Self {
        self.nodes.push(node);
        self
    }

    /// Adds nodes.
    pub fn nodes(mut self, nodes: impl IntoIterator<Item = Node>) -> Self {
        self.nodes.extend(nodes);
        self
    }

    /// Adds a module under a namespace.
    pub fn mount(mut self, mount: Mount) -> Self {
        self.mounts.push(mount);
        self
    }
}

impl Mount {
    /// `module` under `namespace`.
    pub fn new(namespace: impl Into<String>, module: Module) -> Self {
        Self { namespace: namespace.into(), module, wiring: Vec::new(), config: Config::new() }
    }

    /// Says where an input of the module comes from.
    pub fn wire(mut self, input: impl Into<String>, binding: Binding) -> Self {
        self.wiring.push((input.into(), binding));
        self
    }

    /// Sets a config value for this mount and those in it alone. A key that no variant in it looks at is found when the graph
    /// is built.
    pub fn with_config(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.config.insert(key.into(), value.into());
        self
    }
}
