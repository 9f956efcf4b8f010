//! `flow-layered`: layers of nodes over all rows of a column.

use std::sync::Arc;

use anyhow::{Context, Result};
use polars::prelude::{Column, DataFrame, Expr, IntoLazy, col, lit};
use varvite_bench::Measured;
use varvite_bench::flow::{FlowCase, FlowFact, INPUT, Shape, WIDTH};
use varvite_bench::measure::{Repeated, repeated_with_first_memory};
use varvite_bench::outcome::Outcome;
use varvite_bench::place::Place;
use varvite_flow::arrow::array::{Array, ArrayRef, Float64Array, RecordBatch};
use varvite_flow::{Outputs, Value};

const SHAPE: Shape = Shape::Layered;

/// The options of `flow-layered`.
#[derive(Debug, clap::Args)]
pub(crate) struct Layered {
    #[arg(long)]
    nodes: usize,
    /// The same as one lazy plan of Polars.
    #[arg(long)]
    bare: bool,
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

impl Measured for Layered {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let rows = FlowCase::read(&place.case)?.rows;
        if self.bare { self.polars(rows) } else { self.flow(rows) }
    }
}

impl Layered {
    fn flow(&self, rows: usize) -> Result<Outcome> {
        let column: ArrayRef = Arc::new(Float64Array::from(numbers(rows)));
        let rows = RecordBatch::try_from_iter([(INPUT, column)])?;
        let flow = SHAPE.build(self.nodes)?;
        let request = SHAPE.request(self.nodes);
        let request: Vec<&str> = request.iter().map(String::as_str).collect();
        let measured = repeated_with_first_memory(self.repeats, || Ok(flow.run().frame(&rows).get_named(&request)?))?;
        let columns = request.iter().map(|name| made(&measured.last, name)).collect::<Result<Vec<_>>>()?;
        let fact = FlowFact::of_columns(rows.num_rows(), columns.iter().map(|column| &column.values()[..]));
        Ok(outcome(measured, fact))
    }

    fn polars(&self, rows: usize) -> Result<Outcome> {
        let rows = DataFrame::new_infer_height(vec![Column::new(INPUT.into(), numbers(rows))])?;
        let measured = repeated_with_first_memory(self.repeats, || {
            let layers = (0..self.nodes / WIDTH).map(|layer| (layer * WIDTH..(layer + 1) * WIDTH).map(expression));
            let frame = layers.fold(rows.clone().lazy(), |frame, layer| frame.with_columns(layer.collect::<Vec<_>>()));
            Ok(frame.select(SHAPE.request(self.nodes).into_iter().map(col).collect::<Vec<_>>()).collect()?)
        })?;
        let columns = measured.last.columns().iter().map(values).collect::<Result<Vec<_>>>()?;
        let fact = FlowFact::of_columns(measured.last.height(), columns.iter().map(Vec::as_slice));
        Ok(outcome(measured, fact))
    }
}

/// What node `at` is of the columns that are there.
#[expect(clippy::cast_precision_loss, reason = "below ten")]
fn expression(at: usize) -> Expr {
    let [one, two] = SHAPE.sources(at).map(col);
    let made = if at < WIDTH { one * lit(0.5) + lit(at as f64) } else { one * lit(0.75) + two * lit(0.25) };
    made.alias(SHAPE.name(at))
}

#[expect(clippy::cast_precision_loss, reason = "rows are far below 2^53")]
fn numbers(rows: usize) -> Vec<f64> {
    (0..rows).map(|row| row as f64).collect()
}

fn made(outputs: &Outputs, name: &str) -> Result<Float64Array> {
    let column = match outputs.get(name) {
        Some(Value::Column(column)) => column.as_any().downcast_ref::<Float64Array>().cloned(),
        _ => None,
    };
    column.filter(|column| column.null_count() == 0).with_context(|| format!("`{name}` is no column of floats"))
}

fn values(column: &Column) -> Result<Vec<f64>> {
    column.f64()?.iter().map(|value| value.context("a null")).collect()
}

fn outcome<T>(measured: Repeated<T>, fact: FlowFact) -> Outcome {
    Outcome {
        first_seconds: Some(measured.first_seconds),
        seconds: measured.seconds,
        cost: measured.cost,
        result_bytes: Some(fact.rows * fact.columns.len() as u64 * size_of::<f64>() as u64),
        rows_processed: Some(fact.rows),
        rows: fact.rows,
        columns: fact.columns,
        ..Outcome::default()
    }
}
