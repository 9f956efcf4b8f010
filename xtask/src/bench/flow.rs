//! The works of dataflows and of operators over ordered rows.

use super::goals::Goal;
use super::sides::Side;
use super::sizes::Size;
use super::works::{Data, Expected, Work, grouped};

/// How often one value goes through a graph in a process.
const SCALARS: usize = 200;
/// How often one row goes through a compiled graph in a process: enough for percentiles.
const ROWS: usize = 1_000;
/// A chunk of rows, as a walk over datasets gives them.
const CHUNK: usize = 1 << 17;
/// Polars from Rust, without anything of ours.
const BARE: &str = "one lazy plan";

/// All works of `bench flow`.
pub(crate) fn all(size: &Size) -> Vec<Work> {
    let mut works = Vec::new();
    for (shape, facts) in [("chain", ["chain-100", "chain-1000"]), ("layered", ["layered-100", "layered-1000"])] {
        works.extend([100, 1_000].into_iter().zip(facts).map(|(nodes, fact)| scalar(shape, nodes, fact)));
    }
    works.extend([build(), chain(), layered(size), row()]);
    works.extend([CHUNK, 0].map(|chunk| asof(chunk, size)));
    works.extend([CHUNK, 0].map(|chunk| segagg(chunk, size)));
    works
}

fn graph(shape: &str, nodes: usize) -> Vec<String> {
    vec!["--shape".to_owned(), shape.to_owned(), "--nodes".to_owned(), nodes.to_string()]
}

/// What all works on graphs of values share.
fn of_graph(shape: &str, nodes: usize) -> Work {
    Work {
        name: String::new(),
        title: String::new(),
        data: Data::Flow,
        command: "flow-scalar",
        args: graph(shape, nodes),
        repeats: SCALARS,
        frames: false,
        expected: Expected::Rows(nodes as u64),
        sides: vec![Side::ours(None), Side::peer("hamilton", None)],
        goals: Vec::new(),
    }
}

fn scalar(shape: &'static str, nodes: usize, fact: &'static str) -> Work {
    const MICROS_A_NODE: f64 = 0.1;
    #[expect(clippy::cast_precision_loss, reason = "nodes are few")]
    let micros = nodes as f64 * MICROS_A_NODE;
    Work {
        name: format!("scalar-{fact}"),
        title: format!("one value through {} nodes, {shape}", grouped(nodes)),
        expected: Expected::Fact(fact),
        goals: vec![Goal::Median { micros }],
        ..of_graph(shape, nodes)
    }
}

fn build() -> Work {
    const NODES: usize = 1_000;
    Work {
        name: "build".to_owned(),
        title: format!("a graph of {} nodes, layered, built", grouped(NODES)),
        command: "flow-build",
        repeats: 20,
        goals: vec![Goal::Seconds { seconds: 0.005 }],
        ..of_graph("layered", NODES)
    }
}

fn chain() -> Work {
    const NODES: usize = 100_000;
    Work {
        name: "chain".to_owned(),
        title: format!("a chain of {} nodes, built and run", grouped(NODES)),
        command: "flow-chain",
        repeats: 3,
        expected: Expected::Fact("chain-100000"),
        sides: vec![Side::ours(None)],
        ..of_graph("chain", NODES)
    }
}

fn layered(size: &Size) -> Work {
    Work {
        name: "layered".to_owned(),
        title: format!("100 nodes, layered, over {} rows, 10 columns out", grouped(size.flow_rows)),
        command: "flow-layered",
        args: vec!["--nodes".to_owned(), "100".to_owned()],
        repeats: 5,
        frames: true,
        expected: Expected::Fact("rows"),
        sides: vec![Side::ours(None), Side::bare(BARE), Side::peer("polars", None), Side::peer("hamilton", None)],
        goals: vec![
            Goal::Faster { than: &["hamilton"], times: 0.25 },
            Goal::Faster { than: &[BARE, "polars"], times: 1.0 },
            Goal::Growth { times: 2.0 },
        ],
        ..of_graph("layered", 100)
    }
}

fn row() -> Work {
    Work {
        name: "row".to_owned(),
        title: "one row through 100 nodes, layered".to_owned(),
        command: "flow-row",
        repeats: ROWS,
        expected: Expected::Fact("layered-100"),
        goals: vec![Goal::Median { micros: 20.0 }],
        ..of_graph("layered", 100)
    }
}

/// What both operators share: rows in chunks, or all at once if `chunk` is 0.
fn of_rows(command: &'static str, chunk: usize) -> Work {
    Work {
        name: if chunk == 0 { format!("{command}-at-once") } else { command.to_owned() },
        title: String::new(),
        data: Data::Ticks,
        command,
        args: vec!["--chunk".to_owned(), chunk.to_string()],
        repeats: 5,
        frames: false,
        expected: Expected::Fact(command),
        sides: vec![Side::ours(None), Side::peer("polars", None), Side::peer("oups", None)],
        goals: vec![Goal::Faster { than: &["polars"], times: 1.0 }, Goal::Faster { than: &["oups"], times: 0.33 }],
    }
}

fn portions(chunk: usize) -> String {
    if chunk == 0 { "all at once".to_owned() } else { format!("in chunks of {}", grouped(chunk)) }
}

fn asof(chunk: usize, size: &Size) -> Work {
    let rows = grouped(size.ticks);
    Work { title: format!("{rows} targets with {rows} ordered rows, {}", portions(chunk)), ..of_rows("asof", chunk) }
}

fn segagg(chunk: usize, size: &Size) -> Work {
    let title = format!("{} ordered rows to minutes, 5 aggregates, {}", grouped(size.ticks), portions(chunk));
    Work { title, ..of_rows("segagg", chunk) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_takes_at_most_a_hundred_nanoseconds() {
        let goals: Vec<Goal> = all(&Size::full()).into_iter().take(2).flat_map(|work| work.goals).collect();
        assert_eq!(goals, [Goal::Median { micros: 10.0 }, Goal::Median { micros: 100.0 }]);
    }

    #[test]
    fn names_are_told_apart() {
        let names: std::collections::HashSet<String> = all(&Size::full()).into_iter().map(|work| work.name).collect();
        assert_eq!(names.len(), all(&Size::full()).len());
    }
}
