//! Two datasets walked in lock step: each quote with the trades before it, and trades in bars of a minute.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampSecondArray};
use varvite::arrow::compute::concat_batches;
use varvite::arrow::util::display::array_value_to_string;
use varvite::ops::{
    AsofFrame, AsofMerge, AsofOptions, Bins, Function, Matching, SegmentOptions, SegmentedAggregation, Tolerance,
};
use varvite::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let trades = dataset(folder.path(), "price", &[(5, 10.0), (20, 11.0), (65, 12.0), (80, 9.0), (190, 10.5)])?;
    let quotes = dataset(folder.path(), "bid", &[(4, 9.9), (30, 10.8), (66, 11.5), (130, 9.5), (200, 10.4)])?;

    // Of each quote the last two trades before it, none of them older than a minute.
    let frame = AsofFrame::new(Matching::Before).with_n_prev(1).with_tolerance(Tolerance::Period(Period::MINUTE));
    let mut merge = AsofMerge::try_new(AsofOptions::new("ts", [frame]).with_prefixes([["trade_"]]))?;
    let bars = [Function::First, Function::Max, Function::Min, Function::Last].map(|function| function.of("price"));
    let mut bars = SegmentedAggregation::try_new(SegmentOptions::new("ts", Bins::every(Period::MINUTE), bars))?;

    // Chunk by chunk, however large the datasets are; operators remember what the next chunk needs of this one.
    let (mut merged, mut minutes) = (Vec::new(), Vec::new());
    let keys = vec![("quotes", quotes), ("trades", trades)];
    for chunk in Intersections::over(keys, &IntersectionOptions::default().every(Period::MINUTE))? {
        let chunk = chunk?;
        merged.push(merge.push(&chunk[&"quotes"], &[chunk[&"trades"].clone()])?);
        minutes.push(bars.push(&chunk[&"trades"])?.closed());
        // What is remembered is plain data, to be stored with the output.
        let state = serde_json::to_string(&bars.state()?)?;
        bars = SegmentedAggregation::restore(bars.options().clone(), serde_json::from_str(&state)?)?;
    }
    minutes.extend(bars.finish()?.map(|last| last.bins));

    println!("{} chunks", merged.len());
    for batches in [merged, minutes] {
        let rows = concat_batches(&batches[0].schema(), &batches)?;
        println!("{:?}", rows.schema().fields().iter().map(|field| field.name()).collect::<Vec<_>>());
        for row in 0..rows.num_rows() {
            let texts = rows.columns().iter().map(|column| array_value_to_string(column, row));
            println!("- {}", texts.collect::<Result<Vec<_>, _>>()?.join(", "));
        }
    }
    Ok(())
}

fn dataset(folder: &Path, column: &str, rows: &[(i64, f64)]) -> Result<Dataset, Box<dyn Error>> {
    let ts = TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.0));
    let values = Float64Array::from_iter_values(rows.iter().map(|row| row.1));
    let batch = RecordBatch::try_from_iter([("ts", Arc::new(ts) as ArrayRef), (column, Arc::new(values))])?;
    let dataset = Dataset::open_or_new(folder.join(column))?;
    let _ = dataset.write(batch, &WriteOptions::ordered_on("ts"))?;
    Ok(dataset)
}
