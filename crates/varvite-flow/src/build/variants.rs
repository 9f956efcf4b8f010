//! Variants: of nodes with one name, the one that the config chooses.

use std::collections::HashMap;

use crate::config::Config;
use crate::error::{Kind, Problem};
use crate::node::Node;

/// A node, and the number of its module.
type Found = (usize, Node);

/// One node of each name, in the order of first appearance. Nodes come with the number of their module.
pub(super) fn choose(
    found: Vec<(usize, Node)>,
    config: &Config,
    replaces: bool,
    problems: &mut Vec<Problem>,
) -> Vec<Node> {
    // Most names stand for one node, which stays where it is.
    let mut groups: Vec<(Found, Vec<Found>)> = Vec::with_capacity(found.len());
    let mut places: HashMap<String, usize> = HashMap::with_capacity(found.len());
    for (module, node) in found {
        let place = *places.entry(node.name.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push(((module, node), Vec::new()));
        } else {
            groups[place].1.push((module, node));
        }
    }
    let chosen = groups.into_iter().filter_map(|(first, mut others)| {
        if others.is_empty() && first.1.when.is_empty() {
            return Some(first.1);
        }
        others.insert(0, first);
        one_of(others, config, replaces, problems)
    });
    chosen.collect()
}

fn one_of(mut group: Vec<(usize, Node)>, config: &Config, replaces: bool, problems: &mut Vec<Problem>) -> Option<Node> {
    let name = group.first()?.1.name.clone();
    let is_variant = group.iter().any(|(_, node)| !node.when.is_empty() || node.fallback);
    let fits = |node: &Node| !node.fallback && node.when.iter().all(|when| when.holds(config));
    if group.iter().any(|(_, node)| fits(node)) {
        group.retain(|(_, node)| fits(node));
    } else {
        group.retain(|(_, node)| node.fallback);
    }
    if replaces {
        let last = group.iter().map(|(module, _)| *module).max();
        group.retain(|(module, _)| Some(*module) == last);
    }
    if group.len() > 1 {
        problems.push(if is_variant {
            Problem::new(
                Kind::AmbiguousVariant,
                [&name],
                format!("{} variants of `{name}` fit the config", group.len()),
            )
        } else {
            Problem::new(Kind::DuplicateNode, [&name], format!("{} nodes are called `{name}`", group.len()))
        });
    }
    if group.is_empty() {
        problems.push(Problem::new(Kind::NoVariant, [&name], format!("no variant of `{name}` fits the config")));
    }
    let (_, mut node) = group.into_iter().next()?;
    if is_variant && node.variant.is_empty() {
        node.variant = format!("{:?}", node.when);
    }
    Some(node)
}
