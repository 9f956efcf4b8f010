//! Polars frames hold the rows that a read gives, in order.
#![cfg(feature = "polars")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, StringArray};
use common::{batch, ints, on_t, open, rows_of, tens};
use polars::prelude::{DataFrame, col, lit};
use proptest::prelude::*;
use varvite_dataset::{Dataset, ScanOptions};
use varvite_storage::MemoryStorage;

fn stored() -> (tempfile::TempDir, Dataset) {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
    for times in [[1, 2, 3, 4], [4, 6, 7, 8], [12, 13, 14, 14]] {
        let _ = dataset.write(tens(times), &on_t().with_row_group_target_size(3)).unwrap();
    }
    (folder, dataset)
}

fn rows(frame: &DataFrame) -> Vec<(i64, i64)> {
    let column = |name: &str| -> Vec<i64> { frame.column(name).unwrap().i64().unwrap().into_no_null_iter().collect() };
    column("t").into_iter().zip(column("v")).collect()
}

#[track_caller]
fn check(dataset: &Dataset, options: &ScanOptions) {
    let expected = rows_of(&dataset.read(options).unwrap());
    assert_eq!(rows(&dataset.to_polars(options).unwrap()), expected);
    assert_eq!(rows(&dataset.to_lazy(options).unwrap().collect().unwrap()), expected, "{options:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn frames_are_what_a_read_gives(start in -1..16_i64, end in -1..16_i64, n_prev in 0..6_usize, limit in prop::option::of(0..9_u64)) {
        let (_folder, dataset) = stored();
        let mut options = ScanOptions::default().with_range(start..end).with_n_prev(n_prev);
        options.limit = limit;
        check(&dataset, &options);
        check(&dataset, &ScanOptions::default().with_range(start..).with_n_prev(n_prev));
        check(&dataset, &ScanOptions::default().with_range(..end));
    }
}

#[test]
fn some_row_groups_and_columns() {
    let (_folder, dataset) = stored();
    check(&dataset, &ScanOptions::default().with_row_groups([0, 2]));
    let frame = dataset.to_lazy(&ScanOptions::default().with_columns(["v", "t"]).with_range(3..7)).unwrap();
    let names: Vec<String> = frame.collect().unwrap().get_column_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["v", "t"]);
}

#[test]
fn files_of_older_columns_have_the_ones_of_now() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
    let options = on_t().with_evolution(true);
    let narrow: ArrayRef = Arc::new(Int32Array::from(vec![10, 20]));
    let _ = dataset.write(batch([("t", ints([1, 2])), ("v", narrow)]), &options).unwrap();
    let texts: ArrayRef = Arc::new(StringArray::from(vec![None, Some("x")]));
    let _ = dataset.write(batch([("t", ints([3, 4])), ("v", ints([1 << 40, 2])), ("w", texts)]), &options).unwrap();
    for options in [ScanOptions::default(), ScanOptions::default().with_range(2..4).with_columns(["w", "v"])] {
        let read = dataset.to_polars(&options).unwrap();
        assert!(dataset.to_lazy(&options).unwrap().collect().unwrap().equals_missing(&read));
    }
}

#[test]
fn polars_filters_by_itself() {
    let (_folder, dataset) = stored();
    let frame = dataset.to_lazy(&ScanOptions::default()).unwrap();
    let found = frame.filter(col("v").gt(lit(100))).collect().unwrap();
    assert_eq!(rows(&found), [(12, 120), (13, 130), (14, 140), (14, 140)]);
}

#[test]
fn a_lazy_frame_keeps_its_rows_whatever_is_written_later() {
    let (_folder, dataset) = stored();
    let expected = rows_of(&dataset.read(&ScanOptions::default()).unwrap());
    let frame = dataset.to_lazy(&ScanOptions::default()).unwrap();
    let _ = dataset.write(tens([2, 5, 13]), &on_t()).unwrap();
    dataset.remove().unwrap();
    assert_eq!(rows(&frame.collect().unwrap()), expected);
}

#[test]
fn a_storage_without_files_gives_rows_but_no_lazy_frame() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let _ = dataset.write(tens([1, 2]), &on_t()).unwrap();
    assert_eq!(rows(&dataset.to_polars(&ScanOptions::default()).unwrap()), [(1, 10), (2, 20)]);
    assert_eq!(dataset.to_lazy(&ScanOptions::default()).err().unwrap().code(), "VV0111");
}
