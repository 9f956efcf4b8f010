//! Two datasets walked in lock step, chunk by chunk, with rows before the start as warm-up: operators give what they
//! give of all rows at once.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, RecordBatch, TimestampSecondArray};
use arrow::compute::concat_batches;
use varvite_dataset::{Dataset, RowGroupTarget, ScanOptions, WriteOptions};
use varvite_ops::{
    AsofFrame, AsofMerge, AsofOptions, Bins, Buffer, Function, Matching, SegmentOptions, SegmentedAggregation,
};
use varvite_store::{IntersectionOptions, Intersections};
use varvite_time::Period;

const N_PREV: usize = 3;
const START: &str = "1970-01-01T00:20:00Z";
const START_S: i64 = 20 * 60;

fn dataset(folder: &std::path::Path, column: &str, step: i64, rows_a_group: u64) -> Dataset {
    let times: Vec<i64> = (0..3_600).step_by(usize::try_from(step).unwrap()).map(|time| time - time % 3).collect();
    #[allow(clippy::cast_precision_loss, reason = "small")]
    let values: Vec<f64> = times.iter().enumerate().map(|(row, time)| (row as f64) + (*time as f64) / 1e4).collect();
    let rows = RecordBatch::try_from_iter([
        ("ts", Arc::new(TimestampSecondArray::from(times)) as ArrayRef),
        (column, Arc::new(Float64Array::from(values))),
    ])
    .unwrap();
    let dataset = Dataset::open_or_new(folder.join(column)).unwrap();
    let options = WriteOptions::ordered_on("ts").with_row_group_target_size(RowGroupTarget::Rows(rows_a_group));
    let _ = dataset.write(rows, &options).unwrap();
    dataset
}

fn operators() -> (AsofMerge, SegmentedAggregation) {
    let frame = AsofFrame::new(Matching::Before).with_n_prev(N_PREV);
    let merge = AsofMerge::try_new(AsofOptions::new("ts", [frame]).with_prefixes([["trade_"]])).unwrap();
    let bars = [Function::First, Function::Max, Function::Min, Function::Last].map(|function| function.of("price"));
    let options =
        SegmentOptions::new("ts", Bins::every(Period::try_new(7, varvite_time::PeriodUnit::Minute).unwrap()), bars);
    (merge, SegmentedAggregation::try_new(options).unwrap())
}

#[test]
fn a_walk_with_warm_up_gives_what_all_rows_at_once_give() {
    let folder = tempfile::tempdir().unwrap();
    let trades = dataset(folder.path(), "price", 5, 100);
    let quotes = dataset(folder.path(), "bid", 7, 90);
    let all = |dataset: &Dataset| dataset.read(&ScanOptions::default()).unwrap();
    let (mut merge, mut bars) = operators();
    let once = merge.push(&all(&quotes), &[all(&trades)]).unwrap();

    // The same from the start on, chunk by chunk.
    let (mut merge, _) = operators();
    let keys = vec![("quotes", quotes.clone()), ("trades", trades.clone())];
    let options = IntersectionOptions::default().with_range(START..).with_n_prev([0, N_PREV + 1]);
    let mut buffer = Buffer::new(4 << 10);
    let (mut chunks, mut merged) = (0, Vec::new());
    for chunk in Intersections::over(keys, &options).unwrap() {
        let chunk = chunk.unwrap();
        chunks += 1;
        let rows = merge.push(&chunk[&"quotes"], &[chunk[&"trades"].clone()]).unwrap();
        let _ = bars.push(&chunk[&"trades"]).unwrap();
        if buffer.push("merged", rows).unwrap() {
            merged.extend(buffer.take().unwrap().remove("merged"));
        }
    }
    merged.extend(buffer.take().unwrap().remove("merged"));
    assert!(chunks > 5 && merged.len() > 1, "{chunks} chunks, {} buffers", merged.len());
    let merged = concat_batches(&merged[0].schema(), &merged).unwrap();

    let times = once.column(0).as_any().downcast_ref::<TimestampSecondArray>().unwrap();
    let first = times.values().partition_point(|time| *time < START_S);
    assert_eq!(merged, once.slice(first, once.num_rows() - first));
    assert_eq!(merged.column_by_name("trade_price_3").unwrap().null_count(), 0, "the warm-up fills the first windows");
}

#[test]
fn bars_of_a_walk_are_those_of_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    let trades = dataset(folder.path(), "price", 5, 50);
    let (_, mut bars) = operators();
    let once = bars.push(&trades.read(&ScanOptions::default()).unwrap()).unwrap().bins;

    let (_, mut bars) = operators();
    let mut closed = Vec::new();
    for chunk in Intersections::over(vec![("trades", trades)], &IntersectionOptions::default()).unwrap() {
        closed.push(bars.push(&chunk.unwrap()[&"trades"]).unwrap().closed());
    }
    closed.push(bars.finish().unwrap().unwrap().bins);
    assert!(closed.len() > 10);
    assert_eq!(concat_batches(&once.schema(), &closed).unwrap(), once);
}
