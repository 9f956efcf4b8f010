//! From modules to nodes: parameterized nodes, fields, variants, mounts.

use std::collections::{BTreeSet, HashSet};

use super::variants;
use crate::config::Config;
use crate::error::{Kind, Problem};
use crate::module::{Module, Mount};
use crate::node::{Binding, Node};

/// The nodes of `modules` under a config. `keys` gathers the config keys that anything looks at.
pub(super) fn nodes(
    modules: Vec<Module>,
    config: &Config,
    replaces: bool,
    keys: &mut BTreeSet<String>,
    problems: &mut Vec<Problem>,
) -> Vec<Node> {
    let mut found = Vec::new();
    for (at, module) in modules.into_iter().enumerate() {
        found.reserve(module.nodes.len());
        for mut node in module.nodes {
            keys.extend(node.when.iter().map(|when| when.key().to_owned()));
            if node.each.is_empty() && node.fields.is_empty() {
                found.push((at, node));
            } else {
                if let Some(problem) = same_fields(&node) {
                    problems.push(problem);
                    node.fields.clear();
                }
                found.extend(parameterized(node).into_iter().flat_map(with_fields).map(|node| (at, node)));
            }
        }
        for mount in module.mounts {
            found.extend(mounted(mount, config, keys, problems).into_iter().map(|node| (at, node)));
        }
    }
    variants::choose(found, config, replaces, problems)
}

/// Several nodes of one function cannot each have fields, which would all be called the same.
fn same_fields(node: &Node) -> Option<Problem> {
    let [(first, _), (second, _), ..] = &node.each[..] else { return None };
    let field = node.fields.first()?;
    let message = format!(
        "`{}` has fields and is made for `{first}` and `{second}`: each would have a node `{}`; write a node for each, or take \
         the fields in nodes of their own",
        node.name, field.name
    );
    Some(Problem::new(Kind::DuplicateNode, [field.name.as_str()], message))
}

/// The nodes that one function makes.
fn parameterized(node: Node) -> Vec<Node> {
    if node.each.is_empty() {
        return vec![node];
    }
    let made = node.each.iter().map(|(name, bindings)| {
        let mut made = node.clone();
        made.each.clear();
        let whole = std::mem::replace(&mut made.name, name.clone());
        for field in &mut made.fields {
            rename(field, |source| (source == whole).then(|| Binding::source(name)));
        }
        for (param, binding) in bindings {
            made = made.with_binding(param, binding.clone());
        }
        made
    });
    made.collect()
}

/// A node and those that take parts out of what it makes.
fn with_fields(mut node: Node) -> Vec<Node> {
    let mut fields = std::mem::take(&mut node.fields);
    for field in &mut fields {
        field.when.clone_from(&node.when);
        field.fallback = node.fallback;
    }
    fields.insert(0, node);
    fields
}

/// The nodes of a mounted module, under their full names.
fn mounted(mount: Mount, config: &Config, keys: &mut BTreeSet<String>, problems: &mut Vec<Problem>) -> Vec<Node> {
    problems.extend(unread(&mount));
    let mut own_keys = BTreeSet::new();
    let mut config = config.clone();
    config.extend(mount.config.clone());
    let mut inner = nodes(vec![mount.module], &config, false, &mut own_keys, problems);
    problems.extend(unknown_keys(&mount.namespace, &mount.config, &own_keys));
    keys.extend(own_keys);
    let names: HashSet<String> = inner.iter().map(|node| node.name.clone()).collect();
    let full = |name: &str| format!("{}.{name}", mount.namespace);
    for node in &mut inner {
        node.name = full(&node.name);
        // The config has chosen already.
        node.when.clear();
        node.fallback = false;
        rename(node, |source| {
            if names.contains(source) {
                return Some(Binding::Source(full(source)));
            }
            mount.wiring.iter().find(|(input, _)| input == source).map(|(_, binding)| binding.clone())
        });
    }
    inner
}

/// Config values of a mount that choose nothing in it.
fn unknown_keys(namespace: &str, config: &Config, known: &BTreeSet<String>) -> Vec<Problem> {
    let unknown = config.keys().filter(|key| !known.contains(*key));
    let problem = |key: &String| {
        let message = format!(
            "nothing in `{namespace}` reads the config key `{key}`; what is an input there is given by `Mount::wire`"
        );
        Problem::new(Kind::UnknownConfig, [key], message).near(key, known.iter().map(String::as_str))
    };
    unknown.map(problem).collect()
}

/// Wires to inputs that no variant of any node of a mount reads.
fn unread(mount: &Mount) -> Vec<Problem> {
    fn of_binding<'a>(binding: &'a Binding, found: &mut BTreeSet<&'a str>) {
        match binding {
            Binding::Source(source) => {
                found.insert(source);
            }
            Binding::Value(_) => {}
            Binding::Group(group) => group.iter().for_each(|binding| of_binding(binding, found)),
        }
    }
    fn of_module<'a>(module: &'a Module, found: &mut BTreeSet<&'a str>) {
        for node in &module.nodes {
            let each = node.each.iter().flat_map(|(_, bindings)| bindings.iter().map(|(_, binding)| binding));
            node.params.iter().map(|param| &param.binding).chain(each).for_each(|binding| of_binding(binding, found));
        }
        for mount in &module.mounts {
            mount.wiring.iter().for_each(|(_, binding)| of_binding(binding, found));
            of_module(&mount.module, found);
        }
    }
    let mut known = BTreeSet::new();
    of_module(&mount.module, &mut known);
    let unread = mount.wiring.iter().filter(|(input, _)| !known.contains(input.as_str()));
    let problem = |(input, _): &(String, Binding)| {
        let message = format!("`{}` reads no input `{input}` that could be wired", mount.namespace);
        Problem::new(Kind::UnknownInput, [input.as_str()], message).near(input, known.iter().copied())
    };
    unread.map(problem).collect()
}

fn rename(node: &mut Node, new: impl Fn(&str) -> Option<Binding>) {
    fn renamed(binding: &Binding, new: &dyn Fn(&str) -> Option<Binding>) -> Binding {
        match binding {
            Binding::Source(source) => new(source).unwrap_or_else(|| binding.clone()),
            Binding::Value(_) => binding.clone(),
            Binding::Group(group) => Binding::Group(group.iter().map(|binding| renamed(binding, new)).collect()),
        }
    }
    for param in &mut node.params {
        param.binding = renamed(&param.binding, &new);
    }
}
