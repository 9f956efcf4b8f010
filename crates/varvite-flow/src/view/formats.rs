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
            let label = self.columns_read(&edge).map(|columns| format!(" [label={}]", quoted(&columns)));
            let (source, reader) = (quoted(&edge.source), quoted(&edge.reader));
            let _ = writeln!(text, "  {source} -> {reader}{};", label.unwrap_or_default());
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

    /// JSON: nodes with their documentation, tags and types, inputs, edges. An expression has the columns that it is made of,
    /// and how its engine writes it, unless it needs a value to be told.
    pub fn to_json(&self) -> serde_json::Value {
        let node = |node: &Node| {
            let checks: Vec<String> = node.checks.iter().map(crate::Check::name).collect();
            let mut told = json!({
                "name": node.name, "type": node.out.to_string(), "doc": node.doc, "tags": node.tags,
                "version": node.version, "checks": checks,
            });
            self.tell_expression(node, &mut told);
            told
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

    #[cfg(feature = "polars")]
    fn tell_expression(&self, node: &Node, told: &mut serde_json::Value) {
        let (Ok(columns), Some(&at)) = (self.flow.leaf_columns(&node.name), self.flow.0.index.get(&node.name)) else {
            return;
        };
        told["columns"] = json!(columns);
        if let Some(text) = crate::lazy::direct(&self.flow.0, at).text {
            told["expression"] = json!(text);
        }
    }

    #[cfg(not(feature = "polars"))]
    #[expect(clippy::unused_self, reason = "the same call with an engine and without")]
    fn tell_expression(&self, _node: &Node, _told: &mut serde_json::Value) {}

    /// The columns that an expression takes of its frame, if the arrow is that.
    #[cfg(feature = "polars")]
    fn columns_read(&self, edge: &super::Edge) -> Option<String> {
        let graph = &*self.flow.0;
        let node = *graph.index.get(&edge.reader).filter(|&&node| crate::lazy::is_expression(graph.node(node)))?;
        let (frame, columns) = crate::lazy::direct(graph, node).frame?;
        (frame == edge.source).then(|| columns.join(", "))
    }

    #[cfg(not(feature = "polars"))]
    #[expect(clippy::unused_self, reason = "the same call with an engine and without")]
    fn columns_read(&self, _edge: &super::Edge) -> Option<String> {
        None
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
