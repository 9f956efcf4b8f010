//! A historical read as a Polars frame has the rows of its batches.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use varvite_dataset::Dataset;
use varvite_feature::{EntityRows, GroupHistory, HistoricalOptions, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_time::Instant;

#[test]
fn s01_a_frame_has_the_rows_of_the_answer() {
    let group = FeatureGroupSchema::builder("g")
        .entity_key("k", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("v", DataType::Double));
    let dataset = Dataset::at(Arc::new(MemoryStorage::new()), StoragePath::try_new("g").unwrap(), None).unwrap();
    let history = GroupHistory::new(group.build().unwrap(), dataset);
    let ids = |ids: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(ids)) };
    let times = |at: Vec<i64>| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(at).with_timezone("UTC")) };
    let value: ArrayRef = Arc::new(Float64Array::from(vec![0.5, 1.5]));
    let rows = RecordBatch::try_from_iter([("k", ids(vec![1, 2])), ("at", times(vec![10, 10])), ("v", value)]).unwrap();
    let _ = history.write(&[rows], WriteMode::Append, Instant::from_ns(0)).unwrap();
    let spine = RecordBatch::try_from_iter([("k", ids(vec![2, 1, 3])), ("t", times(vec![10, 9, 20]))]).unwrap();
    let spine = EntityRows::at_times(spine, "t").unwrap();
    let found = history.get_historical_features(&spine, &["v"], &HistoricalOptions::default()).unwrap();
    let frame = found.to_lazy().unwrap().collect().unwrap();
    assert_eq!(frame.get_column_names(), ["k", "t", "v"]);
    let values: Vec<Option<f64>> = frame.column("v").unwrap().f64().unwrap().iter().collect();
    assert_eq!(values, [Some(1.5), None, None]);
}
