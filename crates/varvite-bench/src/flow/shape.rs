//! [`Shape`]: graphs of small functions of floats, as large as one asks for.

use anyhow::{Result, ensure};
use varvite_flow::{Dataflow, Module, Node};

/// The only input.
pub const INPUT: &str = "n0";
/// Nodes of a layer.
pub const WIDTH: usize = 10;

/// How nodes read each other. The last ones are asked for, so that each node is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// Each adds 1 to the one before.
    Chain,
    /// Ten wide, each reads two of the layer before.
    Layered,
}

impl Shape {
    /// A graph of so many nodes, built.
    pub fn build(self, nodes: usize) -> Result<Dataflow> {
        ensure!(
            self == Self::Chain || nodes.is_multiple_of(WIDTH),
            "layers are {WIDTH} wide, and there are {nodes} nodes"
        );
        Ok(Dataflow::builder().with(Module::new().nodes((0..nodes).map(|at| self.node(at)))).build()?)
    }

    fn node(self, at: usize) -> Node {
        match (self, self.sources(at)) {
            (Self::Chain, [before, _]) => Node::row(self.name(at), [&before], |before: f64| before + 1.0),
            (Self::Layered, [input, _]) if at < WIDTH => {
                let offset = offset(at);
                Node::row(self.name(at), [&input], move |input: f64| input * 0.5 + offset)
            }
            (Self::Layered, [one, two]) => {
                Node::row(self.name(at), [&one, &two], |one: f64, two: f64| one * 0.75 + two * 0.25)
            }
        }
    }

    /// The name of node `at`.
    pub fn name(self, at: usize) -> String {
        match self {
            Self::Chain => format!("n{}", at + 1),
            Self::Layered => format!("l{at}"),
        }
    }

    /// What node `at` reads; twice the same, if it is one.
    pub fn sources(self, at: usize) -> [String; 2] {
        let input = || INPUT.to_owned();
        match self {
            Self::Chain if at == 0 => [input(), input()],
            Self::Chain => [self.name(at - 1), self.name(at - 1)],
            Self::Layered if at < WIDTH => [input(), input()],
            Self::Layered => read(at).map(|at| self.name(at)),
        }
    }

    /// The names that are asked for.
    pub fn request(self, nodes: usize) -> Vec<String> {
        let asked = if self == Self::Chain { 1 } else { WIDTH };
        (nodes - asked..nodes).map(|at| self.name(at)).collect()
    }

    /// What is asked for, computed by plain code.
    pub fn plain(self, nodes: usize, input: f64) -> Vec<f64> {
        match self {
            Self::Chain => vec![(0..nodes).fold(input, |before, _| before + 1.0)],
            Self::Layered => {
                let mut layer: Vec<f64> = (0..WIDTH).map(|at| input * 0.5 + offset(at)).collect();
                for _ in 1..nodes / WIDTH {
                    layer = (0..WIDTH).map(|at| layer[at] * 0.75 + layer[(at + 1) % WIDTH] * 0.25).collect();
                }
                layer
            }
        }
    }
}

/// What node `at` of a layer but the first reads: the one above it and the next one.
fn read(at: usize) -> [usize; 2] {
    let (layer, place) = (at / WIDTH - 1, at % WIDTH);
    [layer * WIDTH + place, layer * WIDTH + (place + 1) % WIDTH]
}

#[expect(clippy::cast_precision_loss, reason = "below ten")]
fn offset(at: usize) -> f64 {
    at as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_comes_to_what_plain_code_comes_to() {
        for (shape, nodes) in [(Shape::Chain, 7), (Shape::Layered, 10), (Shape::Layered, 50)] {
            let request = shape.request(nodes);
            let names: Vec<&str> = request.iter().map(String::as_str).collect();
            let made = shape.build(nodes).unwrap().run().input(INPUT, 2.0).get_named(&names).unwrap();
            let made: Vec<f64> = names.iter().map(|name| made.value(name).unwrap()).collect();
            assert_eq!(made, shape.plain(nodes, 2.0));
        }
    }

    #[test]
    fn layers_are_whole() {
        assert!(Shape::Layered.build(15).is_err());
    }
}
