//! Chunks by period, whatever the layout.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, TimestampSecondArray};
use varvite_dataset::{Dataset, WriteOptions};
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_store::{IntersectionOptions, Intersections};

const HOUR: i64 = 3600;

fn hours(storage: &MemoryStorage, name: &str, hours: impl IntoIterator<Item = i64>, target: u64) -> Dataset {
    let seconds: Vec<i64> = hours.into_iter().map(|hour| hour * HOUR).collect();
    let column = Arc::new(TimestampSecondArray::from(seconds)) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("ts", column)]).unwrap();
    let dataset = Dataset::at(Arc::new(storage.clone()), StoragePath::try_new(name).unwrap(), None).unwrap();
    let _ = dataset.write(batch, &WriteOptions::ordered_on("ts").with_row_group_target_size(target)).unwrap();
    dataset
}

/// Chunks as `start..end: rows of a, rows of b`.
fn walk(options: &IntersectionOptions<&'static str>) -> Vec<String> {
    let storage = MemoryStorage::new();
    let a = hours(&storage, "a", 0..72, 7);
    let b = hours(&storage, "b", (0..10).chain(60..80), 5);
    Intersections::over(vec![("a", a), ("b", b)], options)
        .unwrap()
        .map(|chunk| {
            let chunk = chunk.unwrap();
            let hour = |bound: &Option<varvite_dataset::OrderedValue>| match bound {
                Some(varvite_dataset::OrderedValue::Int(seconds)) => (seconds / HOUR).to_string(),
                _ => String::new(),
            };
            let (start, end) = (hour(&chunk.range().start), hour(&chunk.range().end));
            let rows = |key| chunk.get(&key).map_or("-".to_owned(), |rows| rows.num_rows().to_string());
            format!("{start}..{end}: {}, {}", rows("a"), rows("b"))
        })
        .collect()
}

#[test]
fn every_chunk_is_one_day() {
    let days = IntersectionOptions::default().every("1D".parse().unwrap());
    assert_eq!(walk(&days), ["0..24: 24, 10", "24..48: 24, 0", "48..72: 24, 12", "72..96: 0, 8"]);
}

#[test]
fn the_range_cuts_the_first_and_the_last_day() {
    let days = IntersectionOptions::default().every("1D".parse().unwrap());
    let days = days.with_range("1970-01-01T12:00:00".."1970-01-03T06:00:00").with_n_prev(2);
    assert_eq!(walk(&days), ["12..24: 14, -", "24..48: 24, -", "48..54: 6, -"]);
}

#[test]
fn days_without_rows_are_passed_over() {
    let storage = MemoryStorage::new();
    let a = hours(&storage, "a", [0, 24 * 365 * 30], 7);
    let minutes = IntersectionOptions::default().every("1min".parse().unwrap());
    assert_eq!(Intersections::over(vec![("a", a)], &minutes).unwrap().count(), 2);
}

#[test]
fn a_day_with_many_rows_is_cut_once_more() {
    let days = IntersectionOptions::default().every("1D".parse().unwrap()).max_rows(20);
    let expected = [
        "0..20: 20, 10",
        "20..24: 4, 0",
        "24..44: 20, 0",
        "44..48: 4, 0",
        "48..68: 20, 8",
        "68..72: 4, 4",
        "72..96: 0, 8",
    ];
    assert_eq!(walk(&days), expected);
}
