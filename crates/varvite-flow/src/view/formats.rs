//! The forms of a view.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::json;

use super::View;
use crate::graph::Input;
use crate::node::Node;

impl View<'_> {
    /// Graphviz.
    pub fn to_dot(&self) -> String {
        let mut text = String::from("digraph dataflow {\n  rankdir=LR;\n  node [shape=box];\n");
        for input in self.inputs() {
            let label = quoted(&format!("{}\n{}", input.name, input.flow_type));
            let _ = writeln!(text, "  {} [label={label}, style=dashed];", quoted(&input.name));
        }
        for node in self.nodes() {
            let label = quoted(&format!("{}\n{}", node.name, node.out));
            let _ = writeln!(text, "  {} [label={label}];", quoted(&node.name));
        }
        for edge in self.edges() {
            let _ = writeln!(text, "  {} -> {};", quoted(&edge.source), quoted(&edge.reader));
        }
        text + "}\n"
    }

    /// Mermaid.
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        // Mermaid's identifiers are narrow, so that names are labels alone.
        let mut ids: HashMap<&str, usize> = HashMap::new();
        for input in self.inputs() {
            let id = ids.len();
            ids.insert(&input.name, id);
            let _ = writeln!(text, "  n{id}([\"{}\"])", escaped(&input.name));
        }
        for node in self.nodes() {
            let id = ids.len();
            ids.insert(&node.name, id);
            let _ = writeln!(text, "  n{id}[\"{}\"]", escaped(&node.name));
        }
        for edge in self.edges() {
            if let (Some(source), Some(reader)) = (ids.get(&*edge.source), ids.get(&*edge.reader)) {
                let _ = writeln!(text, "  n{source} --> n{reader}");
            }
        }
        text
    }

    /// JSON: nodes with their documentation, tags and types, inputs, edges.
    pub fn to_json(&self) -> serde_json::Value {
        let node = |node: &Node| {
            let checks: Vec<String> = node.checks.iter().map(crate::Check::name).collect();
            json!({
                "name": node.name, "type": node.out.to_string(), "doc": node.doc, "tags": node.tags,
                "version": node.version, "checks": checks,
            })
        };
        let input = |input: &Input| json!({"name": input.name, "type": input.flow_type.to_string(), "optional": input.is_optional});
        json!({
            "fingerprint": self.flow.fingerprint(),
            "nodes": self.nodes().map(node).collect::<Vec<_>>(),
            "inputs": self.inputs().map(input).collect::<Vec<_>>(),
            "edges": self.edges().iter().map(|edge| json!([edge.source, edge.reader])).collect::<Vec<_>>(),
        })
    }

    /// Text: a line for each input and each node, with what it reads.
    pub fn to_text(&self) -> String {
        let edges = self.edges();
        let mut text = String::new();
        for input in self.inputs() {
            let _ = writeln!(text, "{}: {} (input)", input.name, input.flow_type);
        }
        for node in self.nodes() {
            let reads = edges.iter().filter(|edge| edge.reader == node.name).map(|edge| edge.source.as_str());
            let reads = reads.collect::<Vec<_>>().join(", ");
            let arrow = if reads.is_empty() { String::new() } else { format!(" <- {reads}") };
            let _ = writeln!(text, "{}: {}{arrow}", node.name, node.out);
        }
        text
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.flow.nodes().iter().filter(|node| self.chosen.contains(&node.name))
    }

    pub(super) fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.flow.inputs().iter().filter(|input| self.chosen.contains(&input.name))
    }
}

/// Text as DOT has it in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
