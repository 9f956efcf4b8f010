//! Which part of a graph is looked at.

use std::collections::{BTreeSet, HashMap};

use super::{Edge, View};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::graph::{Dataflow, Graph, Read};

impl Dataflow {
    /// All of the graph, to look at.
    pub fn view(&self) -> View<'_> {
        let nodes = self.0.nodes.iter().map(|node| node.name.clone());
        let inputs = self.0.inputs.iter().map(|input| input.name.clone());
        View { flow: self, chosen: nodes.chain(inputs).collect() }
    }

    /// All arrows, in the order of the readers' definition.
    pub fn edges(&self) -> Vec<Edge> {
        let graph = &*self.0;
        let mut edges = Vec::new();
        for (node, reads) in graph.nodes.iter().zip(&graph.reads) {
            let mut sources = Vec::new();
            for read in reads {
                names(graph, read, &mut sources);
            }
            edges.extend(sources.into_iter().map(|source| Edge { source, reader: node.name.clone() }));
        }
        edges
    }

    /// The nodes and inputs that `name` depends on, itself included.
    ///
    /// # Errors
    /// There is no such name.
    pub fn upstream(&self, name: &str) -> Result<BTreeSet<String>> {
        self.walk(name, |edge| (&edge.reader, &edge.source))
    }

    /// The nodes that depend on `name`, itself included.
    ///
    /// # Errors
    /// There is no such name.
    pub fn downstream(&self, name: &str) -> Result<BTreeSet<String>> {
        self.walk(name, |edge| (&edge.source, &edge.reader))
    }

    /// The inputs of rows that `name` is computed from: columns of the frames it is given, in ascending order.
    ///
    /// # Errors
    /// There is no such name.
    pub fn upstream_columns(&self, name: &str) -> Result<Vec<&str>> {
        let found = self.upstream(name)?;
        let columns = self.0.inputs.iter().filter(|input| input.flow_type.is_of_rows() && found.contains(&input.name));
        let mut columns: Vec<&str> = columns.map(|input| input.name.as_str()).collect();
        columns.sort_unstable();
        Ok(columns)
    }

    /// The names of nodes with a tag, and with this value of it if one is told.
    pub fn tagged(&self, key: &str, value: Option<&str>) -> Vec<&str> {
        let fits = |found: Option<&String>| found.is_some_and(|found| value.is_none_or(|value| found == value));
        self.0.nodes.iter().filter(|node| fits(node.tags.get(key))).map(|node| node.name.as_str()).collect()
    }

    fn walk(&self, name: &str, direction: impl Fn(&Edge) -> (&String, &String)) -> Result<BTreeSet<String>> {
        self.known(name)?;
        let edges = self.edges();
        let mut next: HashMap<&str, Vec<&str>> = HashMap::new();
        for edge in &edges {
            let (from, to) = direction(edge);
            next.entry(from).or_default().push(to);
        }
        let mut found = BTreeSet::from([name.to_owned()]);
        let mut waiting = vec![name];
        while let Some(at) = waiting.pop() {
            for &other in next.get(at).into_iter().flatten() {
                if found.insert(other.to_owned()) {
                    waiting.push(other);
                }
            }
        }
        Ok(found)
    }

    fn known(&self, name: &str) -> Result<()> {
        let graph = &*self.0;
        if graph.index.contains_key(name) || graph.input_index.contains_key(name) {
            return Ok(());
        }
        let known = graph.index.keys().chain(graph.input_index.keys()).map(String::as_str);
        let problem = Problem::new(Kind::UnknownNode, [name], format!("there is no node or input `{name}`"));
        Err(Error::one(Phase::Plan, problem.near(name, known)))
    }
}

impl View<'_> {
    /// What a request needs.
    ///
    /// # Errors
    /// There is no such name.
    pub fn of_request(self, request: &[&str]) -> Result<Self> {
        let mut needed = BTreeSet::new();
        for name in request {
            needed.extend(self.flow.upstream(name)?);
        }
        Ok(self.keep(|name| needed.contains(name)))
    }

    /// What lies on the ways from one name to another, both included; nothing if there is no way.
    ///
    /// # Errors
    /// There is no such name.
    pub fn between(self, from: &str, to: &str) -> Result<Self> {
        let (down, up) = (self.flow.downstream(from)?, self.flow.upstream(to)?);
        Ok(self.keep(|name| down.contains(name) && up.contains(name)))
    }

    /// The nodes with a tag.
    pub fn tagged(self, key: &str, value: Option<&str>) -> Self {
        let tagged: BTreeSet<String> = self.flow.tagged(key, value).into_iter().map(str::to_owned).collect();
        self.keep(|name| tagged.contains(name))
    }

    fn keep(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.chosen.retain(|name| keep(name));
        self
    }
}

fn names(graph: &Graph, read: &Read, found: &mut Vec<String>) {
    let name = match read {
        Read::Node(node) => graph.node(*node).name.clone(),
        Read::Input(input) => graph.inputs[*input as usize].name.clone(),
        Read::Value(_) => return,
        Read::Group(group) => return group.iter().for_each(|read| names(graph, read, found)),
    };
    if !found.contains(&name) {
        found.push(name);
    }
}
