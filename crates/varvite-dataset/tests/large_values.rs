//! Rows that take far more memory than their bytes on disk, and far more bytes than rows usually have.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, DictionaryArray, Int32Array, ListArray, StringArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Int32Type};
use common::{batch, ints, on_t, open};
use varvite_dataset::{ScanOptions, WriteOptions};
use varvite_storage::MemoryStorage;

#[test]
fn long_texts_do_not_swell_footers() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let texts: StringArray = (0..60).map(|at| Some(format!("{at:02}{}", "x".repeat(100_000)))).collect();
    let rows = batch([("t", ints(0..60)), ("s", Arc::new(texts))]);
    let _ = dataset.write(rows.clone(), &WriteOptions::ordered_on("t")).unwrap();
    let file = Arc::clone(&dataset.snapshot().unwrap().files[0]);
    assert!(file.len - file.end < 100_000, "{file:?}");
    assert_eq!(dataset.read(&ScanOptions::default()).unwrap(), rows);
}

/// One text of 64 KiB, named by each of so many values.
fn repeated(values: usize) -> DictionaryArray<Int32Type> {
    let texts = StringArray::from(vec!["short".to_owned(), "x".repeat(1 << 16)]);
    let keys: Int32Array = (0..values).map(|at| Some(i32::from(at % 100 != 0))).collect();
    DictionaryArray::new(keys, Arc::new(texts))
}

#[test]
fn a_batch_is_smaller_where_rows_are_large() {
    const ROWS: usize = 6_000;
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let rows =
        |from: i64| batch([("t", ints((from..).step_by(2).take(ROWS))), ("s", Arc::new(repeated(ROWS)) as ArrayRef)]);
    let _ = dataset.write(rows(0), &WriteOptions::ordered_on("t")).unwrap();
    let mut scan = dataset.scan(&ScanOptions::default()).unwrap();
    let (mut found, mut most) = (0, 0);
    while let Some(part) = scan.next_batch().unwrap() {
        let expected = rows(0).slice(found, part.num_rows());
        assert_eq!(part.column(0), expected.column(0));
        let text = |batch: &arrow::array::RecordBatch, row: usize| {
            let column = batch.column(1).as_dictionary::<Int32Type>();
            column.values().as_string::<i32>().value(column.key(row).unwrap()).len()
        };
        assert!((0..part.num_rows()).all(|row| text(&part, row) == text(&expected, row)));
        (found, most) = (found + part.num_rows(), most.max(part.num_rows()));
    }
    assert_eq!(found, ROWS);
    assert!(most < ROWS / 4, "{most} rows of up to 64 KiB at once");
    // A merge reads them too.
    assert_eq!(dataset.write(rows(1), &on_t().with_row_group_target_size(1 << 20)).unwrap().inserted, ROWS as u64);
}

#[test]
fn lists_of_long_texts_are_counted_as_they_are() {
    const ROWS: usize = 1_000;
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    // The bound would be 64 KiB for each of 50,000 texts; in truth one in a hundred is that long.
    let texts = StringArray::from(vec!["x".repeat(1 << 16), "short".to_owned()]);
    let keys: Int32Array = (0..ROWS * 50).map(|at| Some(i32::from(at % 100 != 0))).collect();
    let items = DictionaryArray::new(keys, Arc::new(texts));
    let plain = arrow::compute::cast(&items, &DataType::Utf8).unwrap();
    let field = Arc::new(Field::new_list_field(DataType::Utf8, true));
    let lists = ListArray::new(field, OffsetBuffer::from_lengths(vec![50; ROWS]), plain, None);
    let rows = batch([("t", ints(0..1000)), ("l", Arc::new(lists))]);
    let _ = dataset.write(rows.clone(), &WriteOptions::ordered_on("t")).unwrap();
    let mut scan = dataset.scan(&ScanOptions::default()).unwrap();
    let first = scan.next_batch().unwrap().unwrap();
    assert_eq!(first, rows, "34 MB are one batch");
}

#[test]
fn one_long_text_does_not_shorten_the_batches_of_many_short_ones() {
    const ROWS: i64 = 20_000;
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let text = |at: i64| Some(if at == 7 { "x".repeat(900_000) } else { (at % 10).to_string() });
    let rows = batch([("t", ints(0..ROWS)), ("s", Arc::new((0..ROWS).map(text).collect::<StringArray>()) as ArrayRef)]);
    let _ = dataset.write(rows.clone(), &WriteOptions::ordered_on("t")).unwrap();
    let mut scan = dataset.scan(&ScanOptions::default()).unwrap();
    assert_eq!(scan.next_batch().unwrap().unwrap(), rows);
}

#[test]
fn a_text_far_longer_than_a_dictionary_takes_is_read_back_with_its_neighbours() {
    const ROWS: i64 = 2_000;
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let text = |at: i64| Some(if at == 7 { "x".repeat(280 << 20) } else { (at % 10).to_string() });
    let rows = batch([("t", ints(0..ROWS)), ("s", Arc::new((0..ROWS).map(text).collect::<StringArray>()) as ArrayRef)]);
    let _ = dataset.write(rows.clone(), &WriteOptions::ordered_on("t")).unwrap();
    let mut scan = dataset.scan(&ScanOptions::default()).unwrap();
    let mut found = 0;
    while let Some(part) = scan.next_batch().unwrap() {
        assert_eq!(part, rows.slice(found, part.num_rows()));
        found += part.num_rows();
    }
    assert_eq!(found, rows.num_rows());
}
