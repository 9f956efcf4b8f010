//! How long a listing takes of a dataset with a hundred thousand intervals. By hand: `cargo nextest run --run-ignored all`.
#![allow(clippy::unwrap_used, reason = "tests")]

mod weather;

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use varvite_asset::{AssetWrite, Catalog, Want};
use weather::{DAY, schema};

#[test]
#[ignore = "writes a hundred thousand files"]
fn a_hundred_thousand_intervals_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(folder.path()).unwrap();
    let count = 100_000i64;
    let columns: [(&str, ArrayRef); 3] = [
        (
            "ts",
            Arc::new(TimestampMicrosecondArray::from_iter_values((0..count).map(|day| day * DAY)).with_timezone("UTC")),
        ),
        ("region", Arc::new(StringArray::from_iter_values((0..count).map(|_| "a")))),
        ("value", Arc::new(Int64Array::from_iter_values(0..count))),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let _ = catalog.write_batches(&schema(&[]), &[rows], &AssetWrite::replace()).unwrap();
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
