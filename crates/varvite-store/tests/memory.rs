//! A walk holds a block a key in memory, not the datasets.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use peak_alloc::PeakAlloc;
use varvite_dataset::{Dataset, WriteOptions};
use varvite_storage::{LocalStorage, Storage, StoragePath};
use varvite_store::{IntersectionOptions, Intersections};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ROW_GROUPS: i64 = 40;
const ROWS: i64 = 20_000;
const COLUMNS: usize = 6;

/// Bytes of one row group in memory: noise does not compress, so on disk it is about the same.
const BLOCK: usize = 20_000 * COLUMNS * 8;

fn fill(dataset: &Dataset) {
    for group in 0..ROW_GROUPS {
        let t: ArrayRef = Arc::new(Int64Array::from_iter_values(group * ROWS..(group + 1) * ROWS));
        let noise = |seed: i64| {
            let value = move |row: i64| (row + seed).wrapping_mul(0x5851_F42D_4C95_7F2D).rotate_left(29);
            Arc::new(Int64Array::from_iter_values((group * ROWS..(group + 1) * ROWS).map(value))) as ArrayRef
        };
        let columns = [("t", t)].into_iter().chain(["a", "b", "c", "d", "e"].into_iter().zip((1..).map(noise)));
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let options = WriteOptions::ordered_on("t").with_row_group_target_size(u64::try_from(ROWS).unwrap());
        let _ = dataset.write(batch, &options).unwrap();
    }
}

#[test]
fn the_memory_of_a_walk_does_not_grow_with_the_datasets() {
    let folder = tempfile::tempdir().unwrap();
    let storage: Arc<dyn Storage> = Arc::new(LocalStorage::open(folder.path()).unwrap());
    let datasets: Vec<(&str, Dataset)> = ["a", "b"]
        .into_iter()
        .map(|name| {
            let path = StoragePath::try_new(name).unwrap();
            let dataset = Dataset::at(Arc::clone(&storage), path, None).unwrap();
            fill(&dataset);
            (name, dataset)
        })
        .collect();

    for options in [IntersectionOptions::default(), IntersectionOptions::default().max_rows(20_000)] {
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let mut rows = 0;
        for chunk in Intersections::over(datasets.clone(), &options).unwrap() {
            rows += chunk.unwrap().num_rows();
        }
        let peak = ALLOCATOR.peak_usage() - before;
        assert_eq!(rows, usize::try_from(2 * ROW_GROUPS * ROWS).unwrap());
        // Two keys: a chunk's block, the bytes it is decoded from, and what is read ahead; 80 blocks are stored.
        assert!(peak < 2 * 5 * BLOCK, "{peak} bytes at the peak, a block is {BLOCK}");
    }
}
