//! Lineage of columns: what an expression reads, found by calling its function with names for columns.

use std::collections::BTreeSet;

use polars::prelude::{NULL, lit};

use super::expression::{Expression, column, is_mark, leaves, mark, unmarked};
use super::frame::{Symbolic, frame_item};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::Shape;
use crate::function::{Args, caught};
use crate::graph::{Dataflow, Graph, Read};
use crate::node::{Engine, Node};
use crate::value::Value;

/// What an expression reads by itself.
#[derive(Default)]
pub(crate) struct Direct {
    /// Nodes and inputs of rows.
    sources: Vec<String>,
    /// The frame that it is of, and the columns that it takes.
    pub(crate) frame: Option<(String, Vec<String>)>,
    /// How Polars writes it; nothing if it needs a value to be told.
    pub(crate) text: Option<String>,
}

impl Dataflow {
    /// The columns that an expression is made of, through all expressions between: inputs, nodes that are no expressions,
    /// and columns of frames as `frame.column`. The function is called with names for columns. If it reads a value
    /// too, which is not known here, it counts for all that its parameters name.
    ///
    /// # Errors
    /// There is no such node, or it is no expression.
    pub fn leaf_columns(&self, node: &str) -> Result<BTreeSet<String>> {
        let graph = &*self.0;
        let found = graph.index.get(node).filter(|&&node| is_expression(graph.node(node)));
        let Some(&found) = found else {
            let problem = Problem::new(Kind::UnknownNode, [node], format!("`{node}` is no expression of this graph"));
            let known = graph.nodes.iter().filter(|node| is_expression(node)).map(|node| node.name.as_str());
            return Err(Error::one(Phase::Plan, problem.near(node, known)));
        };
        Ok(all(graph, found))
    }
}

pub(crate) fn is_expression(node: &Node) -> bool {
    matches!(node.engine, Engine::Expression { .. })
}

fn all(graph: &Graph, node: u32) -> BTreeSet<String> {
    let (mut found, mut seen, mut next) = (BTreeSet::new(), BTreeSet::new(), vec![node]);
    while let Some(node) = next.pop() {
        if !seen.insert(node) {
            continue;
        }
        let direct = direct(graph, node);
        if let Some((frame, columns)) = direct.frame {
            found.extend(columns.into_iter().map(|column| format!("{frame}.{column}")));
        }
        for source in direct.sources {
            match graph.index.get(&source) {
                Some(&node) if is_expression(graph.node(node)) => next.push(node),
                _ => {
                    found.insert(source);
                }
            }
        }
    }
    found
}

/// What an expression reads by itself.
pub(crate) fn direct(graph: &Graph, node: u32) -> Direct {
    let own = graph.node(node);
    let reads = &graph.reads[node as usize];
    let by_rows = own.params.iter().zip(reads).filter(|(param, _)| param.flow_type.shape == Shape::Row);
    let sources: Vec<String> = by_rows.filter_map(|(_, read)| name(graph, read)).collect();
    let frame = match own.engine {
        Engine::Expression { frame: Some(at), .. } => name(graph, &reads[at]),
        _ => None,
    };
    let Some(expr) = called(graph, node) else {
        return Direct { sources, frame: frame.map(|frame| (frame, vec!["*".to_owned()])), text: None };
    };
    let text = Some(unmarked(&expr.0.to_string()));
    let read: Vec<String> = leaves(&expr.0).unwrap_or_default().into_iter().map(str::to_owned).collect();
    let marked = |source: &String| read.contains(&mark(source));
    let of_frame = read.iter().filter(|name| !is_mark(name)).cloned().collect::<BTreeSet<_>>();
    let frame = frame.map(|frame| (frame, of_frame.into_iter().collect()));
    Direct { sources: sources.iter().filter(|source| marked(source)).cloned().collect(), frame, text }
}

/// The expression that the function makes of names; nothing if it reads values too, or refuses.
fn called(graph: &Graph, node: u32) -> Option<Expression> {
    let own = graph.node(node);
    let arg = |(param, read): (&crate::node::Param, &Read)| match (read, &param.flow_type.shape) {
        (Read::Value(value), shape) if *shape != Shape::Row => Some(value.clone()),
        (_, Shape::Row) => Some(Value::other(Expression(match name(graph, read) {
            Some(name) => column(mark(&name)),
            None => lit(NULL),
        }))),
        _ if param.flow_type.item == frame_item() => Some(Value::other(Symbolic)),
        _ => None,
    };
    let values = own.params.iter().zip(&graph.reads[node as usize]).map(arg).collect::<Option<Vec<Value>>>()?;
    let args: Vec<u32> = (0..).take(values.len()).collect();
    let made = caught(|| own.kernel.call(Args::new(&values, &args))).ok()?;
    made.downcast_ref::<Expression>().map(|Expression(expr)| Expression(expr.clone()))
}

fn name(graph: &Graph, read: &Read) -> Option<String> {
    match read {
        Read::Node(node) => Some(graph.node(*node).name.clone()),
        Read::Input(input) => Some(graph.inputs[*input as usize].name.clone()),
        Read::Value(_) | Read::Group(_) => None,
    }
}
