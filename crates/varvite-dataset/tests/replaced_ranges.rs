//! Several ranges replaced as one commit: rows, files between them, refusals.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{named, on_t, open, rows, stored, table, tens};
use varvite_dataset::{Dataset, Error, KeyRange, WriteOptions};
use varvite_storage::MemoryStorage;

fn none() -> WriteOptions {
    WriteOptions::default()
}

/// One row in each row group: 0, 10, 20 and so on.
fn sparse(storage: &MemoryStorage) -> Dataset {
    let dataset = open(storage).unwrap();
    let _ = dataset.write(tens((0..10).map(|t| t * 10)), &on_t().with_row_group_target_size(1)).unwrap();
    dataset
}

#[test]
fn files_between_replaced_ranges_stay() {
    let storage = MemoryStorage::new();
    let dataset = sparse(&storage);
    let before = named(&dataset);
    let ranges = [KeyRange::from(80..95), (10..20).into(), (200..300).into(), (41..45).into()];
    let rows_in = table(&[(11, 1), (12, 1), (41, 1), (94, 1), (250, 1)]);
    let report = dataset.replace_ranges(ranges, rows_in, &none()).unwrap();
    assert_eq!((report.inserted, report.deleted, report.row_groups_rewritten), (5, 3, 3));
    let expected = [
        (0, 0),
        (11, 1),
        (12, 1),
        (20, 200),
        (30, 300),
        (40, 400),
        (41, 1),
        (50, 500),
        (60, 600),
        (70, 700),
        (94, 1),
        (250, 1),
    ];
    assert_eq!(rows(&dataset), expected);
    let after = named(&dataset);
    assert!(after.is_sorted());
    let kept = before.iter().filter(|name| after.contains(name)).count();
    assert_eq!(kept, 7, "only the files of 10, 80 and 90 go");
    assert!(open(&storage).unwrap().check(true).unwrap().is_ok());
}

#[test]
fn a_row_between_the_ranges_is_refused() {
    let (_, dataset) = stored();
    let error = dataset.replace_ranges([(1..2).into(), (4..5).into()], tens([1, 3, 4]), &none()).unwrap_err();
    assert!(matches!(error, Error::OutsideRange { .. }));
    assert_eq!(error.to_string(), "a row at 3 lies outside the range 1..2, 4..5");
    assert_eq!((dataset.refresh().unwrap(), rows(&dataset).len()), (false, 6));
}

#[test]
fn ranges_without_rows_are_emptied() {
    let storage = MemoryStorage::new();
    let dataset = sparse(&storage);
    let nothing = tens([]);
    let report = dataset.replace_ranges([(..5).into(), (85..).into()], nothing, &none()).unwrap();
    assert_eq!((report.deleted, report.bytes_read), (2, 0));
    assert_eq!(rows(&dataset).first(), Some(&(10, 100)));
    assert_eq!(rows(&dataset).len(), 8);
    let nothing: [KeyRange; 0] = [];
    assert!(!dataset.replace_ranges(nothing, tens([]), &none()).unwrap().committed());
}
