//! How long a listing takes of a dataset with a hundred thousand intervals. By hand: `cargo nextest run --run-ignored all`.
#![allow(clippy::unwrap_used, reason = "tests")]

mod weather;

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use varvite_asset::{AssetWrite, Catalog, Want};
use weather::{DAY, schema};

/// A row a day.
fn days(days: Range<i64>) -> RecordBatch {
    let columns: [(&str, ArrayRef); 3] = [
        (
            "ts",
            Arc::new(
                TimestampMicrosecondArray::from_iter_values(days.clone().map(|day| day * DAY)).with_timezone("UTC"),
            ),
        ),
        ("region", Arc::new(StringArray::from_iter_values(days.clone().map(|_| "a")))),
        ("value", Arc::new(Int64Array::from_iter_values(days))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[test]
#[ignore = "writes a hundred thousand files"]
fn a_hundred_thousand_intervals_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(folder.path()).unwrap();
    // One commit's record cannot name a hundred thousand new files.
    for part in 0..4i64 {
        let rows = days(part * 25_000..(part + 1) * 25_000);
        let _ = catalog.write_batches(&schema(&[]), &[rows], &AssetWrite::replace()).unwrap();
    }
    for _ in 0..3 {
        let began = Instant::now();
        let listing =
            Catalog::open(folder.path()).unwrap().listing(&[Want::new("rows", Arc::new(schema(&[])))]).unwrap();
        let took = began.elapsed();
        assert_eq!(listing.assets.len(), 1);
        println!("listed in {took:?}");
    }
    let partition = &weather::partitions(&catalog)[0];
    assert_eq!((partition.coverage.runs().count(), partition.dataset.snapshot().unwrap().files.len()), (1, 100_000));
}
