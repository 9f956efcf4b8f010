//! Building: from modules and a config to a graph, or to all that is wrong with them.

mod cycles;
mod edges;
mod expand;
mod fans;
mod variants;

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::config::Config;
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::Shape;
use crate::graph::{Dataflow, Graph};
use crate::module::Module;
use crate::node::{Binding, Node, ParamPart};
use crate::value::Value;

/// Collects modules and config values.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    modules: Vec<Module>,
    config: Config,
    replaces: bool,
}

impl Builder {
    /// Adds a module.
    pub fn with(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    /// Sets a config value.
    pub fn config(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.config.insert(key.into(), value.into());
        self
    }

    /// Lets nodes of later modules replace those of earlier ones.
    pub fn later_modules_replace(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// Builds the graph.
    ///
    /// # Errors
    /// All that is wrong: duplicates, variants, types, cycles, config keys.
    pub fn build(self) -> Result<Dataflow> {
        let mut problems = Vec::new();
        let mut keys = BTreeSet::new();
        let nodes = expand::nodes(self.modules, &self.config, self.replaces, &mut keys, &mut problems);
        let index: HashMap<String, u32> = nodes.iter().map(|node| node.name.clone()).zip(0_u32..).collect();
        let edges = edges::resolve(&nodes, &index, &mut problems);
        problems.extend(nodes.iter().filter_map(check_name));
        problems.extend(nodes.iter().flat_map(check_checks));
        problems.extend(nodes.iter().flat_map(check_windows));
        problems.extend(nodes.iter().flat_map(check_parameters));
        problems.extend(check_accumulators(&nodes));
        problems.extend(cycles::find(&nodes, &edges.reads));
        let inputs: BTreeSet<&str> = edges.inputs.iter().map(|input| input.name.as_str()).collect();
        problems.extend(self.config.keys().filter_map(|key| check_key(key, &index, &keys, &inputs)));
        Error::check(Phase::Build, problems)?;
        let input_index = edges.inputs.iter().map(|input| input.name.clone()).zip(0_u32..).collect();
        let given = self.config.iter().filter(|(key, _)| inputs.contains(key.as_str()));
        let fingerprint = fingerprint(&nodes, given);
        let inside = fans::inside(&nodes, &edges.reads);
        let judged = nodes.iter().map(|node| !node.checks.is_empty() || node.out.shape == Shape::Column).collect();
        Ok(Dataflow(Arc::new(Graph {
            nodes,
            index,
            reads: edges.reads,
            inputs: edges.inputs,
            input_index,
            config: self.config,
            fingerprint,
            inside,
            judged,
            is_short: AtomicBool::new(false),
        })))
    }
}

fn check_key(
    key: &str,
    index: &HashMap<String, u32>,
    keys: &BTreeSet<String>,
    inputs: &BTreeSet<&str>,
) -> Option<Problem> {
    if index.contains_key(key) {
        return Some(Problem::new(Kind::ConfigIsNode, [key], format!("config key `{key}` is the name of a node")));
    }
    if keys.contains(key) || inputs.contains(key) {
        return None;
    }
    let known = keys.iter().map(String::as_str).chain(inputs.iter().copied());
    let message = format!("nothing reads the config key `{key}`");
    Some(Problem::new(Kind::UnknownConfig, [key], message).near(key, known))
}

/// Names are columns, parts of paths in a graph and words of messages: what nobody sees is none.
fn check_name(node: &Node) -> Option<Problem> {
    let name = node.name.as_str();
    let why = if name.trim().is_empty() {
        "a name has letters"
    } else if name.trim() != name {
        "it begins or ends with white space"
    } else if name.chars().any(char::is_control) {
        "it has a control character"
    } else {
        return None;
    };
    Some(Problem::new(Kind::InvalidName, [name], format!("{name:?} cannot be the name of a node: {why}")))
}

fn check_checks(node: &Node) -> Vec<Problem> {
    let problem = |check: &crate::check::Check| {
        let why = match check.flaw() {
            Some(flaw) => format!("of `{}` {flaw}", node.name),
            None if check.applies_to(&node.out) => return None,
            None => format!("does not fit `{}`, which makes {}", node.name, node.out),
        };
        let message = format!("check `{}` {why}", check.name());
        Some(Problem::new(Kind::CheckNotApplicable, [node.name.as_str()], message))
    };
    node.checks.iter().filter_map(problem).collect()
}

/// Parameters of types that no argument can have, and names that are no parameter.
fn check_parameters(node: &Node) -> Vec<Problem> {
    let problem = |(at, why): &(usize, String)| {
        let param = &node.params[*at].name;
        let message = format!("parameter `{param}` of `{}` {why}", node.name);
        Problem::new(Kind::TypeMismatch, [node.name.as_str(), param.as_str()], message)
    };
    let unknown = |param: &String| {
        let message = format!("`{}` has no parameter `{param}`", node.name);
        let own = node.params.iter().filter(|param| param.part != ParamPart::OfWindow);
        Problem::new(Kind::UnknownInput, [node.name.as_str(), param.as_str()], message)
            .near(param, own.map(|param| param.name.as_str()))
    };
    node.refused.iter().map(problem).chain(node.unknown.iter().map(unknown)).collect()
}

/// States are stored under the names of columns and accumulators: of one column, two have different names.
fn check_accumulators(nodes: &[Node]) -> Vec<Problem> {
    let mut known = HashMap::new();
    let mut problems = Vec::new();
    for param in nodes.iter().flat_map(|node| &node.params) {
        let (Shape::Folded(fold) | Shape::Window(fold), Binding::Source(source)) =
            (&param.flow_type.shape, &param.binding)
        else {
            continue;
        };
        if *known.entry((source, fold.name())).or_insert(*fold) != *fold {
            let message = format!(
                "`{source}` is folded by two accumulators called {}, whose states could not be told apart: rename one",
                fold.name()
            );
            problems.push(Problem::new(Kind::TypeMismatch, [source], message));
        }
    }
    problems
}

/// A window says over which times it lies, and is read by functions of rows.
fn check_windows(node: &Node) -> Vec<Problem> {
    let params = node.params.iter().filter_map(|param| {
        let why = match (&param.flow_type.shape, &param.part) {
            (Shape::Window(_), ParamPart::Own) => "is a window, and `with_window` does not say over which times",
            (Shape::Window(_), _) if node.out.shape != Shape::Row => "is a window, and the node is no function of rows",
            (Shape::Window(_), ParamPart::Window { extent, .. }) if extent.span == 0 => {
                "is a window of no length: a microsecond is the least"
            }
            (shape, ParamPart::Window { .. }) if !matches!(shape, Shape::Window(_)) => "is no window",
            _ => return None,
        };
        let message = format!("parameter `{}` of `{}` {why}", param.name, node.name);
        Some(Problem::new(Kind::TypeMismatch, [node.name.as_str(), param.name.as_str()], message))
    });
    params.collect()
}

/// What a node computes.
fn tell(told: &mut String, node: &Node) {
    let _ = write!(told, "{} v{} {} {:x} {:?} ", node.name, node.version, node.variant, node.code, node.out);
    for param in &node.params {
        let _ = write!(told, "{:?} {:?} {:?}", param.flow_type, param.binding, param.default);
        if let ParamPart::Window { extent, .. } = &param.part {
            let _ = write!(told, "{extent}");
        }
        told.push(',');
    }
    told.push('\n');
}

/// A hash of what a node computes, or of what the config gives an input.
pub(crate) fn part_fingerprint(part: std::result::Result<&Node, &Value>) -> String {
    let mut told = String::new();
    match part {
        Ok(node) => tell(&mut told, node),
        Err(value) => told = format!("{value:?}"),
    }
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(told.as_bytes()))
}

/// What a graph computes, as far as names, types and versions tell: text that is hashed.
fn fingerprint<'a>(nodes: &[Node], given: impl Iterator<Item = (&'a String, &'a Value)>) -> String {
    let mut nodes: Vec<&Node> = nodes.iter().collect();
    nodes.sort_by(|one, two| one.name.cmp(&two.name));
    let mut told = String::new();
    for node in nodes {
        tell(&mut told, node);
    }
    for (input, value) in given {
        let _ = writeln!(told, "{input} = {value:?}");
    }
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(told.as_bytes()))
}
