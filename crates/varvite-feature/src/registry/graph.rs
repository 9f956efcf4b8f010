//! [`Graph`]: what comes from what. It may have cycles.

use std::collections::{BTreeMap, BTreeSet};

use varvite_schema::{DefinitionParts, Definitions, OnDemandSchema, VirtualSchema, WindowSchema};

use super::lineage::{Direction, LineageKind, LineageNode, Reach};

/// What each node comes from: columns for their values, tables for being read.
pub(super) type Edges = BTreeMap<LineageNode, BTreeSet<LineageNode>>;

/// Edges that were set, and those that definitions imply.
#[derive(Debug, Default)]
pub(super) struct Graph(Edges);

impl Graph {
    pub(super) fn new(set: &Edges, definitions: &Definitions) -> Self {
        let mut edges = set.clone();
        let DefinitionParts { windows, virtual_groups, on_demand, .. } = definitions.parts();
        let implied = windows.iter().flat_map(of_window).chain(on_demand.iter().flat_map(of_on_demand));
        let implied = implied.chain(virtual_groups.iter().map(of_virtual));
        for (node, from) in implied {
            edges.entry(node).or_default().extend(from);
        }
        Self(edges)
    }

    /// Whether anything is known of the node, or of the table that it is.
    pub(super) fn knows(&self, node: &LineageNode) -> bool {
        let is_it = |other: &LineageNode| other == node || (node.column().is_none() && other.table() == node.table());
        self.0.iter().any(|(output, from)| is_it(output) || from.iter().any(is_it))
    }

    /// What is in reach of `start`.
    pub(super) fn reach(
        &self,
        start: &LineageNode,
        direction: Direction,
        kind: LineageKind,
        reach: Reach,
    ) -> BTreeSet<LineageNode> {
        let mut found = self.step(start, direction, kind);
        let mut waiting: Vec<LineageNode> = match reach {
            Reach::Direct => Vec::new(),
            Reach::Transitive => found.iter().cloned().collect(),
        };
        while let Some(node) = waiting.pop() {
            for next in self.step(&node, direction, kind) {
                if found.insert(next.clone()) {
                    waiting.push(next);
                }
            }
        }
        found
    }

    fn step(&self, node: &LineageNode, direction: Direction, kind: LineageKind) -> BTreeSet<LineageNode> {
        match (direction, kind) {
            (Direction::Upstream, LineageKind::Value) => {
                let columns = self.0.iter().filter(|(output, _)| covers(node, output)).flat_map(|(_, from)| from);
                columns.filter(|from| from.column().is_some()).cloned().collect()
            }
            (Direction::Downstream, LineageKind::Value) => {
                let flows = |from: &LineageNode| from.column().is_some() && covers(node, from);
                let outputs = self.0.iter().filter(|(_, from)| from.iter().any(flows));
                outputs.map(|(output, _)| output.clone()).collect()
            }
            (Direction::Upstream, LineageKind::Table) => {
                // What is said of the whole table holds for each of its columns.
                let is_said = |output: &LineageNode| {
                    covers(node, output) || (output.column().is_none() && output.table() == node.table())
                };
                let read = self.0.iter().filter(|(output, _)| is_said(output)).flat_map(|(_, from)| from);
                read.filter(|from| is_other(from, node)).map(|from| LineageNode::of_table(from.table())).collect()
            }
            (Direction::Downstream, LineageKind::Table) => {
                let reads = |from: &BTreeSet<LineageNode>| from.iter().any(|from| from.table() == node.table());
                let outputs = self.0.iter().filter(|(output, from)| is_other(output, node) && reads(from));
                outputs.map(|(output, _)| LineageNode::of_table(output.table())).collect()
            }
        }
    }
}

/// Whether `other` is the node, or one of its columns.
fn covers(node: &LineageNode, other: &LineageNode) -> bool {
    other == node || (node.column().is_none() && other.table() == node.table())
}

/// Whether the node is of another table, which is one.
fn is_other(other: &LineageNode, node: &LineageNode) -> bool {
    other.table() != node.table() && !other.is_of_request()
}

/// A feature of a window comes from its column; which rows there are comes from the table.
fn of_window(window: &WindowSchema) -> Vec<(LineageNode, BTreeSet<LineageNode>)> {
    let source = window.source();
    let of_feature = |feature: &varvite_schema::Aggregation| {
        let column = feature.column().map(|column| LineageNode::of_column(source, column));
        let from = std::iter::once(LineageNode::of_table(source)).chain(column).collect();
        (LineageNode::of_column(window.name(), feature.name()), from)
    };
    window.aggregations().iter().map(of_feature).collect()
}

/// A query reads its sources; which of their columns it uses is said when the group is registered.
fn of_virtual(group: &VirtualSchema) -> (LineageNode, BTreeSet<LineageNode>) {
    let from = group.sources().iter().map(|source| LineageNode::of_table(source)).collect();
    (LineageNode::of_table(group.name()), from)
}

/// An expression uses at most those inputs whose names stand in its text.
fn of_on_demand(group: &OnDemandSchema) -> Vec<(LineageNode, BTreeSet<LineageNode>)> {
    use varvite_schema::OnDemandInput::{Feature, Request};
    let of_feature = |feature: &varvite_schema::OnDemandFeature| {
        let used = group.inputs().iter().filter(|input| mentions(feature.expression(), input.column()));
        let from = used.map(|input| match input {
            Feature(reference) => LineageNode::of_column(reference.group(), input.column()),
            Request(column) => LineageNode::of_column("request", column),
        });
        (LineageNode::of_column(group.name(), feature.name()), from.collect())
    };
    group.features().iter().map(of_feature).collect()
}

/// Whether a name stands in an expression, alone or after the `__` of a full name.
fn mentions(expression: &str, name: &str) -> bool {
    let (expression, name) = (expression.to_lowercase(), name.to_lowercase());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    expression.match_indices(&name).any(|(at, _)| {
        let before = &expression[..at];
        let is_end = !expression[at + name.len()..].starts_with(is_part);
        is_end && (!before.ends_with(is_part) || before.ends_with("__"))
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn names_are_whole_words() {
        for (expression, name) in
            [("a + b", "a"), ("COALESCE(Amount, 0)", "amount"), ("st__avg/2", "avg"), ("\"x-y\"", "x-y")]
        {
            assert!(mentions(expression, name), "{expression}");
        }
        for (expression, name) in [("average", "avg"), ("a_b", "a"), ("ba", "a"), ("1 + 1", "a")] {
            assert!(!mentions(expression, name), "{expression}");
        }
    }
}
