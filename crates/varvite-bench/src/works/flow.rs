//! `flow-scalar`, `flow-build`, `flow-chain`, `flow-row`: what a dataflow costs beside its functions.

use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite_bench::flow::{FlowFact, INPUT, Shape};
use varvite_flow::{Dataflow, Outputs, Value};

use crate::Measured;
use crate::measure::{Repeated, repeated};
use crate::outcome::Outcome;
use crate::place::Place;

/// A graph, and how often.
#[derive(clap::Args)]
pub(crate) struct Graph {
    #[arg(long)]
    shape: Shape,
    #[arg(long)]
    nodes: usize,
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

/// One value through a graph that is there: planned and run.
#[derive(clap::Args)]
pub(crate) struct Scalars {
    #[command(flatten)]
    graph: Graph,
}

/// A graph of functions, built.
#[derive(clap::Args)]
pub(crate) struct Build {
    #[command(flatten)]
    graph: Graph,
}

/// A graph of functions, built and run.
#[derive(clap::Args)]
pub(crate) struct BuildAndRun {
    #[command(flatten)]
    graph: Graph,
}

/// One row after the other, through a graph that is compiled for it.
#[derive(clap::Args)]
pub(crate) struct OneRow {
    #[command(flatten)]
    graph: Graph,
}

impl Measured for Scalars {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, _: &Place) -> Result<Outcome> {
        let (flow, request) = (self.graph.build()?, self.graph.request());
        let measured = repeated(self.graph.repeats, || run(&flow, &request))?;
        let values = values(&measured.last, &request)?;
        Ok(outcome(measured, FlowFact::of_values(&values)))
    }
}

impl Measured for Build {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, _: &Place) -> Result<Outcome> {
        let measured = repeated(self.graph.repeats, || self.graph.build())?;
        let rows = measured.last.nodes().len() as u64;
        Ok(outcome(measured, FlowFact { rows, ..FlowFact::default() }))
    }
}

impl Measured for BuildAndRun {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, _: &Place) -> Result<Outcome> {
        let request = self.graph.request();
        let measured = repeated(self.graph.repeats, || run(&self.graph.build()?, &request))?;
        let values = values(&measured.last, &request)?;
        Ok(outcome(measured, FlowFact::of_values(&values)))
    }
}

impl Measured for OneRow {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, _: &Place) -> Result<Outcome> {
        let (flow, request) = (self.graph.build()?, self.graph.request());
        let request: Vec<&str> = request.iter().map(String::as_str).collect();
        let column: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
        let fitted = flow.fit_named(&[RecordBatch::try_from_iter([(INPUT, column)])?], &request)?;
        let mut online = flow.online_named(&fitted, &request)?;
        // The result stays where it is; it is copied once, after the last call.
        let measured =
            repeated(self.graph.repeats, || Ok(std::hint::black_box(online.call(&[Value::F64(1.0)])?).len()))?;
        let values = online.call(&[Value::F64(1.0)])?.iter().map(|value| value.as_f64().context("no number"));
        let values = values.collect::<Result<Vec<f64>>>()?;
        Ok(outcome(measured, FlowFact::of_values(&values)))
    }
}

impl Graph {
    fn build(&self) -> Result<Dataflow> {
        self.shape.build(self.nodes)
    }

    fn request(&self) -> Vec<String> {
        self.shape.request(self.nodes)
    }
}

fn run(flow: &Dataflow, request: &[String]) -> Result<Outputs> {
    let request: Vec<&str> = request.iter().map(String::as_str).collect();
    Ok(flow.run().input(INPUT, 1.0).get_named(&request)?)
}

fn values(made: &Outputs, request: &[String]) -> Result<Vec<f64>> {
    request.iter().map(|name| made.value(name).with_context(|| format!("`{name}` is no number"))).collect()
}

fn outcome<T>(measured: Repeated<T>, fact: FlowFact) -> Outcome {
    Outcome {
        first_seconds: Some(measured.first_seconds),
        seconds: measured.seconds,
        cost: measured.cost,
        rows: fact.rows,
        sum: fact.sum,
        columns: fact.columns,
        ..Outcome::default()
    }
}
