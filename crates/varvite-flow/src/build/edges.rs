//! Edges: what each parameter reads, and whether the types fit.

use std::collections::HashMap;

use crate::error::{Kind, Problem};
use crate::flow_type::FlowType;
use crate::graph::{Input, Read};
use crate::node::{Binding, Node, Param};

pub(super) struct Edges {
    pub(super) reads: Vec<Vec<Read>>,
    pub(super) inputs: Vec<Input>,
}

/// Resolves names; a name that nobody defines is an input.
pub(super) fn resolve(nodes: &[Node], index: &HashMap<String, u32>, problems: &mut Vec<Problem>) -> Edges {
    let mut resolver = Resolver { nodes, index, inputs: Vec::new(), places: HashMap::new(), problems };
    let reads = nodes.iter().map(|node| node.params.iter().map(|param| resolver.param(node, param)).collect());
    let reads = reads.collect();
    Edges { reads, inputs: resolver.inputs }
}

struct Resolver<'a> {
    nodes: &'a [Node],
    index: &'a HashMap<String, u32>,
    inputs: Vec<Input>,
    places: HashMap<String, u32>,
    problems: &'a mut Vec<Problem>,
}

impl Resolver<'_> {
    fn param(&mut self, node: &Node, param: &Param) -> Read {
        if let Some(default) = param.default.as_ref().filter(|default| !param.flow_type.accepts(default)) {
            let found = format!("the default {default:?}");
            self.mismatch(node, &param.name, param, &found);
        }
        self.read(node, param, &param.binding, &param.flow_type)
    }

    fn read(&mut self, node: &Node, param: &Param, binding: &Binding, wanted: &FlowType) -> Read {
        match binding {
            Binding::Value(value) => {
                if !wanted.accepts(value) {
                    self.mismatch(node, &param.name, param, &format!("{value:?}"));
                }
                Read::Value(value.clone())
            }
            Binding::Group(group) => {
                let item = FlowType { list: false, ..wanted.clone() };
                Read::Group(group.iter().map(|binding| self.read(node, param, binding, &item)).collect())
            }
            Binding::Source(name) => match self.index.get(name) {
                Some(&source) => {
                    let made = &self.nodes[source as usize].out;
                    if !made.feeds(wanted) {
                        self.mismatch(node, name, param, &format!("{made}"));
                    }
                    Read::Node(source)
                }
                None => self.input(node, name, wanted, param.default.is_some()),
            },
        }
    }

    fn input(&mut self, node: &Node, name: &str, wanted: &FlowType, is_optional: bool) -> Read {
        let mut own = wanted.clone();
        own.shape = wanted.input_shape();
        let place = *self.places.entry(name.to_owned()).or_insert_with(|| {
            let at = u32::try_from(self.inputs.len()).unwrap_or(u32::MAX);
            let input = Input { name: name.to_owned(), flow_type: own.clone(), readers: Vec::new(), is_optional: true };
            self.inputs.push(input);
            at
        });
        let input = &mut self.inputs[place as usize];
        input.is_optional &= is_optional;
        if let Some(both) = input.flow_type.both(&own) {
            input.flow_type = both;
        } else {
            let first = input.readers.first().map_or("", String::as_str);
            let message = format!("input `{name}` is {} for `{first}` and {own} for `{}`", input.flow_type, node.name);
            self.problems.push(Problem::new(Kind::ConflictingInputTypes, [name], message));
        }
        input.readers.push(node.name.clone());
        Read::Input(place)
    }

    fn mismatch(&mut self, node: &Node, source: &str, param: &Param, found: &str) {
        let message = format!("`{}` wants `{}` as {}, but it is {found}", node.name, source, param.flow_type);
        self.problems.push(Problem::new(Kind::TypeMismatch, [node.name.as_str(), source], message));
    }
}
