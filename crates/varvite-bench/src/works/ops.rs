//! `asof`, `segagg`: operators over ordered rows in memory, in chunks or all at once.

use anyhow::{Context, Result};
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Float64Type;
use varvite_ops::{AsofFrame, AsofMerge, AsofOptions, Bins, Function, Matching, SegmentOptions, SegmentedAggregation};
use varvite_time::Period;

use crate::Measured;
use crate::case::{instants, read_rows};
use crate::measure::{Repeated, repeated_with_first_memory};
use crate::outcome::{ColumnFact, Outcome};
use crate::place::Place;

/// How rows come.
#[derive(clap::Args)]
struct Portions {
    /// Rows of a chunk; all of them at once, if it is 0.
    #[arg(long)]
    chunk: usize,
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

/// Each target with the last row at or before it.
#[derive(clap::Args)]
pub(crate) struct Asof {
    #[command(flatten)]
    portions: Portions,
}

/// First, last, min, max and sum of each minute.
#[derive(clap::Args)]
pub(crate) struct Segments {
    #[command(flatten)]
    portions: Portions,
}

impl Measured for Asof {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let rows = all(place, "rows.arrow")?;
        let portions = self.portions.side_by_side(&all(place, "targets.arrow")?, &rows)?;
        let measured = repeated_with_first_memory(self.portions.repeats, || {
            let mut merge = AsofMerge::try_new(AsofOptions::new("ts", [AsofFrame::new(Matching::AtOrBefore)]))?;
            let push = |(targets, rows): &(_, _)| Ok(merge.push(targets, std::slice::from_ref(rows))?);
            portions.iter().map(push).collect::<Result<Vec<RecordBatch>>>()
        })?;
        outcome(measured, &["price"], rows.num_rows())
    }
}

impl Measured for Segments {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        const FUNCTIONS: [Function; 5] = [Function::First, Function::Last, Function::Min, Function::Max, Function::Sum];
        let rows = all(place, "rows.arrow")?;
        let portions = self.portions.of(&rows);
        let measured = repeated_with_first_memory(self.portions.repeats, || {
            let aggregates = FUNCTIONS.iter().map(|function| function.of("price"));
            let options = SegmentOptions::new("ts", Bins::every(Period::MINUTE), aggregates);
            let mut minutes = SegmentedAggregation::try_new(options)?;
            let push = |rows: &RecordBatch| Ok(minutes.push(rows)?.closed());
            let mut made = portions.iter().map(push).collect::<Result<Vec<RecordBatch>>>()?;
            made.extend(minutes.finish()?.map(|last| last.bins));
            Ok(made)
        })?;
        let names = ["price_first", "price_last", "price_min", "price_max", "price_sum"];
        outcome(measured, &names, rows.num_rows())
    }
}

impl Portions {
    fn of(&self, rows: &RecordBatch) -> Vec<RecordBatch> {
        if self.chunk == 0 {
            return vec![rows.clone()];
        }
        let starts = (0..rows.num_rows()).step_by(self.chunk);
        starts.map(|start| rows.slice(start, self.chunk.min(rows.num_rows() - start))).collect()
    }

    /// Chunks of rows, each with the targets before the next one, as a walk over two datasets gives them.
    fn side_by_side(&self, targets: &RecordBatch, rows: &RecordBatch) -> Result<Vec<(RecordBatch, RecordBatch)>> {
        let times = instants(targets, "ts")?;
        let portions = self.of(rows);
        let ends = portions[1..].iter().map(|next| {
            let start = instants(&next.slice(0, 1), "ts")?[0];
            Ok(times.partition_point(|time| *time < start))
        });
        let ends = ends.chain([Ok(times.len())]).collect::<Result<Vec<usize>>>()?;
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let targets = starts.zip(&ends).map(|(start, end)| targets.slice(start, end - start)).collect::<Vec<_>>();
        Ok(targets.into_iter().zip(portions).collect())
    }
}

/// All rows of a file in one batch.
fn all(place: &Place, name: &str) -> Result<RecordBatch> {
    let batches = read_rows(&place.case, name)?;
    let schema = batches.first().with_context(|| format!("{name} has no rows"))?.schema();
    Ok(concat_batches(&schema, &batches)?)
}

fn outcome(measured: Repeated<Vec<RecordBatch>>, names: &[&str], rows_processed: usize) -> Result<Outcome> {
    let rows: usize = measured.last.iter().map(RecordBatch::num_rows).sum();
    let mut columns = vec![ColumnFact::default(); names.len()];
    let mut first = 0;
    for batch in &measured.last {
        for (fact, name) in columns.iter_mut().zip(names) {
            let column = batch.column_by_name(name).with_context(|| format!("no column `{name}`"))?;
            let values = column.as_primitive_opt::<Float64Type>().with_context(|| format!("`{name}` is no float"))?;
            fact.add(values, first, rows);
        }
        first += batch.num_rows();
    }
    Ok(Outcome {
        first_seconds: Some(measured.first_seconds),
        seconds: measured.seconds,
        cost: measured.cost,
        rows: rows as u64,
        columns,
        rows_processed: Some(rows_processed as u64),
        ..Outcome::default()
    })
}
