//! Figures of the engine: `cargo run --release -p varvite-flow --example flow_speed`.

use std::sync::Arc;
use std::time::Instant;

use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite_flow::{Dataflow, Error, Module, Node, Value};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for num_nodes in [100, 1_000, 10_000, 100_000] {
        let begin = Instant::now();
        let flow = chain(num_nodes)?;
        let built = begin.elapsed();
        let name = format!("n{num_nodes}");
        let run = median(|| flow.run().input("n0", 1.0).get_named(&[&name]).map(drop))?;
        println!("chain of {num_nodes} values: built in {built:?}, planned and run in {run:?}");
        if num_nodes == 100 {
            let batch = RecordBatch::try_from_iter([("n0", Arc::new(Float64Array::from(vec![1.0])) as ArrayRef)])?;
            let fitted = flow.fit_named(&[batch], &[&name])?;
            let mut online = flow.online_named(&fitted, &[&name])?;
            let row = median(|| online.call(&[Value::F64(1.0)]).map(|_| ()))?;
            println!("one row through {num_nodes} nodes: {row:?}");
        }
    }
    let rows = Float64Array::from_iter_values((0..1_000_000).map(f64::from));
    let batch = RecordBatch::try_from_iter([("n0", Arc::new(rows) as ArrayRef)])?;
    let (flow, names) = layered(100)?;
    let request: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = median(|| flow.run().frame(&batch).get_named(&request).map(drop))?;
    println!("100 layered nodes over 1 M rows, 10 columns out: {run:?}");
    Ok(())
}

fn chain(num_nodes: usize) -> Result<Dataflow, Error> {
    let node = |at: usize| Node::row(format!("n{at}"), [&format!("n{}", at - 1)], |before: f64| before + 1.0);
    Dataflow::builder().with(Module::new().nodes((1..=num_nodes).map(node))).build()
}

/// Ten nodes wide, each reads two of the layer before.
fn layered(num_nodes: usize) -> Result<(Dataflow, Vec<String>), Error> {
    let node = |at: usize| {
        let name = format!("l{at}");
        if at < 10 {
            return Node::row(name, ["n0"], |x: f64| x * 0.5 + 3.0);
        }
        let (layer, place) = (at / 10 - 1, at % 10);
        let sources = [format!("l{}", layer * 10 + place), format!("l{}", layer * 10 + (place + 1) % 10)];
        Node::row(name, [&sources[0], &sources[1]], |one: f64, two: f64| one * 0.5 + two * 0.5)
    };
    let flow = Dataflow::builder().with(Module::new().nodes((0..num_nodes).map(node))).build()?;
    Ok((flow, (num_nodes - 10..num_nodes).map(|at| format!("l{at}")).collect()))
}

fn median(mut run: impl FnMut() -> Result<(), Error>) -> Result<std::time::Duration, Error> {
    let mut times = Vec::new();
    for _ in 0..11 {
        let begin = Instant::now();
        run()?;
        times.push(begin.elapsed());
    }
    times.sort();
    Ok(times[5])
}
